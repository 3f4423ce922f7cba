//! Topics as sources and sinks, against a broker that `KAFKA_BOOTSTRAP` names, and ones that tests start and kill.
//!
//! `cargo test -p millstream-kafka-tests --features kafka -- NAME…` runs those whose names contain one of these.

mod contract;
mod examples;
mod kill;
mod outage;
mod sink;
mod source;
mod transactions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode};
use std::time::Instant;

use millstream_kafka_tests::BOOTSTRAP;
use millstream_kafka_tests::peer::Peer;

/// What a test needs.
pub enum Test {
    /// A broker that is there.
    Broker(fn(&Peer)),
    /// Java, to start brokers of its own.
    Brokers(fn()),
}

fn main() -> ExitCode {
    if std::env::var_os("MILLSTREAM_LOG").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tests: Vec<(&str, Test)> = [
        source::tests(),
        sink::tests(),
        contract::tests(),
        kill::tests(),
        outage::tests(),
        transactions::tests(),
        examples::tests(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if arguments.iter().any(|a| a == "--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let bootstrap = std::env::var(BOOTSTRAP).ok();
    let java = Command::new("java").arg("-version").output().is_ok_and(|out| out.status.success());
    let (mut failed, mut ignored) = (Vec::new(), 0);
    for (name, test) in tests {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let run: Box<dyn Fn()> = match (test, &bootstrap) {
            (Test::Broker(test), Some(bootstrap)) => {
                let peer = Peer::new(bootstrap);
                Box::new(move || test(&peer))
            }
            (Test::Brokers(test), Some(_)) if java => Box::new(test),
            (_, None) => {
                println!(
                    "test {name} ... ignored, {BOOTSTRAP} names no broker (`tests/kafka/broker.sh start` starts one)"
                );
                ignored += 1;
                continue;
            }
            (Test::Brokers(_), Some(_)) => {
                println!("test {name} ... ignored, there is no `java` to start brokers with");
                ignored += 1;
                continue;
            }
        };
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(run));
        println!("test {name} ... {}, {:.1?}", if result.is_ok() { "ok" } else { "FAILED" }, start.elapsed());
        if result.is_err() {
            failed.push(name);
        }
    }
    println!("{} failed {failed:?}, {ignored} ignored", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
