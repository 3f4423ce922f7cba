//! How fast a topic is read: by rdkafka's own consumer in a bare loop, and as a stream.
//!
//! `KAFKA_BOOTSTRAP=… cargo bench -p millstream-kafka-tests --features kafka`. In the environment: MESSAGES (3 000 000),
//! BYTES of each (100), PARTITIONS (1), RUNS (5). Both read the topic from its beginning to the end that it has, and both look
//! at each payload: the sums have to be the same. They take turns. The bare loop runs with librdkafka's defaults, and with the
//! settings that the source has (it waits 20 ms instead of a second when its queue was full); the ratio is to the faster one.
//! A third loop polls a queue of each partition, as the source does: what is left between that and the source is the source's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use millstream::kafka::kafka;
use millstream::prelude::*;
use millstream_kafka_tests::BOOTSTRAP;
use millstream_kafka_tests::peer::Peer;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let Ok(bootstrap) = std::env::var(BOOTSTRAP) else {
        println!("ignored: {BOOTSTRAP} names no broker");
        return;
    };
    let (messages, bytes) = (setting("MESSAGES", 3_000_000), setting("BYTES", 100));
    let (partitions, runs) = (setting("PARTITIONS", 1) as i32, setting("RUNS", 5));
    let peer = Peer::new(&bootstrap);
    let topic = format!("rate-{:08x}", fastrand::u32(..));
    peer.create(&topic, partitions);
    fill(&peer, &topic, messages, bytes as usize, partitions);

    let (mut theirs, mut tuned, mut queued, mut ours) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let (sum, time) = by_hand(&peer, &topic, partitions, "1000");
        let (same, tuned_time) = by_hand(&peer, &topic, partitions, "20");
        let (again, queued_time) = by_queues(&peer, &topic, partitions);
        let (other, other_time) = as_stream(&bootstrap, &topic);
        assert!(sum == other && sum == same && sum == again, "they have read something else");
        theirs.push(time);
        tuned.push(tuned_time);
        queued.push(queued_time);
        ours.push(other_time);
    }
    let rate = |times: &mut Vec<Duration>| {
        times.sort();
        let median = times[times.len() / 2].as_secs_f64();
        println!(
            "  {:.0} messages/s, {:.0} MB/s (median of {:.2?})",
            messages as f64 / median,
            (messages * bytes) as f64 / median / 1e6,
            times
        );
        median
    };
    println!("{messages} messages of {bytes} bytes in {partitions} partitions");
    println!("rdkafka's consumer in a bare loop, by default:");
    let bare = rate(&mut theirs);
    println!("rdkafka's consumer in a bare loop, with the source's settings:");
    let bare = rate(&mut tuned).min(bare);
    println!("rdkafka's queues of partitions in a bare loop, with the source's settings:");
    let queues = rate(&mut queued);
    println!("as a stream:");
    let stream = rate(&mut ours);
    println!("ratio: {:.2} to the consumer, {:.2} to the queues", bare / stream, queues / stream);
    peer.delete(&topic);
}

fn fill(peer: &Peer, topic: &str, messages: u64, bytes: usize, partitions: i32) {
    let mut config = peer.config();
    config.set("linger.ms", "20").set("queue.buffering.max.messages", "1000000");
    let producer: BaseProducer = config.create().expect("a client");
    let mut payload = vec![b'x'; bytes.max(20)];
    for n in 0..messages {
        payload[..20].copy_from_slice(format!("{n:020}").as_bytes());
        let mut record = Some(
            BaseRecord::<(), [u8]>::to(topic).payload(&payload).partition((n % partitions as u64) as i32),
        );
        while let Some(unsent) = record.take() {
            if let Err((_, again)) = producer.send(unsent) {
                producer.poll(Duration::from_millis(10));
                record = Some(again);
            }
        }
        if n % 10_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(Duration::from_secs(300)).expect("they are delivered");
}

/// Looks at all of it.
fn digest(payload: &[u8]) -> u64 {
    let words = payload.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().expect("8 bytes")));
    words.fold(payload.len() as u64, |sum, word| sum.wrapping_mul(31).wrapping_add(word))
}

fn by_hand(peer: &Peer, topic: &str, partitions: i32, backoff: &str) -> (u64, Duration) {
    let start = Instant::now();
    let mut config = peer.config();
    config.set("fetch.queue.backoff.ms", backoff);
    let consumer: BaseConsumer = config.create().expect("a client");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&list).expect("they are there");
    let (mut sum, mut ended) = (0u64, BTreeSet::new());
    while ended.len() < partitions as usize {
        match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(message)) => sum = sum.wrapping_add(digest(message.payload().unwrap_or_default())),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    (sum, start.elapsed())
}

fn by_queues(peer: &Peer, topic: &str, partitions: i32) -> (u64, Duration) {
    let start = Instant::now();
    let mut config = peer.config();
    config.set("fetch.queue.backoff.ms", "20");
    let consumer: BaseConsumer = config.create().expect("a client");
    let consumer = Arc::new(consumer);
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    let queues = (0..partitions).map(|p| consumer.split_partition_queue(topic, p).expect("a queue"));
    let queues: Vec<_> = queues.collect();
    consumer.assign(&list).expect("they are there");
    let (mut sum, mut ended) = (0u64, BTreeSet::new());
    while ended.len() < partitions as usize {
        let mut busy = false;
        for queue in &queues {
            for _ in 0..4096 {
                match queue.poll(Duration::ZERO) {
                    Some(Ok(message)) => {
                        busy = true;
                        sum = sum.wrapping_add(digest(message.payload().unwrap_or_default()));
                    }
                    Some(Err(KafkaError::PartitionEOF(partition))) => {
                        ended.insert(partition);
                    }
                    Some(Err(error)) => panic!("{error}"),
                    None => break,
                }
            }
        }
        let _ = consumer.poll(if busy { Duration::ZERO } else { Duration::from_millis(1) });
    }
    (sum, start.elapsed())
}

fn as_stream(bootstrap: &str, topic: &str) -> (u64, Duration) {
    let start = Instant::now();
    let total = Arc::new(AtomicU64::new(0));
    let to = Arc::clone(&total);
    let pipeline = stream!(move {
        let messages = source(kafka(bootstrap).topic(topic));
        let digests = messages.map(|m| digest(m.payload().unwrap_or_default()));
        digests.reduce(|a: u64, b| a.wrapping_add(b)).for_each(move |sum| {
            to.fetch_add(sum, Ordering::Relaxed);
        });
    });
    Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
    (total.load(Ordering::Relaxed), start.elapsed())
}
