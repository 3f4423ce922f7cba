//! Checkpoints and files in S3: a server of it on this machine, and pipelines that crash and go on.
//!
//! Where a store is and who one is there is said in the environment, which a program can't change for itself. So the first process
//! is the server, and starts a second one with such an environment, which is the test.

#[cfg(feature = "formats")]
mod files;
mod secrets;
mod server;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, ExitCode};

use millstream::engine::TestEngine;
use millstream::prelude::*;

use server::Counts;

/// The address of the server, in the environment of the second process.
const SERVER: &str = "MILLSTREAM_TEST_S3";

fn main() -> ExitCode {
    if std::env::args().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    if let Ok(address) = std::env::var(SERVER) {
        run(&address.parse().expect("it is an address"));
        return ExitCode::SUCCESS;
    }
    let address = server::serve().expect("a port is free");
    let this = std::env::current_exe().expect("this program is a file");
    let status = Command::new(this)
        .env(SERVER, address.to_string())
        .env("AWS_ENDPOINT", format!("http://{address}"))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "somebody")
        .env("AWS_SECRET_ACCESS_KEY", secrets::SECRET)
        .status()
        .expect("it starts");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(server: &SocketAddr) {
    type Test = fn(&SocketAddr);
    let tests: &[(&str, Test)] = &[
        ("a pipeline that crashes after any tick goes on", crashes),
        ("the older of two starts shows nothing more", fence),
        ("old checkpoints and log entries are deleted", prunes),
        ("a put whose answer is lost counts once", lost_answers),
        ("what may be a secret is shown nowhere", secrets::hidden),
        #[cfg(feature = "formats")]
        ("files are written and read, each record once over crashes", files::crashes),
        #[cfg(feature = "formats")]
        ("files are read as they appear", files::appear),
    ];
    for (name, test) in tests {
        println!("{name} …");
        test(server);
        println!("{name}: ok");
    }
}

/// What the server has counted so far.
fn counts(server: &SocketAddr) -> Counts {
    let answer = ask(server, "GET /counts", "");
    let numbers: Vec<u64> = serde_json::from_str(&answer).expect("it counts");
    let [puts, creations, refused, lost, deleted, pages] = numbers.try_into().expect("there are six");
    Counts { puts, creations, refused, lost, deleted, pages }
}

fn ask(server: &SocketAddr, what: &str, body: &str) -> String {
    let mut peer = TcpStream::connect(server).expect("it listens");
    let length = body.len();
    write!(peer, "{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("it reads");
    let mut answer = String::new();
    peer.read_to_string(&mut answer).expect("it answers");
    answer.split_once("\r\n\r\n").expect("headers end").1.to_string()
}

type Counted = MemorySink<(String, u64)>;

fn words(out: &Counted) -> Pipeline<'static> {
    let (sink, n) = (out.clone(), 0..8usize);
    stream!(move {
        let words = source(queue(n.map(|n| vec![["a", "b", "c", "d"][n % 4], ["a", "x"][n % 2], "a"])));
        let counts = words.map(|word| (word, ())).running_count();
        counts.sink(sink);
    })
    .named("Words")
}

fn sorted(out: &Counted) -> Vec<Vec<(String, u64)>> {
    let mut batches = out.batches();
    batches.iter_mut().for_each(|batch| batch.sort());
    batches
}

fn undisturbed() -> Vec<Vec<(String, u64)>> {
    let out = MemorySink::new();
    Engine::test().run(words(&out)).expect("it runs");
    sorted(&out)
}

fn engine(location: &str) -> TestEngine {
    Engine::test().checkpoint(location).checkpoint_interval(secs(2))
}

fn crashes(server: &SocketAddr) {
    let expected = undisturbed();
    for ticks in 0..9u64 {
        let (location, out) = (format!("s3://bucket/crashes/{ticks}"), MemorySink::new());
        let mut job = engine(&location).seed(ticks).start(words(&out)).expect("it starts");
        (0..ticks.min(8)).for_each(|_| job.tick().expect("it runs"));
        drop(job);
        let partitions = 1 + ticks as usize % 5;
        engine(&location).seed(ticks).partitions(partitions).run(words(&out)).expect("it runs");
        assert_eq!(sorted(&out), expected, "after {ticks}");
    }
    let counts = counts(server);
    assert!(counts.creations > 60 && counts.puts > counts.creations && counts.pages > 0, "{counts:?}");
    assert_eq!(counts.refused, 0, "nobody was in the way: {counts:?}");
}

fn fence(server: &SocketAddr) {
    let out = MemorySink::new();
    let mut old = engine("s3://bucket/fence").start(words(&out)).expect("it starts");
    old.tick().expect("it runs");
    // Within a process only another name of the place gets that far.
    let mut new = engine("s3a://bucket/fence").start(words(&out)).expect("it starts");
    new.tick().expect("it runs");
    let shown = out.batches();
    let error = old.tick().expect_err("it is fenced").to_string();
    assert!(error.contains("another start (epoch 2) has taken over this checkpoint"), "{error}");
    assert_eq!(out.batches(), shown);
    new.run_to_end().expect("it runs");
    assert_eq!(sorted(&out), undisturbed());
    assert!(counts(server).refused > 0, "the server has refused it");
}

fn prunes(server: &SocketAddr) {
    let (before, out) = (counts(server).deleted, MemorySink::new());
    let every_tick = || engine("s3://bucket/prunes").checkpoint_interval(secs(0)).checkpoints_kept(1);
    every_tick().run(words(&out)).expect("it runs");
    assert!(counts(server).deleted > before + 10, "{:?}", counts(server));
    // What is left is enough.
    out.clear();
    every_tick().run(words(&out)).expect("it runs");
    assert_eq!(out.batches().len(), 0, "nothing runs again");
}

fn lost_answers(server: &SocketAddr) {
    ask(server, "POST /lose", "4");
    let (location, out) = ("s3://bucket/lost", MemorySink::new());
    let mut job = engine(location).start(words(&out)).expect("it starts");
    (0..5).for_each(|_| job.tick().expect("an answer that is lost is asked for again"));
    drop(job);
    engine(location).run(words(&out)).expect("it runs");
    ask(server, "POST /lose", "0");
    assert_eq!(sorted(&out), undisturbed());
    assert!(counts(server).lost > 2, "{:?}", counts(server));
}
