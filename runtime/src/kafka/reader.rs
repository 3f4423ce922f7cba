//! The source, opened: plans ticks from what has been fetched, and gives it out.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;

use super::buffer::{Lane, Lanes, Shared};
use super::client::Client;
use super::cluster::{Found, bounds, places};
use super::decode::{Decode, Messages};
use super::fetch::{Fetcher, lost};
use super::replay::Replay;
use super::source::Options;
use super::table::Table;
use crate::BoxError;
use crate::clock::{Clock, Timestamp};
use crate::source::{Offer, Reader, SourceContext, Waker};
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

pub(super) struct KafkaReader<D> {
    client: Arc<Client>,
    decoder: Arc<D>,
    options: Options,
    waker: Waker,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    plan: Mutex<Plan>,
    replay: Replay,
}

/// What only planning needs.
struct Plan {
    table: Table,
    /// Until the first offer.
    found: Vec<Found>,
    seeked: Positions,
    started: bool,
    frozen: bool,
    /// When rates were looked at last.
    asked: Option<Timestamp>,
    /// When the rates let it go on.
    due: Option<Timestamp>,
    /// Says when the threads are done.
    threads: Vec<Receiver<()>>,
}

impl<D> KafkaReader<D> {
    pub fn new(
        client: Arc<Client>,
        config: ClientConfig,
        decoder: D,
        options: Options,
        found: Vec<Found>,
        cx: &SourceContext,
    ) -> Self {
        let plan = Plan {
            table: Table::default(),
            found,
            seeked: Positions::new(),
            started: false,
            frozen: false,
            asked: None,
            due: None,
            threads: Vec::new(),
        };
        let shared = Arc::<Shared>::default();
        let replay =
            Replay::new(config, client.context().as_ref().clone(), Arc::clone(&shared), options.data_loss);
        KafkaReader {
            client,
            decoder: Arc::new(decoder),
            options,
            waker: cx.waker.clone(),
            clock: Arc::clone(&cx.clock),
            shared,
            plan: Mutex::new(plan),
            replay,
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("nothing panics while this is locked")
    }

    /// Begins to fetch, from where each partition stands.
    fn start(&self, plan: &mut Plan) -> Result<(), BoxError> {
        plan.started = true;
        plan.table.settle(std::mem::take(&mut plan.found));
        let until = Instant::now() + self.options.connect_timeout;
        let mut lanes = Vec::new();
        for (number, row) in (0..).zip(plan.table.rows()) {
            let mut at = plan.seeked.get(&number).copied().unwrap_or(row.start);
            let (low, high) = bounds(&self.client, &row.place, until)?;
            if !(low..=high).contains(&at) {
                lost(&row.place, at, (low, high), self.options.data_loss)?;
                at = low;
            }
            lanes.push(Lane::new(row.place.clone(), at, if plan.frozen { high } else { u64::MAX }));
        }
        self.shared.lock().list = lanes;

        let fetcher = Fetcher {
            client: Arc::clone(&self.client),
            shared: Arc::clone(&self.shared),
            waker: self.waker.clone(),
            data_loss: self.options.data_loss,
            buffer_bytes: self.options.buffer_bytes,
            commits: self.options.group.is_some(),
        };
        let (done, ended) = channel();
        let fetch = std::thread::Builder::new().name("kafka-fetch".into());
        fetch.spawn(move || {
            fetcher.run();
            drop(done);
        })?;
        plan.threads.push(ended);
        if !plan.frozen {
            self.discover(plan)?;
        }
        Ok(())
    }

    /// Looks for new partitions now and then.
    fn discover(&self, plan: &mut Plan) -> Result<(), BoxError> {
        let (client, shared, waker) =
            (Arc::clone(&self.client), Arc::clone(&self.shared), self.waker.clone());
        let (topics, interval) = (self.options.topics.clone(), self.options.discovery_interval);
        let (done, ended) = channel::<()>();
        let looks = std::thread::Builder::new().name("kafka-discovery".into());
        looks.spawn(move || {
            while !shared.closes_within(interval) {
                // Not found or not answered: whoever fetches will say so, if it lasts.
                let Ok(now) = places(&client, &topics, Instant::now() + Duration::from_secs(1)) else {
                    continue;
                };
                let mut lanes = shared.lock();
                let known = lanes.list.len();
                for place in now {
                    if !lanes.list.iter().any(|lane| lane.place == place) {
                        tracing::info!(target: "millstream::kafka", ?place, "a new partition");
                        lanes.list.push(Lane::new(place, 0, u64::MAX));
                    }
                }
                if lanes.list.len() > known {
                    shared.ring_with(lanes);
                    waker.wake();
                }
            }
            drop(done);
        })?;
        plan.threads.push(ended);
        Ok(())
    }

    /// Lets each partition give what its rate allows by now.
    fn allow(&self, plan: &mut Plan, lanes: &mut Lanes) {
        let Some(rate) = self.options.rate_per_partition else { return };
        let now = self.clock.now();
        let past = plan.asked.map_or(1.0, |asked| now.since(asked).as_secs_f64());
        plan.asked = Some(now);
        let rate = rate as f64;
        for lane in &mut lanes.list {
            lane.allowance = (lane.allowance + rate * past).min(rate * past.max(1.0));
        }
    }
}

/// How much of the offsets that are still allowed a partition may have, if its rate limits it.
fn allowed(lane: &Lane, rate: Option<u64>) -> u64 {
    rate.map_or(u64::MAX, |_| lane.allowance as u64)
}

impl<D: Decode> Reader for KafkaReader<D> {
    type Batch = Messages<D>;

    /// Each partition gets an equal share of what a tick may read, and what others leave of theirs.
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut plan = self.plan();
        if !plan.started {
            self.start(&mut plan)?;
        }
        let mut lanes = self.shared.lock();
        if let Some(error) = lanes.failed.take() {
            return Err(error);
        }
        for lane in lanes.list.iter().skip(plan.table.rows().len()) {
            plan.table.add(lane.place.clone(), lane.end);
        }
        self.allow(&mut plan, &mut lanes);
        let rate = self.options.rate_per_partition;
        let begins: Vec<u64> = lanes.list.iter().map(|lane| lane.next).collect();
        let mut records = limit.min(self.options.records_per_tick).max(1);
        let mut bytes = self.options.bytes_per_tick;
        let mut nothing = true;
        loop {
            let of_lane = |lane: &Lane, begin: u64| {
                let own = self.options.records_per_partition.saturating_sub(lane.next - begin);
                if lane.has_more() {
                    own.min(allowed(lane, rate).saturating_sub(lane.next - begin))
                } else {
                    0
                }
            };
            let ready = lanes.list.iter().zip(&begins).filter(|(lane, begin)| of_lane(lane, **begin) > 0);
            let ready = ready.count() as u64;
            if ready == 0 || records == 0 || (bytes == 0 && !nothing) {
                break;
            }
            let (share, share_of_bytes) = (records.div_ceil(ready), bytes.div_ceil(ready));
            let mut moved = false;
            for (lane, begin) in lanes.list.iter_mut().zip(&begins) {
                let most = of_lane(lane, *begin).min(share).min(records);
                if most == 0 {
                    continue;
                }
                let before = lane.next;
                let taken = lane.take(most, share_of_bytes.min(bytes), nothing);
                nothing &= lane.next == before;
                moved |= lane.next > before;
                records = records.saturating_sub(lane.next - before);
                bytes = bytes.saturating_sub(taken);
            }
            if !moved {
                break;
            }
        }

        let mut offer = Offer { caught_up: true, ..Offer::default() };
        plan.due = None;
        for ((number, lane), begin) in (0..).zip(&mut lanes.list).zip(begins) {
            let range = OffsetRange { partition: number, start: begin, end: lane.next };
            if rate.is_some() {
                lane.allowance -= range.len() as f64;
            }
            if !range.is_empty() {
                offer.ranges.push(range);
            }
            if lane.has_more() && rate.is_some() && lane.allowance < 1.0 {
                let rate = rate.unwrap_or(1) as f64;
                let wait = ((1.0 - lane.allowance) / rate * 1000.0).ceil().max(1.0);
                let due = self.clock.now().plus(Duration::from_millis(wait as u64));
                plan.due = Some(plan.due.map_or(due, |other| other.min(due)));
                offer.waiting |= plan.frozen;
            } else if lane.has_more() {
                offer.caught_up = false;
            }
            offer.waiting |= plan.frozen && lane.next < lane.frozen;
        }
        Ok(offer)
    }

    fn due(&self) -> Option<Timestamp> {
        self.plan().due
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Messages<D>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let held = {
            let lanes = self.shared.lock();
            lanes.list.get(range.partition as usize).and_then(|lane| lane.chunks(range.start, range.end))
        };
        let mut give = |chunk| {
            let chunk: Arc<super::message::Chunk> = chunk;
            let records = chunk.index(range.start)..chunk.index(range.end);
            if records.is_empty() {
                return Ok(());
            }
            visit(&mut Messages::new(chunk, records, Arc::clone(&self.decoder)))
        };
        match held {
            Some(chunks) => chunks.into_iter().try_for_each(give),
            None => {
                let row = self.plan().table.rows().get(range.partition as usize).cloned();
                let row = row.ok_or_else(|| format!("nobody knows partition {}", range.partition))?;
                self.replay.read(&row.place, range.start..range.end, &mut give)
            }
        }
    }

    /// Cheaper than a task, up to there.
    fn grain(&self) -> u64 {
        256
    }

    fn freeze(&self) {
        self.plan().frozen = true;
    }

    fn journal(&self) -> Vec<u8> {
        self.plan().table.journal()
    }

    fn memory(&self) -> Vec<u8> {
        self.plan().table.memory()
    }

    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        self.plan().table.recall(notes)
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.plan().seeked.extend(positions);
        Ok(())
    }

    fn release(&self, positions: &Positions) {
        let mut lanes = self.shared.lock();
        for (number, position) in positions {
            if let Some(lane) = lanes.list.get_mut(*number as usize) {
                lane.release(*position);
            }
        }
        if self.options.group.is_some() {
            lanes.done = Some(positions.clone());
        }
        self.shared.ring_with(lanes);
    }

    fn close(&self) {
        let mut lanes = self.shared.lock();
        lanes.closed = true;
        self.shared.ring_with(lanes);
    }
}

/// Waits a little for the last commit to the group.
impl<D> Drop for KafkaReader<D> {
    fn drop(&mut self) {
        let mut lanes = self.shared.lock();
        lanes.closed = true;
        self.shared.ring_with(lanes);
        for thread in std::mem::take(&mut self.plan().threads) {
            let _ = thread.recv_timeout(Duration::from_secs(5));
        }
    }
}
