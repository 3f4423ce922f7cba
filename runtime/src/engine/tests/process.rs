//! What concerns a whole process: its threads and its signals. Each test runs itself again in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::sync::Arc;

use super::feed::{Fails, Feed};
use super::hand::*;
use crate::clock::millis;
use crate::pipeline::Pipeline;
#[cfg(unix)]
use crate::{
    BoxError,
    batch::Rows,
    source::{Reader, Source, SourceContext, SourceInfo},
    stream,
};
use crate::{Engine, Trigger};
use millstream_plan::OpKind;

const CHILD: &str = "MILLSTREAM_TEST_CHILD";
const STUCK: &str = "MILLSTREAM_TEST_STUCK";

/// In the parent: starts this test again, alone. In the child: `None`.
fn alone(test: &str) -> Option<Command> {
    if std::env::var_os(CHILD).is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("engine::tests::process::{test}"), "--nocapture"]).env(CHILD, "1");
    Some(command)
}

fn forward(feed: &Feed) -> Pipeline<'static> {
    Hand::new()
        .source(feed, |_, x| x, &[spread(1)])
        .operator(crate::pipeline::HeadTasks::Partitions, 1, sum, &[to_outlet(0)])
        .outlet(OpKind::Sink, Recorder::default())
        .build()
}

/// The names of this process's threads, but the test runner's.
#[cfg(target_os = "linux")]
fn threads() -> Vec<String> {
    let process = std::process::id().to_string();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap());
    let tasks = tasks.filter(|task| task.file_name() != process.as_str());
    // A thread may end while we look.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("engine::tests")).collect();
    names.sort();
    names
}

/// A joined thread is gone for the program; the kernel may list it a moment longer.
#[cfg(target_os = "linux")]
fn assert_threads(expected: &[&str]) {
    let start = std::time::Instant::now();
    while threads() != expected {
        assert!(start.elapsed().as_secs() < 5, "{:?} are not {expected:?}", threads());
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_thread_outlives_its_pipeline_but_the_pools() {
    if let Some(mut child) = alone("no_thread_outlives_its_pipeline_but_the_pools") {
        assert!(child.status().unwrap().success());
        return;
    }
    let engine = Engine::local().threads(2).trigger(Trigger::Eager);
    engine.run(forward(&Feed::of([vec![1]]))).unwrap();
    let pool_only = ["millstream-0\n", "millstream-1\n"];
    for n in 0..10 {
        engine.run(forward(&Feed::of((0..n).map(|x| vec![x])))).unwrap();
        engine.run(forward(&Feed::failing([vec![1]], Fails::Read(0), n % 2 == 0))).unwrap_err();
        let live = Feed::default();
        let job = engine.start(forward(&live)).unwrap();
        live.push(vec![1]);
        job.stop();
        job.wait().unwrap();
        Engine::test().run(forward(&Feed::of([vec![1]]))).unwrap();
    }
    assert_threads(&pool_only);
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_gracefully_and_a_second_one_at_once() {
    const NAME: &str = "an_interrupt_stops_gracefully_and_a_second_one_at_once";
    if std::env::var_os(CHILD).is_none() {
        for (signal, stuck, code) in [("-INT", false, 0), ("-TERM", false, 0), ("-INT", true, 130)] {
            let mut child =
                alone(NAME).unwrap().env(STUCK, stuck.to_string()).stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            lines.find(|line| line.as_ref().unwrap().contains("it runs")).unwrap().unwrap();
            let kill = || Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            kill();
            // Two signals at once may be seen as one; so, more.
            for _ in 0..if stuck { 100 } else { 0 } {
                kill();
            }
            // The rest is read, so that the child never waits for us.
            let rest: Vec<String> = lines.map(Result::unwrap).collect();
            assert_eq!(child.wait().unwrap().code(), Some(code), "{rest:?}");
            assert_eq!(rest.iter().any(|line| line.contains("test result: ok")), code == 0);
        }
        return;
    }
    // The child. Stuck: its tick never ends, so that only a second signal can end it.
    let stuck = std::env::var(STUCK).unwrap() == "true";
    let feed = Feed::default();
    feed.push(vec![1]);
    let say = move |_: &_, x| {
        println!("it runs");
        if stuck {
            std::thread::park_timeout(std::time::Duration::from_secs(60));
        }
        x
    };
    let pipeline =
        Hand::new().source(&feed, say, &[to_outlet(0)]).outlet(OpKind::Sink, Recorder::default()).build();
    Engine::local().batch_interval(millis(5)).run(pipeline).unwrap();
}

/// Runs a test in a process of its own, which says something; then a signal ends it, as by default.
#[cfg(unix)]
fn a_signal_ends(test: &str, once_it_says: &str, signals: &[(&str, i32)]) {
    use std::os::unix::process::ExitStatusExt;
    for (signal, number) in signals {
        let mut child = alone(test).unwrap().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().unwrap().contains(once_it_says)).unwrap().unwrap();
        Command::new("kill").args([*signal, &child.id().to_string()]).status().unwrap();
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        // A shell shows this as 128 and the number.
        assert_eq!(child.wait().unwrap().signal(), Some(*number), "{rest:?}");
    }
}

#[cfg(unix)]
#[test]
fn when_no_run_is_active_a_signal_ends_the_process_again() {
    if std::env::var_os(CHILD).is_none() {
        let signals = [("-INT", 2), ("-TERM", 15)];
        return a_signal_ends(
            "when_no_run_is_active_a_signal_ends_the_process_again",
            "it has run",
            &signals,
        );
    }
    for _ in 0..2 {
        Engine::local().trigger(Trigger::AvailableNow).run(forward(&Feed::of([vec![1]]))).unwrap();
    }
    println!("it has run");
    // Until the parent goes away.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// A source that waits for its peer, as one of a broker that is down.
#[cfg(unix)]
#[derive(Debug)]
struct Waits;

#[cfg(unix)]
impl Source for Waits {
    type Batch = Rows<u64>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "waits", detail: String::new(), replayable: false }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        println!("it opens");
        std::io::stdin().read_line(&mut String::new())?;
        Err("nobody has ended it".into())
    }
}

#[cfg(unix)]
#[test]
fn while_a_source_is_opened_a_signal_ends_the_process() {
    if std::env::var_os(CHILD).is_none() {
        // Shells start what runs in the background with SIGINT ignored, and that is left as it is.
        let signals = [("-TERM", 15)];
        return a_signal_ends("while_a_source_is_opened_a_signal_ends_the_process", "it opens", &signals);
    }
    Engine::local().run(stream! { source(Waits).count().print(); }).unwrap();
}
