//! What `tests/peers` runs beside Spark and Flink: the same files for all, and Millstream's rows on them.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use millstream::prelude::*;
use millstream_examples::nexmark::{Event, Nexmark};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chain::{self, Numbers};
use crate::{data, grep, joins, windows, word_count, words};

/// A tick, and a file of the text.
const TICK: u64 = 8 << 20;
const EVENTS: u64 = 2_000_000;
/// Of Nexmark, in a second of event time; as the other benchmarks have it.
const RATE: u64 = 10_000;
const FILES_OF_EVENTS: u64 = 64;

/// The files.
#[derive(Debug)]
pub struct Files {
    pub text: PathBuf,
    folder: PathBuf,
    megabytes: u64,
}

impl Files {
    /// Makes those that are not there yet: the text of the benchmarks, in one file and in files of a tick each, their times a second
    /// apart; and events of Nexmark as JSON, a line each.
    pub fn make(folder: &Path, megabytes: u64) -> io::Result<Files> {
        let files = Files { text: data::text(megabytes * 1_000_000), folder: folder.into(), megabytes };
        let parts = files.parts();
        if !parts.exists() {
            let staged = folder.join("staged");
            fs::create_dir_all(&staged)?;
            let mut text = BufReader::with_capacity(1 << 20, File::open(&files.text)?);
            for part in 0.. {
                if !copy_part(&mut text, &staged.join(format!("part-{part:05}.txt")), part)? {
                    break;
                }
            }
            fs::rename(staged, parts)?;
        }
        let events = files.events();
        if !events.exists() {
            let staged = folder.join("staged-events");
            fs::create_dir_all(&staged)?;
            write_events(&staged)?;
            fs::rename(staged, events)?;
        }
        Ok(files)
    }

    fn parts(&self) -> PathBuf {
        self.folder.join(format!("text-{}m", self.megabytes))
    }

    fn events(&self) -> PathBuf {
        self.folder.join(format!("nexmark-{EVENTS}"))
    }

    fn bytes_of_events(&self) -> io::Result<u64> {
        fs::read_dir(self.events())?.map(|file| Ok(file?.metadata()?.len())).sum()
    }

    /// What the scripts have to know.
    pub fn describe(&self) -> io::Result<Value> {
        let (lines, bytes) = (data::lines_in(&self.text), self.text.metadata()?.len());
        let event_bytes = self.bytes_of_events()? as f64 / EVENTS as f64;
        Ok(json!({
            "megabytes": self.megabytes,
            "text": self.parts(),
            "text_files": fs::read_dir(self.parts())?.count(),
            "lines": lines,
            "line_bytes": bytes as f64 / lines as f64,
            "needle": grep::NEEDLE,
            "nexmark": self.events(),
            "events": EVENTS,
            "event_bytes": event_bytes,
        }))
    }
}

/// Copies lines of about a tick; `false` where there are no more.
fn copy_part(text: &mut impl BufRead, to: &Path, number: u64) -> io::Result<bool> {
    let mut bytes = Vec::with_capacity(TICK as usize + 128);
    while (bytes.len() as u64) < TICK && text.read_until(b'\n', &mut bytes)? > 0 {}
    if bytes.is_empty() {
        return Ok(false);
    }
    fs::write(to, bytes)?;
    // 2026-01-01, and a second for each file.
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600 + number);
    File::options().write(true).open(to)?.set_modified(time)?;
    Ok(true)
}

fn write_events(folder: &Path) -> io::Result<()> {
    let mut events = Nexmark::new(1).per_second(RATE).events(EVENTS);
    for number in 0..FILES_OF_EVENTS {
        let path = folder.join(format!("part-{number:05}.json"));
        let mut file = BufWriter::new(File::create(&path)?);
        for event in events.by_ref().take(EVENTS.div_ceil(FILES_OF_EVENTS) as usize) {
            let (kind, mut fields) = match event {
                Event::Person(person) => ("person", serde_json::to_value(person)?),
                Event::Auction(auction) => ("auction", serde_json::to_value(auction)?),
                Event::Bid(bid) => ("bid", serde_json::to_value(bid)?),
            };
            fields["kind"] = kind.into();
            writeln!(file, "{fields}")?;
        }
        file.into_inner()?;
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600 + number);
        File::options().write(true).open(path)?.set_modified(time)?;
    }
    Ok(())
}

/// Of an event, what the queries read.
#[derive(Clone, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    kind: &'a str,
    time: i64,
    id: Option<u64>,
    name: Option<&'a str>,
    auction: Option<u64>,
    bidder: Option<u64>,
    price: Option<u64>,
    seller: Option<u64>,
}

impl Fields<'_> {
    fn bid(&self) -> Option<(u64, u64, u64)> {
        if self.kind == "bid" { Some((self.auction?, self.bidder?, self.price?)) } else { None }
    }
}

fn fields(line: &str) -> Option<Fields<'_>> {
    serde_json::from_str(line).ok()
}

fn time(fields: &Fields<'_>) -> Timestamp {
    Timestamp::from_millis(fields.time)
}

fn events(files: &Files) -> millstream::source::TextFiles {
    text_files(files.events().join("*.json")).max_bytes_per_tick(4 * TICK)
}

fn run(pipeline: Pipeline<'_>) {
    let engine = Engine::local().threads(2).partitions(2).memory_budget(u64::MAX);
    engine.trigger(Trigger::Eager).run(pipeline).expect("it runs");
}

fn q1(files: &Files) {
    let sum = AtomicU64::new(0);
    run(stream! { <Q1>
        let bids = source(events(files)).filter_map(fields).filter_map(|event| event.bid());
        bids.map(|(auction, bidder, price)| (auction, bidder, price * 908 / 1000))
            .for_each_partition(|bids, _, _| { sum.fetch_add(bids.len() as u64, Relaxed); });
    });
    assert!(sum.into_inner() > 0, "there are bids");
}

fn q2(files: &Files) {
    let sum = AtomicU64::new(0);
    run(stream! { <Q2>
        let bids = source(events(files)).filter_map(fields).filter_map(|event| event.bid());
        bids.filter(|(auction, _, _)| auction % 123 == 0).map(|(auction, _, price)| (auction, price))
            .for_each_partition(|bids, _, _| { sum.fetch_add(bids.len() as u64, Relaxed); });
    });
    assert!(sum.into_inner() > 0, "there are bids");
}

fn q5(files: &Files) {
    let mut results = 0u64;
    run(stream! { <Q5>
        let timed = source(events(files)).filter_map(fields).event_time(time, secs(1));
        let counts = timed.filter_map(|event| event.bid()).map(|(auction, _, _)| (auction, ()))
            .sliding(secs(10), secs(2)).count_by_key();
        let hottest = counts.map(|(window, auction, n)| (window, (n, auction))).reduce_by_key(|a, b| a.max(b));
        hottest.for_each(|_| results += 1);
    });
    assert!(results > 0, "there are windows");
}

fn q7(files: &Files) {
    let mut results = 0u64;
    run(stream! { <Q7>
        let timed = source(events(files)).filter_map(fields).event_time(time, secs(1));
        let prices = timed.filter_map(|event| event.bid()).map(|(_, _, price)| price);
        prices.tumbling(secs(10)).reduce(|a, b| a.max(b)).for_each(|_| results += 1);
    });
    assert!(results > 0, "there are windows");
}

fn q8(files: &Files) {
    let mut results = 0u64;
    run(stream! { <Q8>
        let timed = source(events(files)).filter_map(fields).event_time(time, secs(1));
        let people = timed.filter(|event| event.kind == "person")
            .filter_map(|event| Some((event.id?, event.name?.to_string())));
        let sellers = timed.filter(|event| event.kind == "auction").filter_map(|event| Some((event.seller?, ())));
        people.tumbling(secs(10)).left_semi_join(sellers).for_each(|_| results += 1);
    });
    assert!(results > 0, "there are new sellers");
}

/// `running_count` of a million keys, in ticks of a million records, with a checkpoint every ten seconds.
fn running_count(folder: &Path, total: u64) {
    let sum = AtomicU64::new(0);
    let pipeline = stream! { <Counts>
        let keys = source(Numbers { total, per_tick: 1_000_000 }).map(|i| (joins::key(i, 1_000_000), ()));
        keys.running_count().for_each_partition(|pairs, _, _| {
            sum.fetch_add(pairs.iter().map(|(_, n)| n).sum(), Relaxed);
        });
    };
    let engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow);
    engine
        .checkpoint(folder.display().to_string())
        .checkpoint_interval(secs(10))
        .run(pipeline)
        .expect("it runs");
}

/// Millstream's rows, each as a line of JSON: the median of three runs behind one that warms up. `wanted`: only those, if there
/// are any.
pub fn rows(files: &Files, wanted: &[String]) -> io::Result<()> {
    let text = files.text.as_path();
    let (lines, bytes) = (data::lines_in(text), text.metadata()?.len());
    let of_events = files.bytes_of_events()?;
    let (numbers, counted) = (1_000_000_000, 800_000_000);
    let checkpoints = tempfile::tempdir_in(&files.folder)?;
    type Run<'r> = Box<dyn Fn() + 'r>;
    let of_text = |run: fn(&Path, u64) -> u64| -> (u64, u64, usize, Run<'_>) {
        (
            lines,
            bytes,
            3,
            Box::new(move || {
                run(text, TICK);
            }),
        )
    };
    let of_numbers = |run: fn(u64, u64) -> u64, n: u64| -> (u64, u64, usize, Run<'_>) {
        (
            n,
            n * 8,
            3,
            Box::new(move || {
                run(n, 10_000_000);
            }),
        )
    };
    let of_nexmark = |run: fn(&Files)| -> (u64, u64, usize, Run<'_>) {
        (EVENTS, of_events, 3, Box::new(move || run(files)))
    };
    let rows = [
        ("grep", of_text(grep::millstream)),
        ("word count, split(' ')", of_text(word_count::millstream)),
        ("word count, words()", of_text(words::count_words)),
        ("chain of 1 map", of_numbers(chain::maps_1, numbers)),
        ("chain of 10 maps", of_numbers(chain::maps_10, numbers)),
        ("chain of 100 maps", of_numbers(chain::maps_100, numbers / 10)),
        ("running count, 1 M keys", {
            let run = || running_count(&checkpoints.path().join(format!("{:?}", Instant::now())), counted);
            (counted, counted * 8, 1, Box::new(run) as Run<'_>)
        }),
        ("sliding word count", of_text(windows::millstream)),
        ("nexmark 1", of_nexmark(q1)),
        ("nexmark 2", of_nexmark(q2)),
        ("nexmark 5", of_nexmark(q5)),
        ("nexmark 7", of_nexmark(q7)),
        ("nexmark 8", of_nexmark(q8)),
    ];
    for (workload, (records, bytes, rounds, run)) in rows {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == workload) {
            continue;
        }
        if rounds > 1 {
            run();
        }
        let mut seconds: Vec<f64> = (0..rounds)
            .map(|_| {
                let began = Instant::now();
                run();
                began.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        println!(
            "{}",
            json!({
                "workload": workload,
                "records_per_s": records as f64 / median,
                "bytes_per_s": bytes as f64 / median,
                "seconds": seconds,
            })
        );
    }
    Ok(())
}
