//! What outlives the process: what was received and logged, checkpoints, how often there are any, and how long they are kept.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use millstream::engine::{FaultPoint, TestEngine};
use millstream::prelude::*;
use millstream::source::text_directory;

use super::Check;
use crate::case::Case;
use crate::engines::Under;
use crate::store::{Fault, Store};

/// Longer than any case.
const NEVER: u64 = 100_000;

pub fn check(case: &Case) -> Option<Check> {
    Some(match case.op.as_str() {
        "block_tracker" if case.params.contains_key("fault") => a_tick_that_is_not_logged,
        "block_tracker" if case.params.contains_key("rolling_s") => received_logged_and_cleaned_up,
        "retention" => retention,
        _ => return None,
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}

/// Five blocks.
fn five(name: &str) -> Vec<String> {
    (0..5).map(|n| format!("{name}-{n}")).collect()
}

fn lines(blocks: &[String]) -> String {
    blocks.iter().map(|block| format!("{block}\n")).collect()
}

fn logged(n: usize, store: &Store) -> TestEngine {
    Engine::test()
        .partitions(n)
        .seed(n as u64)
        .checkpoint_store(Arc::new(store.clone()))
        .checkpoint_interval(secs(NEVER))
}

/// The blocks wait in a folder, as Spark's wait in a receiver's log. The write that would allot them to a tick fails: the
/// pipeline ends there, and shows nothing of the tick. What comes after allots them, once, and a recovery finds them so.
fn a_tick_that_is_not_logged(_: &Case, under: Under) -> Result<(), String> {
    for fault in [Fault::Refused, Fault::Unanswered] {
        let root = tempfile::tempdir().map_err(text)?;
        let folder = root.path().join("in");
        fs::create_dir(&folder).map_err(text)?;
        let pipeline = |out: &MemorySink<String>| {
            let (files, sink) = (text_directory(&folder), out.clone());
            stream!(move { let blocks = source(files); blocks.sink(sink); }).named("Blocks")
        };
        let add = || fs::write(folder.join("five"), lines(&five("b"))).map_err(text);
        let n = match under {
            Under::Test(n) => n,
            Under::Local(n) => {
                // Its checkpoint is a folder, which does not fail: it allots them once all the same.
                let (location, out) =
                    (root.path().join("checkpoint").display().to_string(), MemorySink::new());
                let engine = Engine::local().partitions(n).threads(2).trigger(Trigger::AvailableNow);
                let engine = engine.checkpoint(location);
                add()?;
                engine.run(pipeline(&out)).map_err(text)?;
                expect("they are allotted", out.records(), five("b"))?;
                engine.run(pipeline(&out)).map_err(text)?;
                return expect("none is left", out.records(), five("b"));
            }
        };
        let (store, out) = (Store::default(), MemorySink::new());
        let mut job = logged(n, &store).start(pipeline(&out)).map_err(text)?;
        add()?;
        expect("nothing is allotted before its tick", out.batches(), vec![])?;
        store.fail_next_put(fault);
        let failed = job.tick().err().map(text).ok_or("its tick can't be logged")?;
        if !failed.contains("the case lets it fail") {
            return Err(format!("it was to fail by the store: {failed}"));
        }
        expect("nothing is shown of it", out.batches(), vec![])?;
        drop(job);

        let mut job = logged(n, &store).start(pipeline(&out)).map_err(text)?;
        job.tick().map_err(text)?;
        expect("all are allotted then", out.records(), five("b"))?;
        job.tick().map_err(text)?;
        expect("and none is left", out.records(), five("b"))?;
        drop(job);

        let recovered = MemorySink::new();
        let mut job = logged(n, &store).start(pipeline(&recovered)).map_err(text)?;
        job.tick().map_err(text)?;
        expect("a recovery finds them allotted, once", recovered.records(), five("b"))?;
    }
    Ok(())
}

struct Peer(TcpListener);

impl Peer {
    fn new() -> Result<Peer, String> {
        TcpListener::bind("127.0.0.1:0").map(Peer).map_err(text)
    }

    fn accept(&self) -> Result<TcpStream, String> {
        Ok(self.0.accept().map_err(text)?.0)
    }

    /// What it shows, and how many there were in all.
    fn pipeline(
        &self,
        out: &MemorySink<String>,
        counts: &MemorySink<u64>,
    ) -> Result<Pipeline<'static>, String> {
        let address = self.0.local_addr().map_err(text)?.to_string();
        let (sink, totals) = (out.clone(), counts.clone());
        Ok(stream!(move {
            let blocks = source(text_socket(address));
            blocks.sink(sink);
            let counted = blocks.map(|_| ((), ())).running_count();
            counted.map(|((), n)| n).sink(totals);
        })
        .named("Received"))
    }
}

/// Blocks that a socket gave, which nobody has any more: the log gives them back, each once, until a checkpoint is behind
/// them.
fn received_logged_and_cleaned_up(_: &Case, under: Under) -> Result<(), String> {
    let peer = Peer::new()?;
    let Under::Test(n) = under else { return received_between_runs(&peer, under) };
    let store = Store::default();
    let fresh = || (MemorySink::new(), MemorySink::new());

    // Received, logged, and allotted to nothing that anybody has seen.
    let (out, counts) = fresh();
    let crashing = logged(n, &store).fail_at(FaultPoint::BeforeCommit, 0);
    let mut job = crashing.start(peer.pipeline(&out, &counts)?).map_err(text)?;
    peer.accept()?.write_all(lines(&five("b1")).as_bytes()).map_err(text)?;
    if job.run_to_end().is_ok() || !store.holds(&lines(&five("b1"))) {
        return Err("it was to crash once the log has what came".into());
    }
    drop(job);

    // Without recovery there is nothing left.
    let (out, counts) = fresh();
    let mut job = logged(n, &Store::default()).start(peer.pipeline(&out, &counts)?).map_err(text)?;
    drop(peer.accept()?);
    job.run_to_end().map_err(text)?;
    expect("without recovery", out.records(), vec![])?;

    // With it, they are there, though the socket is another one.
    let (out, counts) = fresh();
    let mut job = logged(n, &store).partitions(8 - n).start(peer.pipeline(&out, &counts)?).map_err(text)?;
    let mut sender = peer.accept()?;
    job.tick().map_err(text)?;
    expect("with recovery", out.records(), five("b1"))?;
    sender.write_all(lines(&five("b2")).as_bytes()).map_err(text)?;
    let both = [five("b1"), five("b2")].concat();
    while out.records().len() < both.len() {
        job.tick().map_err(text)?;
    }
    let allotted = out.batches();
    expect("the second ones have a tick of their own", allotted.last().cloned(), Some(five("b2")))?;
    drop((job, sender));

    // Each tick has the blocks that it had.
    let (out, counts) = fresh();
    let mut job = logged(n, &store).start(peer.pipeline(&out, &counts)?).map_err(text)?;
    drop(peer.accept()?);
    job.advance(millis(1)).map_err(text)?;
    expect("all ticks from the log", (out.batches(), counts.records().pop()), (allotted, Some(10)))?;
    // A checkpoint, of the last tick, needs none of those before.
    drop(job);
    let mut job = logged(n, &store)
        .checkpoints_kept(1)
        .start(peer.pipeline(&MemorySink::new(), &MemorySink::new())?)
        .map_err(text)?;
    let connected = peer.accept()?;
    job.advance(millis(1)).map_err(text)?;
    job.stop().map_err(text)?;
    drop(connected);
    let left = ["b1", "b2"].map(|name| store.holds(&lines(&five(name))));
    expect("the older tick's blocks are gone from the log, the newest's are there", left, [false, true])?;

    // And what goes on from it has neither again, nor has forgotten them.
    let (out, counts) = fresh();
    let mut job = logged(n, &store).start(peer.pipeline(&out, &counts)?).map_err(text)?;
    let mut sender = peer.accept()?;
    job.tick().map_err(text)?;
    expect("nothing is left to be allotted", out.records(), vec![])?;
    sender.write_all(b"b3\n").map_err(text)?;
    drop(sender);
    job.run_to_end().map_err(text)?;
    expect("what comes next", (out.records(), counts.records().pop()), (vec!["b3".to_string()], Some(11)))
}

/// As far as it goes without a crash: whole runs, each behind the one before.
fn received_between_runs(peer: &Peer, under: Under) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(text)?;
    let place = |name: &str| root.path().join(name).display().to_string();
    let run = |location: &str, sent: &[String]| -> Result<_, String> {
        let (out, counts) = (MemorySink::new(), MemorySink::new());
        let pipeline = peer.pipeline(&out, &counts)?;
        std::thread::scope(|scope| {
            let sends = scope.spawn(|| peer.accept()?.write_all(lines(sent).as_bytes()).map_err(text));
            under.run_with_checkpoint(pipeline, location).map_err(text)?;
            sends.join().expect("it sends")
        })?;
        Ok((out.records(), counts.records().pop()))
    };
    expect("the first run", run(&place("a"), &five("b1"))?, (five("b1"), Some(5)))?;
    expect("one without recovery", run(&place("b"), &[])?, (vec![], None))?;
    expect("one with it", run(&place("a"), &five("b2"))?, (five("b2"), Some(10)))
}

/// The log and its checkpoints go back as far as the checkpoints that are kept: with two, two intervals.
fn retention(case: &Case, under: Under) -> Result<(), String> {
    let Under::Test(n) = under else { return Ok(()) };
    let (peer, store, out) = (Peer::new()?, Store::default(), MemorySink::new());
    let address = peer.0.local_addr().map_err(text)?.to_string();
    let sink = out.clone();
    let pipeline = stream!(move {
        // A log keeps the lines of a socket themselves: so they show what it has.
        let numbers = source(text_socket(address)).map(|line| (0u8, line.len() as u64));
        let sums = numbers.update_state_by_key(|new: &[u64], old: Option<u64>| {
            Some(old.unwrap_or(0) + new.iter().sum::<u64>())
        });
        sums.map(|(_, sum)| sum).sink(sink);
    });
    let engine = logged(n, &store).checkpoint_interval(secs(3)).checkpoints_kept(2);
    let mut job = engine.start(pipeline.named("Retention")).map_err(text)?;
    let mut sender = peer.accept()?;
    let (mut sent, mut shown) = (0, Vec::new());
    for (i, batch) in case.batches(1).into_iter().flatten().enumerate() {
        let line = format!("batch {}: {batch:?}", i + 1);
        sender.write_all(format!("{line}\n").as_bytes()).map_err(text)?;
        sent += line.len() as u64;
        while out.records().last() != Some(&sent) {
            job.tick().map_err(text)?;
        }
        shown.push((job.now(), line));
    }
    if shown.len() as u64 != case.number("batches").ok_or("the case says how many")? {
        return Err(format!("{} batches", shown.len()));
    }
    // The last checkpoint that is due is written beside the ticks.
    let now = job.now();
    let due = |job: &millstream::engine::TestJob| {
        let tick = job.progress().checkpoint.map_or(0, |checkpoint| checkpoint.tick);
        now.since(Timestamp::from_millis(1000 * (tick as i64 + 1))) < secs(3)
    };
    for _ in 0..100 {
        if due(&job) {
            break;
        }
        job.advance(millis(1)).map_err(text)?;
    }
    let held = |line: &str| store.holds(line);
    for (time, line) in &shown {
        let age = now.since(*time);
        if age >= secs(6) && held(line) {
            return Err(format!("`{line}` is {age:?} old, and still there"));
        }
    }
    let (_, newest) = shown.last().ok_or("there are batches")?;
    expect("the newest is there", held(newest), true)
}

/// What the state of a key is once a queue with so many elements has been read, from where `location` is on.
fn counts_from(under: Under, location: &Path, elements: usize) -> millstream::Result<Vec<u64>> {
    let out = MemorySink::new();
    let (words, sink) = (queue(vec![vec!["a"]; elements]), out.clone());
    let pipeline = stream!(move {
        let words = source(words);
        let counts = words.map(|word| (word, ())).running_count();
        counts.map(|(_, n)| n).sink(sink);
    });
    under
        .run_with_checkpoint(pipeline.named("Created"), &location.display().to_string())
        .map(|()| out.records())
}

/// A pipeline is made anew where there is no checkpoint, goes on where there is one, and refuses one that is damaged: not
/// before it is told of another place does it begin anew.
pub fn created_or_gone_on_with(_: &Case, under: Under) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(text)?;
    let (place, other) = (root.path().join("place"), root.path().join("other"));
    expect("from nothing", counts_from(under, &place, 2).map_err(text)?, vec![1, 2])?;
    expect("from its checkpoint", counts_from(under, &place, 3).map_err(text)?, vec![3])?;
    damage(&place).map_err(text)?;
    for attempt in 0..2 {
        if let Ok(counts) = counts_from(under, &place, 4) {
            return Err(format!("attempt {attempt} was to refuse the damaged checkpoint: {counts:?}"));
        }
    }
    expect("from another place", counts_from(under, &other, 4).map_err(text)?, vec![1, 2, 3, 4])
}

/// Cuts each file below a folder in half.
fn damage(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            damage(&path)?;
        } else {
            let bytes = fs::read(&path)?;
            fs::write(&path, &bytes[..bytes.len() / 2])?;
        }
    }
    Ok(())
}

/// As the case says where the interval is given. Where it is not, it is ten seconds, whatever the batch interval is.
pub fn checkpoints_by_time(case: &Case, under: Under) -> Result<(), String> {
    let Under::Test(n) = under else { return Ok(()) };
    let (rows, said) = (&case.params["cases"], case.expected());
    for (row, said) in rows.as_array().ok_or("a list")?.iter().zip(said) {
        let (batch, given) = (row[0].as_u64().ok_or("a number")?, row[1].as_u64());
        let expected = given.unwrap_or(10_000);
        if given.is_some() || batch == 1000 {
            expect("the case", said[0].int(), expected as i64)?;
        }
        let numbers = queue(Vec::<Vec<u64>>::new());
        let (_sender, pipeline) = (numbers.sender(), {
            stream!(move {
                let numbers = source(numbers);
                let counts = numbers.map(|n| (n, ())).running_count();
                counts.for_each(|_| {});
            })
        });
        let mut engine = Engine::test()
            .partitions(n)
            .batch_interval(millis(batch))
            .checkpoint_store(Arc::new(Store::default()));
        engine = given.map_or(engine.clone(), |given| engine.checkpoint_interval(millis(given)));
        let mut job = engine.start(pipeline.named("Intervals")).map_err(text)?;
        let (mut seen, mut newest) = (Vec::new(), None);
        while seen.len() < 4 && job.now().millis() < 10 * expected as i64 {
            job.tick().map_err(text)?;
            let checkpoint = job.progress().checkpoint.map(|checkpoint| checkpoint.tick);
            if checkpoint != newest {
                newest = checkpoint;
                seen.extend(checkpoint.map(|tick| (tick + 1) * batch));
            }
        }
        let between: Vec<u64> = seen.windows(2).map(|pair| pair[1] - pair[0]).collect();
        expect(&format!("ms between checkpoints, of {row}"), between, vec![expected; 3])?;
    }
    Ok(())
}
