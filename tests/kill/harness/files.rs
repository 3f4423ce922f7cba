//! A source that can be replayed: the output is that of an undisturbed run, tick by tick.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use millstream_kill_tests::trap::{Phase, Trap};

use crate::lives::{End, Place};
use crate::output::Output;
use crate::{kills, seed};

/// Lines of numbers and of words, some of which are frequent.
pub fn text(random: &mut fastrand::Rng, lines: usize) -> String {
    let line = |number: usize, random: &mut fastrand::Rng| {
        let words: Vec<String> =
            (0..6).map(|_| format!("w{}", random.u32(..60).min(random.u32(..60)))).collect();
        format!("{number} {}\n", words.join(" "))
    };
    (0..lines).map(|number| line(number, random)).collect()
}

/// What ends a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Death {
    /// By the process itself.
    In(Phase),
    /// From outside, once an object with state is there, and no manifest for it perhaps.
    BeforeManifest,
    /// From outside, at any time.
    AtRandom,
}

const DEATHS: [Death; 9] = [
    Death::In(Phase::Read),
    Death::In(Phase::Stage),
    Death::In(Phase::Exchange),
    Death::In(Phase::SinkWrite),
    Death::In(Phase::SinkCommitted),
    Death::In(Phase::Checkpoint),
    Death::In(Phase::Recovery),
    Death::BeforeManifest,
    Death::AtRandom,
];

impl Death {
    fn name(self) -> String {
        match self {
            Death::In(phase) => phase.to_string(),
            Death::BeforeManifest => "state is stored, its manifest perhaps not".into(),
            Death::AtRandom => "at random".into(),
        }
    }
}

#[test]
fn killed_at_any_time_and_in_every_phase_it_writes_what_an_undisturbed_run_writes() {
    let mut random = fastrand::Rng::with_seed(seed());
    let text = text(&mut random, 900);
    let expected = undisturbed(&text);
    killed(kills(36), &expected, &mut random, || Place::with_file(&text));
}

#[test]
fn windows_that_are_killed_at_any_time_write_what_undisturbed_ones_write() {
    let kinds = ["sum", "count", "group", "all", "minute", "late", "session", "slide", "gone"];
    killed_as_undisturbed("windows", &kinds);
}

#[test]
fn joins_that_are_killed_at_any_time_write_what_undisturbed_ones_write() {
    let kinds = ["near", "all", "inside", "newest", "as of", "before", "visit"];
    killed_as_undisturbed("joins", &kinds);
}

/// `kinds`: of lines, all of which there are.
fn killed_as_undisturbed(pipeline: &'static str, kinds: &[&str]) {
    let mut random = fastrand::Rng::with_seed(seed());
    let text = text(&mut random, 700);
    let place = Place::with(&text, pipeline);
    assert_eq!(place.start(2, None).end(), End::Done);
    let expected = Output::read(&place.output());
    for kind in kinds {
        assert!(expected.of(kind).concat().len() > 5, "there are lines of `{kind}`");
    }
    killed(kills(18), &expected, &mut random, || Place::with(&text, pipeline));
}

/// Kills lives in places of their own until it has killed so many, and holds what they write to what is expected.
fn killed(wanted: usize, expected: &Output, random: &mut fastrand::Rng, place: impl Fn() -> Place) {
    assert!(expected.0.len() > 30, "an undisturbed run has {} ticks", expected.0.len());

    let mut counts: BTreeMap<Death, usize> = DEATHS.iter().map(|death| (*death, 0)).collect();
    let (mut rounds, mut with_7_then_2) = (0, 0);
    while counts.values().sum::<usize>() < wanted || rounds == 0 {
        let place = place();
        let mut before = None;
        loop {
            // The rarest so far, of those that can be.
            let possible = |death: &Death| *death != Death::In(Phase::Recovery) || place.has_checkpoint();
            let rarest =
                counts.iter().filter(|(death, _)| possible(death)).map(|(_, n)| *n).min().unwrap_or(0);
            let rare: Vec<Death> = counts
                .iter()
                .filter(|(death, n)| possible(death) && **n == rarest)
                .map(|(death, _)| *death)
                .collect();
            let death = rare[random.usize(..rare.len())];
            let partitions = [1, 2, 7][random.usize(..3)];
            with_7_then_2 += usize::from(before == Some(7) && partitions == 2);
            before = Some(partitions);
            match live(&place, death, partitions, random) {
                End::Killed => *counts.get_mut(&death).expect("each has its count") += 1,
                End::Done => break,
                End::Failed(why) => panic!("it fails ({death:?}, {partitions} partitions): {why}"),
            }
        }
        Output::read(&place.output()).assert_is(expected, &format!("in round {rounds}"));
        rounds += 1;
    }
    print(&counts, rounds, with_7_then_2);
    let least = counts.values().min().copied().unwrap_or(0);
    assert!(least >= (wanted / DEATHS.len()).min(10), "each phase has its share: {counts:?}");
    assert!(with_7_then_2 > 0 || wanted < 30, "7 partitions, then 2");
}

fn live(place: &Place, death: Death, partitions: usize, random: &mut fastrand::Rng) -> End {
    match death {
        Death::In(phase) => {
            let passage = random.u64(1..=phase.often());
            place.start(partitions, Some(Trap { phase, passage, stop: false })).end()
        }
        Death::BeforeManifest => {
            let stored = || std::fs::read_dir(place.checkpoint().join("state")).map_or(0, Iterator::count);
            let (before, more) = (stored(), random.usize(1..=3));
            // Old ones are pruned, so any change is one.
            let changes = std::cell::Cell::new((before, 0));
            place.start(partitions, None).kill_when(|| {
                let (last, n) = changes.get();
                let now = stored();
                changes.set((now, n + usize::from(now != last)));
                changes.get().1 >= more
            })
        }
        Death::AtRandom => {
            place.start(partitions, None).kill_after(Duration::from_micros(random.u64(..250_000)))
        }
    }
}

pub fn undisturbed(text: &str) -> Output {
    let place = Place::with_file(text);
    assert_eq!(place.start(2, None).end(), End::Done);
    Output::read(&place.output())
}

/// To the terminal, also where the test passes.
fn print(counts: &BTreeMap<Death, usize>, rounds: usize, with_7_then_2: usize) {
    let mut out = String::new();
    for (death, n) in counts {
        out += &format!("{n:>6} {}\n", death.name());
    }
    let all: usize = counts.values().sum();
    let text =
        format!("{all} kills in {rounds} runs, {with_7_then_2} times with 7 partitions and then 2:\n{out}");
    let _ = std::io::stderr().write_all(text.as_bytes());
}
