//! What there is to read: topics, their partitions, and where those begin and end.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use glob::Pattern;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{Client, Settings, metadata};
use super::marker;
use super::source::{Options, StartFrom};
use crate::BoxError;

/// Which topics are read.
#[derive(Clone, Default)]
pub(super) struct Topics {
    pub names: Vec<String>,
    pub pattern: Option<String>,
}

impl Topics {
    pub fn check(&self) -> Result<(), BoxError> {
        if self.names.is_empty() && self.pattern.is_none() {
            return Err(
                "no topic is named: add `.topic(\"…\")` or `.topics_matching(\"…\")` to `kafka(…)`".into()
            );
        }
        if let Some(pattern) = &self.pattern {
            Pattern::new(pattern)
                .map_err(|error| format!("`{pattern}` is no pattern for the names of topics: {error}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Topics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.names.iter().chain(&self.pattern);
        f.write_str(&parts.map(String::as_str).collect::<Vec<_>>().join(", "))
    }
}

/// A partition of Kafka's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct Place {
    pub topic: String,
    pub partition: i32,
}

/// A partition that was there when the source was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub place: Place,
    /// Its oldest message.
    pub low: u64,
    /// Where a source without a checkpoint begins.
    pub start: u64,
}

pub(super) fn connect(config: &ClientConfig, settings: &Settings) -> Result<Arc<Client>, BoxError> {
    let context = settings.context();
    let client = config.create_with_context(context.clone());
    client.map(Arc::new).map_err(|error| context.explain("a client of Kafka can't be made", &error))
}

/// The partitions that are to be read, in order.
pub(super) fn places(client: &Client, topics: &Topics, until: Instant) -> Result<Vec<Place>, BoxError> {
    let mut places = Vec::new();
    for name in &topics.names {
        let doing = format!("what topic `{name}` is can't be asked");
        let known = metadata(client, Some(name), &doing, until)?;
        let topic = known.topics().iter().find(|topic| topic.name() == name);
        let partitions = topic.map_or(&[][..], |topic| topic.partitions());
        if let Some(error) = topic.and_then(|topic| topic.error()) {
            let code = RDKafkaErrorCode::from(error);
            let bootstrap = client.context().bootstrap();
            return Err(match code {
                RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => format!(
                    "topic `{name}` does not exist at {bootstrap}: create it, with `kafka-topics.sh --create \
                     --topic {name}` say, or correct its name"
                ),
                RDKafkaErrorCode::TopicAuthorizationFailed => format!(
                    "topic `{name}` at {bootstrap} may not be read by this user: grant `Read` and `Describe` on it"
                ),
                code => format!("{doing}: {code}"),
            }
            .into());
        }
        places.extend(partitions.iter().map(|p| Place { topic: name.clone(), partition: p.id() }));
    }
    if let Some(pattern) = &topics.pattern {
        let pattern = Pattern::new(pattern)?;
        let known = metadata(client, None, "which topics there are can't be asked", until)?;
        for topic in known.topics() {
            let hidden = topic.name().starts_with("__") || topic.name().starts_with(marker::PREFIX);
            if !hidden && pattern.matches(topic.name()) {
                let of = |partition| Place { topic: topic.name().to_string(), partition };
                places.extend(topic.partitions().iter().map(|p| of(p.id())));
            }
        }
    }
    places.sort();
    places.dedup();
    Ok(places)
}

/// The oldest offset of a partition, and the one behind its newest.
pub(super) fn bounds(client: &Client, place: &Place, until: Instant) -> Result<(u64, u64), BoxError> {
    let Place { topic, partition } = place;
    loop {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        let error = match client.fetch_watermarks(topic, *partition, left.min(Duration::from_secs(2))) {
            Ok((low, high)) => return Ok((low.max(0) as u64, high.max(0) as u64)),
            Err(error) => error,
        };
        while let Some(Err(_)) = client.poll(Duration::from_millis(10)) {}
        if client.context().is_refused() || Instant::now() >= until {
            let doing = format!("where partition {partition} of topic `{topic}` begins can't be asked");
            return Err(client.context().explain(&doing, &error));
        }
        // A partition that has just been made has no leader yet.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The partitions that there are, and where each is to begin.
pub(super) fn find(client: &Client, options: &Options, until: Instant) -> Result<Vec<Found>, BoxError> {
    let places = places(client, &options.topics, until)?;
    let mut all = Vec::with_capacity(places.len());
    for place in places {
        let (low, high) = bounds(client, &place, until)?;
        let start = match &options.start {
            StartFrom::Earliest | StartFrom::Timestamp(_) => low,
            StartFrom::Latest => high,
            StartFrom::Offsets(given) => {
                given.get(&(place.topic.clone(), place.partition)).copied().unwrap_or(low)
            }
        };
        all.push((Found { place, low, start }, high));
    }
    if let StartFrom::Timestamp(time) = &options.start {
        let mut wanted = TopicPartitionList::new();
        for (Found { place, .. }, _) in &all {
            wanted.add_partition_offset(&place.topic, place.partition, Offset::Offset(time.millis()))?;
        }
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
        let told = client.offsets_for_times(wanted, left).map_err(|error| {
            client.context().explain("where a time is in the partitions can't be asked", &error)
        })?;
        for (found, high) in &mut all {
            let told = told.find_partition(&found.place.topic, found.place.partition);
            found.start = match told.map(|told| told.offset()) {
                Some(Offset::Offset(offset)) => offset.max(0) as u64,
                _ => *high,
            };
        }
    }
    Ok(all.into_iter().map(|(found, _)| found).collect())
}
