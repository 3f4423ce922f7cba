//! A source that can't be replayed, with its write-ahead log: from the log on each line counts once. What was sent and not yet
//! logged may be lost, and nothing else.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use millstream::Trigger;
use millstream::prelude::*;
use millstream_kill_tests::pipeline::pipeline;
use millstream_kill_tests::trap::{Phase, Trap};

use crate::lives::{End, Place};
use crate::output::Output;
use crate::{kills, seed};

/// Lines to a connection: more than a process that is killed gets through, most times.
const LINES: u64 = 400;

/// Serves each connection that comes with lines of its own: `NUMBER cCONNECTION WORD…`.
fn serve(listener: TcpListener, seed: u64) {
    for (connection, peer) in listener.incoming().enumerate() {
        let Ok(peer) = peer else { return };
        // A peer that is killed no longer reads: that is no error here.
        let _ = send(peer, connection, &mut fastrand::Rng::with_seed(seed ^ connection as u64));
    }
}

fn send(mut peer: TcpStream, connection: usize, random: &mut fastrand::Rng) -> std::io::Result<()> {
    for number in 0..LINES {
        let words = format!("w{} w{}", random.u32(..30), random.u32(..30));
        peer.write_all(format!("{number} c{connection} {words}\n").as_bytes())?;
        if number % 8 == 0 {
            // So that there is something left to be sent when it is killed.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

#[test]
fn what_a_socket_sent_counts_once_from_the_log_on() {
    let wanted = kills(36) / 9;
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let place = Place::with_socket(listener.local_addr().expect("it has an address").to_string());
    std::thread::spawn(move || serve(listener, seed));
    let phases = [
        Phase::Stage,
        Phase::Exchange,
        Phase::SinkWrite,
        Phase::SinkCommitted,
        Phase::Checkpoint,
        Phase::Recovery,
    ];
    let mut killed = 0;
    while killed < wanted {
        let partitions = [1, 2, 7][random.usize(..3)];
        let phase = phases[random.usize(..phases.len())];
        let life = if random.bool() {
            place
                .start(partitions, Some(Trap { phase, passage: random.u64(1..=phase.often()), stop: false }))
                .end()
        } else {
            place.start(partitions, None).kill_after(Duration::from_micros(random.u64(..200_000)))
        };
        match life {
            End::Killed => killed += 1,
            End::Done => {}
            End::Failed(why) => panic!("it fails ({phase}, {partitions} partitions): {why}"),
        }
    }
    assert_eq!(place.start(2, None).end(), End::Done);

    let output = Output::read(&place.output());
    let logged = lines(&output);
    // Of each connection what was logged is a prefix of what was sent.
    let mut of_connection: BTreeMap<&str, u64> = BTreeMap::new();
    for (number, line) in logged.iter().flatten() {
        let connection = line.split(' ').nth(1).expect("a line names its connection");
        let next = of_connection.entry(connection).or_default();
        assert_eq!(number, next, "of {connection}");
        *next += 1;
    }
    assert!(of_connection.len() > 1 || wanted < 2, "{of_connection:?}");
    assert!(
        of_connection.values().any(|n| *n == LINES),
        "the last one is read to its end: {of_connection:?}"
    );

    // And all else follows from those lines.
    let queued =
        queue(logged.iter().map(|tick| tick.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>()));
    let out = MemorySink::new();
    Engine::local().trigger(Trigger::AvailableNow).run(pipeline(queued, out.clone())).expect("it runs");
    let mut expected = out.batches();
    expected.iter_mut().for_each(|tick: &mut Vec<String>| tick.sort());
    output.assert_is(&Output(expected), "beside what the logged lines give");
    let text = format!("{killed} kills of a socket's reader; lines by connection: {of_connection:?}\n");
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The lines of each tick, by connection and number: as they were read.
fn lines(output: &Output) -> Vec<Vec<(u64, String)>> {
    let parsed = |line: &&str| {
        let number =
            line.split(' ').next().and_then(|n| n.parse().ok()).expect("a line begins with its number");
        (number, line.to_string())
    };
    let mut ticks: Vec<Vec<(u64, String)>> =
        output.of("line").iter().map(|tick| tick.iter().map(parsed).collect()).collect();
    ticks.iter_mut().for_each(|tick| tick.sort());
    ticks
}
