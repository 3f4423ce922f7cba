//! Operators that keep something from tick to tick. On the test engine each case also crashes and is restarted behind every
//! one of its ticks, with another number of partitions; the real pool runs it undisturbed (tests/kill kills that).

use std::collections::BTreeMap;
use std::time::Duration;

use millstream::prelude::*;
use millstream::source::Queue;

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::restarts;
use crate::value::{Atom, Value};

/// Where a case's records and states go.
#[derive(Clone)]
struct Outs {
    mapped: MemorySink<Value>,
    states: MemorySink<Value>,
    /// From tick to tick.
    interval: Duration,
}

impl Outs {
    fn under(case: &Case, under: Under) -> Outs {
        let interval = match under {
            Under::Test(_) => secs(1),
            // Where times matter, so long that no boundary is passed over.
            Under::Local(_) if case.number("timeout_batches").is_some() => millis(20),
            Under::Local(_) => millis(1),
        };
        Outs { mapped: MemorySink::new(), states: MemorySink::new(), interval }
    }
}

type Build = fn(&Case, Queue<Value>, Outs) -> Pipeline<'static>;

pub fn check(case: &Case) -> Option<Check> {
    pipeline(case).map(|_| as_ever as Check)
}

fn pipeline(case: &Case) -> Option<Build> {
    Some(match (case.op.as_str(), case.text("fn")) {
        ("update_state_by_key", "append values to list") => lists,
        ("update_state_by_key", text) if text.starts_with("(batch_time_ms") => times,
        ("update_state_by_key", _) => sums,
        ("map_with_state", "running sum; emit (key,sum)") => sums_of_keys,
        ("map_with_state", text) if text.starts_with("sum = ") => sums_alone,
        ("map_with_state", "running sum; emit nothing") => sums_in_silence,
        ("map_with_state", text) if text.starts_with("if state exists") => every_other_time,
        ("map_with_state", _) => timing_out,
        ("flat_map_groups_with_state", "(key, n)") => group_sizes,
        ("flat_map_groups_with_state", text) if text.starts_with("timed_out") => groups_that_time_out,
        ("flat_map_groups_with_state", text) if text.starts_with("per element") => up_to_three_one_by_one,
        ("flat_map_groups_with_state" | "map_groups_with_state", _) => up_to_three,
        ("flat_map_groups_then_count", _) => up_to_three_as_a_table,
        ("state_ttl_list", _) => lists_that_expire,
        ("state_ttl_multi", _) => three_states,
        _ => return None,
    })
}

/// Runs undisturbed, and on the test engine also with a restart behind each tick.
fn as_ever(case: &Case, under: Under) -> Result<(), String> {
    let build = pipeline(case).expect("whoever checks a case has asked whether it is known");
    let outs = Outs::under(case, under);
    under
        .run_at_intervals(build(case, input(case), outs.clone()), outs.interval)
        .map_err(|e| e.to_string())?;
    holds(case, under, &outs)?;
    let Under::Test(n) = under else { return Ok(()) };
    restarts::behind_each_tick(
        &Engine::test().partitions(n),
        n,
        seconds(case).len(),
        || Outs::under(case, under),
        |outs| build(case, input(case), outs.clone()),
        |outs| holds(case, under, outs),
    )
}

/// The steps in seconds: a batch where one comes, and nothing in between; and behind the last one, where more is expected.
fn seconds(case: &Case) -> Vec<Vec<Value>> {
    let mut batches: Vec<Vec<Value>> = case.batches(1).into_iter().map(Option::unwrap_or_default).collect();
    if let Some(clock) = case.clock_s() {
        let mut seconds = vec![Vec::new(); *clock.last().expect("a clock has steps")];
        for (second, batch) in clock.iter().zip(batches) {
            seconds[second - 1] = batch;
        }
        return seconds;
    }
    let most = case.number("run_batches").map_or(usize::MAX, |n| n as usize);
    let length = batches.len().max(case.expected().len()).min(most);
    batches.resize(length, Vec::new());
    batches
}

fn input(case: &Case) -> Queue<Value> {
    queue(seconds(case))
}

/// What came in each step: with a clock, in the seconds up to it.
fn steps(case: &Case, ticks: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    let Some(clock) = case.clock_s() else { return ticks };
    let mut ticks = ticks.into_iter();
    let mut before = 0;
    let step = |second: &usize| {
        let all = ticks.by_ref().take(second - before).flatten().collect();
        before = *second;
        all
    };
    clock.iter().map(step).collect()
}

fn holds(case: &Case, under: Under, outs: &Outs) -> Result<(), String> {
    let (mapped, states) = (outs.mapped.batches(), outs.states.batches());
    if case.compare == "facts" {
        return times_out_once(&mapped, &states);
    }
    let mapped = steps(case, mapped);
    // The ticks of the pool have times of their own.
    let timed = matches!(under, Under::Local(_))
        && (case.clock_s().is_some() || case.params.contains_key("first_batch_time_ms"));
    if !timed && let Some(why) = compare::differ(case, &case.compare, mapped) {
        return Err(why);
    }
    let sorted = |mut ticks: Vec<Vec<Value>>| {
        ticks.iter_mut().for_each(|tick| tick.sort());
        ticks
    };
    if let Some(expected) = case.expected_state()
        && sorted(states.clone()) != sorted(expected)
    {
        return Err(format!("the states were {states:?}"));
    }
    if let Some(total) = case.state_total().filter(|_| !timed && case.op != "state_ttl_multi") {
        let clock: Vec<usize> = case.clock_s().unwrap_or_else(|| (1..=states.len()).collect());
        let got: Vec<usize> = clock.iter().map(|second| states[second - 1].len()).collect();
        if got != total {
            return Err(format!("there were {got:?} states, and not {total:?}"));
        }
    }
    Ok(())
}

/// Exactly `b` and `c` time out, once each; all three are there at some time, and `a` in the end.
fn times_out_once(mapped: &[Vec<Value>], states: &[Vec<Value>]) -> Result<(), String> {
    let mut keys = mapped.concat();
    keys.sort();
    let ones = |keys: &[&str]| -> Vec<Value> {
        keys.iter().map(|k| (Atom::Text((*k).into()), 1i64).into()).collect()
    };
    let mut sorted = states.to_vec();
    sorted.iter_mut().for_each(|tick| tick.sort());
    let right = keys == [Value::Text("b".into()), Value::Text("c".into())]
        && sorted.contains(&ones(&["a", "b", "c"]))
        && sorted.last() == Some(&ones(&["a"]));
    if right { Ok(()) } else { Err(format!("timed out {mapped:?}, kept {states:?}")) }
}

/// The pairs of a record: one, of the words of a text one each.
fn pairs(v: Value, pre: &str) -> Vec<(Atom, i64)> {
    match pre {
        "x -> (x,1)" => vec![(v.atom(), 1)],
        "" => {
            let (key, n) = v.pair();
            vec![(key, n.int())]
        }
        _ => v.text().split(' ').map(|w| (Atom::Text(w.trim_matches(',').into()), 1)).collect(),
    }
}

fn initial(case: &Case) -> Vec<(Atom, Value)> {
    let given = case.params.get("initial_state").map(Value::of);
    let Some(Value::List(pairs)) = given else { return Vec::new() };
    pairs.into_iter().map(Value::pair).collect()
}

fn initial_sums(case: &Case) -> Vec<(Atom, i64)> {
    initial(case).into_iter().map(|(key, sum)| (key, sum.int())).collect()
}

fn sums(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let (pre, initial) = (case.text("pre").to_string(), initial_sums(case));
    stream!(move {
        let sums = source(input)
            .flat_map(|v| pairs(v, &pre))
            .update_state_by_key(|new: &[i64], old: Option<i64>| Some(old.unwrap_or(0) + new.iter().sum::<i64>()), initial);
        sums.map(Value::from).sink(outs.mapped);
    })
}

fn lists(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let initial = initial(case);
    stream!(move {
        let lists = source(input).map(|v| v.pair()).update_state_by_key(
            |new: &[Value], old: Option<Value>| {
                let Value::List(old) = old.unwrap_or(Value::List(Vec::new())) else { return None };
                Some(Value::List([old.as_slice(), new].concat()))
            },
            initial,
        );
        lists.map(Value::from).sink(outs.mapped);
    })
}

fn times(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let initial = initial_sums(case);
    stream!(move {
        let times = source(input).map(|v| (v.atom(), 1)).update_state_by_key_with(
            |_, new: &[i64], old: Option<i64>, tick| {
                Some(old.unwrap_or(0) + if new.is_empty() { 0 } else { tick.time.millis() })
            },
            initial,
        );
        times.map(Value::from).sink(outs.mapped);
    })
}

/// A running sum, and what is emitted of a key and its sum.
fn summing(
    case: &Case,
    input: Queue<Value>,
    outs: Outs,
    emit: fn(&Atom, i64) -> Option<Value>,
) -> Pipeline<'static> {
    let spec = StateSpec::new().initial(initial_sums(case));
    stream!(move {
        let (mapped, states) = source(input).map(|v| (v.atom(), 1)).map_with_state_and_snapshots(
            |key, n: Option<i64>, state: &mut State<i64>| {
                let sum = n.unwrap_or(0) + state.get().copied().unwrap_or(0);
                state.update(sum);
                emit(key, sum)
            },
            spec,
        );
        mapped.sink(outs.mapped);
        states.map(Value::from).sink(outs.states);
    })
}

fn sums_of_keys(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    summing(case, input, outs, |key, sum| Some((key.clone(), sum).into()))
}

fn sums_alone(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    summing(case, input, outs, |_, sum| Some(Value::Int(sum)))
}

fn sums_in_silence(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    summing(case, input, outs, |_, _| None)
}

fn every_other_time(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        let (mapped, states) = source(input).map(|v| (v.atom(), 1)).map_with_state_and_snapshots(
            |key, n: Option<i64>, state: &mut State<i64>| {
                if state.exists() {
                    state.remove();
                    return Some(Value::from(key.clone()));
                }
                state.update(n?);
                None
            },
        );
        mapped.sink(outs.mapped);
        states.map(Value::from).sink(outs.states);
    })
}

fn timing_out(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let batches = case.number("timeout_batches").expect("it says after how many batches");
    let spec = StateSpec::new().timeout(outs.interval * batches as u32);
    stream!(move {
        let (mapped, states) = source(input).map(|v| (v.atom(), 1)).map_with_state_and_snapshots(
            |key, n: Option<i64>, state: &mut State<i64>| {
                if n.is_some() {
                    state.update(1);
                }
                state.is_timing_out().then(|| Value::from(key.clone()))
            },
            spec,
        );
        mapped.sink(outs.mapped);
        states.map(Value::from).sink(outs.states);
    })
}

/// Spark's functions of groups get all values of a key at once: so there are groups before the state.
fn up_to_three(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let marks = case.text("fn").contains("(key,-1)");
    stream!(move {
        let groups = source(input).map(|v| (v.atom(), ())).group_by_key();
        let (mapped, states) = groups.map_with_state_and_snapshots(|key, ones: Option<Vec<()>>, state: &mut State<i64>| {
            let count = state.get().copied().unwrap_or(0) + ones?.len() as i64;
            if count == 3 {
                state.remove();
                return marks.then(|| Value::from((key.clone(), "-1".to_string())));
            }
            state.update(count);
            Some((key.clone(), count.to_string()).into())
        });
        mapped.sink(outs.mapped);
        states.map(Value::from).sink(outs.states);
    })
}

fn up_to_three_one_by_one(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        source(input).map(|v| (v.atom(), 1)).map_with_state(|key, n: Option<i64>, state: &mut State<i64>| {
            let count = state.get().copied().unwrap_or(0) + n?;
            if count == 3 {
                state.remove();
                return None;
            }
            state.update(count);
            Some(Value::from((key.clone(), count.to_string())))
        }).sink(outs.mapped);
    })
}

/// Then counted by key over all ticks, and shown as a whole each time.
fn up_to_three_as_a_table(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        let groups = source(input).map(|v| (v.atom(), ())).group_by_key();
        let changes = groups.map_with_state(|key, ones: Option<Vec<()>>, state: &mut State<i64>| {
            let count = state.get().copied().unwrap_or(0) + ones?.len() as i64;
            match count { 3 => assert!(state.remove().is_some()), _ => state.update(count) }
            Some((key.clone(), 1))
        });
        let table = changes.update_state_by_key(|new: &[i64], old: Option<i64>| Some(old.unwrap_or(0) + new.len() as i64));
        table.map(Value::from).sink(outs.mapped);
    })
}

fn groups_that_time_out(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        let groups = source(input).map(|v| (v.atom(), ())).group_by_key();
        let (mapped, states) = groups.map_with_state_and_snapshots(|key, ones: Option<Vec<()>>, state: &mut State<i64>| {
            let Some(ones) = ones else { return Some(Value::from((key.clone(), "-1".to_string()))) };
            let count = state.get().copied().unwrap_or(0) + ones.len() as i64;
            state.update(count);
            state.time_out_in(secs(10));
            Some((key.clone(), count.to_string()).into())
        });
        mapped.sink(outs.mapped);
        states.map(Value::from).sink(outs.states);
    })
}

fn group_sizes(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        let groups = source(input).map(|v| (v.atom(), ())).group_by_key();
        groups.map_with_state(|key, ones: Option<Vec<()>>, _: &mut State<i64>| {
            Some(Value::from((key.clone(), ones?.len() as i64)))
        }).sink(outs.mapped);
    })
}

/// A list whose elements expire, each by itself: a state that holds their times.
fn lists_that_expire(case: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    let ttl = 1000 * case.number("ttl_s").expect("it says when") as i64;
    stream!(move {
        let rows = source(input).map(|v| { let Value::List(row) = v else { panic!("{v} is no row") }; (row[0].clone().atom(), row) });
        rows.map_with_state(|_, row, state: &mut State<Vec<(i64, i64)>>| {
            let (row, now) = (row?, state.tick().time.millis());
            let list = state.get_or_insert_with(Vec::new);
            list.retain(|(_, end)| *end > now);
            Some(match row[1].text() {
                "put" => { *list = vec![(row[2].int(), now + ttl)]; vec![] }
                "append" => { list.push((row[2].int(), now + ttl)); vec![] }
                "get_ttl" => list.iter().map(|(v, end)| Value::from(vec![*v, *end])).collect(),
                _ => list.iter().map(|(v, _)| Value::Int(*v)).collect(),
            })
        }).flatten().sink(outs.mapped);
    })
}

/// A list, a map and a value of each key, in one state. (Its `state_total` counts the rows of three tables.)
fn three_states(_: &Case, input: Queue<Value>, outs: Outs) -> Pipeline<'static> {
    stream!(move {
        source(input).map(|v| (v.atom(), 1i64)).map_with_state(
            |key, row: Option<i64>, state: &mut State<(Vec<i64>, BTreeMap<i64, i64>, i64)>| {
                let row = row?;
                let (list, map, value) = state.get_or_insert_with(Default::default);
                list.push(row);
                map.insert(list.len() as i64, row);
                *value = row;
                Some(Value::from((key.clone(), list.len() as i64)))
            },
            StateSpec::new().timeout(secs(600)),
        ).sink(outs.mapped);
    })
}
