//! Where records come from: queues, receivers, sockets, files.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;

use millstream::prelude::*;
use millstream::source::{binary_records, text_directory};

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::steps::Steps;
use crate::value::Value;

pub fn check(case: &Case) -> Option<Check> {
    Some(match case.op.as_str() {
        "queue_source" => queue_source,
        "receiver_count" => receiver_count,
        "socket_text_source" => socket_text_source,
        "file_source" => file_source,
        "binary_records_source" => binary_records_source,
        "block_tracker" if case.params.get("wal")? == false => allocation,
        _ => return None,
    })
}

fn input(case: &Case) -> Vec<Vec<Value>> {
    case.batches(1).into_iter().map(Option::unwrap_or_default).collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// One at a time: elements come by twos, and leave one by one. Else: each record is an element, and a tick reads all
/// that wait.
fn queue_source(case: &Case, under: Under) -> Result<(), String> {
    let one_at_a_time = case.params["one_at_a_time"] == true;
    let out = MemorySink::new();
    let numbers = queue(Vec::<Vec<Value>>::new()).one_at_a_time(one_at_a_time);
    let (sender, sink) = (numbers.sender(), out.clone());
    let mut job = Steps::start(under, stream!(move { source(numbers).sink(sink); })).map_err(text)?;
    let pushes: Vec<Vec<Vec<Value>>> = if one_at_a_time {
        input(case).chunks(2).map(<[Vec<Value>]>::to_vec).collect()
    } else {
        input(case).into_iter().map(|tick| tick.into_iter().map(|record| vec![record]).collect()).collect()
    };
    for elements in pushes {
        for element in elements {
            sender.push(element).map_err(text)?;
        }
        job.tick()?;
    }
    if one_at_a_time {
        (0..2).try_for_each(|_| job.tick())?;
    }
    job.stop()?;
    let batches = out.batches().into_iter().filter(|batch| !batch.is_empty());
    compare::differ(case, &case.compare, batches.collect()).map_or(Ok(()), Err)
}

fn receiver_count(case: &Case, under: Under) -> Result<(), String> {
    let param = |name: &str| case.number(name).expect("the case says so");
    let out = MemorySink::new();
    let records = queue(Vec::<Vec<u64>>::new()).one_at_a_time(false);
    let (first, sink) = (records.sender(), out.clone());
    let mut job = Steps::start(under, stream!(move { source(records).count().sink(sink); })).map_err(text)?;
    let threads: Vec<_> = (0..param("threads"))
        .map(|_| {
            let (sender, n) = (first.clone(), param("records_per_thread"));
            std::thread::spawn(move || (0..n).try_for_each(|i| sender.push([i])))
        })
        .collect();
    // Some while they push, and one when they have.
    (0..3).try_for_each(|_| job.tick())?;
    for thread in threads {
        thread.join().expect("it pushes").map_err(text)?;
    }
    job.tick()?;
    job.stop()?;
    let sum: u64 = out.records().into_iter().sum();
    compare::differ(case, &case.compare, vec![vec![Value::from(sum)]]).map_or(Ok(()), Err)
}

/// All batches together are what was sent, in order.
fn socket_text_source(case: &Case, under: Under) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let address = listener.local_addr().map_err(text)?.to_string();
    let sent = case.params["sent"].as_array().expect("a list").clone();
    let server = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut peer, _) = listener.accept()?;
        for line in sent {
            peer.write_all(line.as_str().unwrap_or_default().replace("\\n", "\n").as_bytes())?;
            peer.flush()?;
        }
        Ok(())
    });
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline =
        stream!(move { source(text_socket(address)).map(|line| Value::Text(line.into())).sink(sink); });
    match under {
        Under::Test(_) => under.run(pipeline).map_err(text)?,
        // `AvailableNow` means nothing for a socket.
        Under::Local(n) => {
            Engine::local().partitions(n).trigger(Trigger::Eager).run(pipeline).map_err(text)?
        }
    }
    server.join().expect("it serves").map_err(text)?;
    compare::differ(case, &case.compare, vec![out.records()]).map_or(Ok(()), Err)
}

/// Files are moved in whole, one before each tick. The set of all lines counts.
fn file_source(case: &Case, under: Under) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(text)?;
    let by_glob = case.text("glob") == "dir/*/";
    let folders = if by_glob {
        vec![root.path().join("a"), root.path().join("b")]
    } else {
        vec![root.path().join("in")]
    };
    folders.iter().try_for_each(fs::create_dir).map_err(text)?;
    for existing in case.params.get("existing_before_start").and_then(|v| v.as_array()).into_iter().flatten()
    {
        put(&folders[0], "existing", existing.as_str().unwrap_or_default().as_bytes())?;
    }
    let watched = if by_glob { root.path().join("*/") } else { folders[0].clone() };
    let files =
        text_directory(watched).new_files_only(case.params.get("new_files_only").is_some_and(|v| v == true));
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream!(move { source(files).map(|line| Value::Text(line.into())).sink(sink); });
    let mut job = Steps::start(under, pipeline).map_err(text)?;
    job.tick()?; // which shows that it has looked at what was there
    if by_glob {
        put(root.path(), "outside", b"not of a folder that matches")?;
    }
    for (i, batch) in input(case).iter().enumerate() {
        let lines: String = batch.iter().map(|line| format!("{}\n", line.text())).collect();
        put(&folders[i % folders.len()], &format!("file-{i}"), lines.as_bytes())?;
        job.tick()?;
    }
    job.stop()?;
    compare::differ(case, &case.compare, vec![out.records()]).map_or(Ok(()), Err)
}

/// A file of bytes before each tick.
fn binary_records_source(case: &Case, under: Under) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(text)?;
    let length =
        usize::try_from(case.number("record_length").expect("the case says so")).expect("it is small");
    let (folder, out) = (root.path().join("in"), MemorySink::new());
    fs::create_dir(&folder).map_err(text)?;
    let (files, sink) = (binary_records(&folder, length), out.clone());
    let pipeline = stream!(move { source(files).map(|record| Value::Int(record[0].into())).sink(sink); });
    let mut job = Steps::start(under, pipeline).map_err(text)?;
    job.tick()?;
    for (i, batch) in input(case).iter().enumerate() {
        let bytes: Vec<u8> = batch.iter().map(|n| u8::try_from(n.int()).expect("a byte")).collect();
        put(&folder, &format!("file-{i}"), &bytes)?;
        job.tick()?;
    }
    job.stop()?;
    let batches = out.batches().into_iter().filter(|batch| !batch.is_empty());
    compare::differ(case, &case.compare, batches.collect()).map_or(Ok(()), Err)
}

/// Writes a file under a name that is passed over, and renames it.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let hidden = folder.join(format!(".{name}"));
    fs::write(&hidden, bytes).and_then(|()| fs::rename(&hidden, folder.join(name))).map_err(text)
}

/// Blocks are ticks' parts of what was received: each is allocated once, and stays what it is.
fn allocation(_: &Case, under: Under) -> Result<(), String> {
    let out = MemorySink::new();
    let blocks = queue(Vec::<Vec<u64>>::new()).one_at_a_time(false);
    let (sender, sink) = (blocks.sender(), out.clone());
    let mut job = Steps::start(under, stream!(move { source(blocks).sink(sink); })).map_err(text)?;
    let add_five = |from: u64| (from..from + 5).try_for_each(|n| sender.push([n])).map_err(text);
    let expect = |what: &str, expected: &[&[u64]]| {
        let got = out.batches();
        if got == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
    };
    add_five(0)?;
    expect("nothing is allocated before its tick", &[])?;
    job.tick()?;
    expect("the first batch has all five", &[&[0, 1, 2, 3, 4]])?;
    job.tick()?;
    expect("the second one has none", &[&[0, 1, 2, 3, 4], &[]])?;
    add_five(5)?;
    expect("neither changes by what comes later", &[&[0, 1, 2, 3, 4], &[]])?;
    job.tick()?;
    expect("which is the third one's", &[&[0, 1, 2, 3, 4], &[], &[5, 6, 7, 8, 9]])?;
    job.stop()
}
