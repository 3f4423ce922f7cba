//! Lists of keys against a map, and their pieces against the lists.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::kept::{Freeze, Kept};
use super::piece::Piece;
use super::{Backend, Expiry, KeyStates, Seen, StateKey, TimedStates, never};
use crate::clock::{Timestamp, secs};
use crate::key::{Key, stable_hash};

type States = KeyStates<String, i64>;

/// What is done to a list.
#[derive(Clone, Debug)]
enum Do {
    Set(u8, i64),
    Remove(u8),
    KeepBelow(i64),
    Freeze(bool),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Do>> {
    let step = prop_oneof![
        8 => (any::<u8>(), any::<i64>()).prop_map(|(k, v)| Do::Set(k % 40, v)),
        3 => any::<u8>().prop_map(|k| Do::Remove(k % 40)),
        1 => any::<i64>().prop_map(Do::KeepBelow),
        3 => prop::bool::weighted(0.1).prop_map(Do::Freeze),
        1 => Just(Do::Restart),
    ];
    proptest::collection::vec(step, 0..200)
}

fn name(k: u8) -> String {
    format!("the key number {k}")
}

fn set(states: &mut States, k: u8, v: i64) {
    let (hash, slot) = (stable_hash(&name(k)), name(k).into_slot());
    let at = states.find(hash, &slot).unwrap_or_else(|| states.add(hash, slot, None));
    *states.state(at) = Some(v);
}

fn list<K: StateKey, C: super::Cell>(states: &mut KeyStates<K, C>) -> Vec<(K, C::State)> {
    (0..states.len()).map(|at| (states.key(at), states.get(at).state().clone())).collect()
}

fn frozen(state: &mut impl Kept, full: bool) -> Option<(Piece, Vec<u8>)> {
    let mut piece = state.freeze(Freeze { full, touched: true, group: 5 })?;
    let mut bytes = Vec::new();
    std::mem::replace(&mut piece.frozen, Box::new(Nothing)).write(&mut bytes).expect("it can be written");
    Some((piece, bytes))
}

/// What was written.
struct Nothing;
impl super::piece::Frozen for Nothing {
    fn write(self: Box<Self>, _: &mut Vec<u8>) -> Result<(), crate::BoxError> {
        Ok(())
    }
}

/// The pieces of a list: the newest full one and all behind it.
#[derive(Default)]
struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    fn freeze(&mut self, state: &mut impl Kept, full: bool) -> Option<Piece> {
        let (piece, bytes) = frozen(state, full)?;
        if piece.full {
            self.0.clear();
        }
        self.0.push(bytes);
        Some(piece)
    }

    fn restore<T: Kept>(&self) -> T {
        let pieces: Vec<&[u8]> = self.0.iter().map(Vec::as_slice).collect();
        T::restore(&pieces).unwrap_or_else(|why| panic!("it can be read: {why}"))
    }
}

/// A list there, of these steps, is as a map is, and its pieces are as it is.
fn holds_what_a_map_holds(steps: Vec<Do>, backend: &Backend) -> Result<(), TestCaseError> {
    let (mut states, mut model) = (States::default(), BTreeMap::new());
    states.move_to(backend);
    // As it was frozen last.
    let (mut pieces, mut was) = (Pieces::default(), Vec::new());
    for step in steps {
        match step {
            Do::Set(k, v) => {
                set(&mut states, k, v);
                model.insert(name(k), v);
            }
            Do::Remove(k) => {
                let found = states.find(stable_hash(&name(k)), &name(k).into_slot());
                prop_assert_eq!(found.is_some(), model.remove(&name(k)).is_some());
                found.into_iter().for_each(|at| states.remove(at));
            }
            Do::KeepBelow(limit) => {
                states.retain(|v| *v < limit);
                model.retain(|_, v| *v < limit);
            }
            Do::Freeze(full) => {
                let now = list(&mut states);
                match pieces.freeze(&mut states, full) {
                    Some(piece) => prop_assert_eq!(piece.keys, now.len() as u64),
                    None => prop_assert!(!pieces.0.is_empty() && now == was),
                }
                was = now;
                prop_assert_eq!(list(&mut pieces.restore::<States>()), list(&mut states));
            }
            // It begins at what was frozen last, and goes on with the same pieces.
            Do::Restart if !pieces.0.is_empty() => {
                states = pieces.restore();
                states.move_to(backend);
                prop_assert_eq!(list(&mut states), was.clone());
                model = was.iter().cloned().collect();
            }
            Do::Restart => {}
        }
        let held: BTreeMap<String, i64> = list(&mut states).into_iter().collect();
        prop_assert_eq!(&held, &model);
        for key in model.keys() {
            prop_assert!(states.find(stable_hash(key), &key.clone().into_slot()).is_some());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_holds_what_a_map_holds_and_its_order_outlives_a_restart(steps in steps()) {
        holds_what_a_map_holds(steps, &Backend::Memory)?;
    }

    #[test]
    fn a_damaged_piece_is_an_error_or_another_state_but_no_panic(
        keys in 1u8..20,
        at: prop::sample::Index,
        bit in 0u8..8,
    ) {
        let (mut states, mut pieces) = (States::default(), Pieces::default());
        (0..keys).for_each(|k| set(&mut states, k, i64::from(k)));
        pieces.freeze(&mut states, false);
        let full = &mut pieces.0[0];
        let at = at.index(full.len());
        full[at] ^= 1 << bit;
        drop(States::restore(&[full]));
    }
}

fn numbers(keys: std::ops::Range<u64>, states: &mut KeyStates<u64, u64>) {
    for key in keys {
        let hash = stable_hash(&key);
        let at = states.find(hash, &key).unwrap_or_else(|| states.add(hash, key, Some(0)));
        states.state(at).as_mut().map(|n| *n += 1).expect("it has a state");
    }
}

#[test]
fn what_is_written_follows_what_changed() {
    let (mut states, mut pieces) = (KeyStates::default(), Pieces::default());
    numbers(0..10_000, &mut states);
    assert!(pieces.freeze(&mut states, false).expect("a piece").full);
    let all = pieces.0[0].len();
    assert!(pieces.freeze(&mut states, false).is_none());
    numbers(400..500, &mut states);
    assert!(!pieces.freeze(&mut states, false).expect("a piece").full);
    let some = pieces.0[1].len();
    // Their keys are in the first piece.
    assert!((all / 220..all / 140).contains(&some), "{some} of {all} bytes");
}

#[test]
fn what_is_removed_moves_one_key_each() {
    let (mut states, mut pieces) = (KeyStates::default(), Pieces::default());
    numbers(0..10_000, &mut states);
    pieces.freeze(&mut states, false);
    states.retain(|_| true);
    assert!(pieces.freeze(&mut states, false).is_none());
    numbers(0..10, &mut states);
    pieces.freeze(&mut states, false);
    states.retain(|n| *n < 2);
    let piece = pieces.freeze(&mut states, false).expect("a piece");
    assert_eq!((piece.full, piece.keys), (false, 9990));
    assert!(pieces.0[2].len() < 200, "{} bytes", pieces.0[2].len());
    assert_eq!(list(&mut pieces.restore::<KeyStates<u64, u64>>()), list(&mut states));
}

/// 200 checkpoints, with a tenth of the keys changed before each.
#[test]
fn pieces_are_written_about_twice_and_read_at_most_twice() {
    let (mut states, mut pieces) = (KeyStates::default(), Pieces::default());
    numbers(0..10_000, &mut states);
    pieces.freeze(&mut states, true);
    let all = pieces.0[0].len();
    let (mut written, mut most) = (0, 0);
    for n in 0..200 {
        let first = n % 10 * 1000;
        numbers(first..first + 1000, &mut states);
        pieces.freeze(&mut states, false);
        written += pieces.0.last().map_or(0, Vec::len);
        most = most.max(pieces.0.iter().map(Vec::len).sum());
    }
    assert!(written < 20 * all * 23 / 10, "{written} bytes, and the state has {all}");
    assert!(most < all * 21 / 10, "{most} bytes, and the state has {all}");
    assert_eq!(list(&mut pieces.restore::<KeyStates<u64, u64>>()), list(&mut states));
}

#[test]
fn groups_do_not_all_write_themselves_in_full_at_once() {
    let mut fulls = vec![0; 40];
    for group in 0..crate::exchange::GROUPS {
        let mut states = KeyStates::default();
        numbers(0..1000, &mut states);
        let freeze = |full, states: &mut KeyStates<u64, u64>| {
            let piece = states.freeze(Freeze { full, touched: true, group }).expect("a piece");
            piece.frozen.write(&mut Vec::new()).expect("it can be written");
            piece.full
        };
        freeze(true, &mut states);
        for at in &mut fulls {
            numbers(0..100, &mut states);
            *at += usize::from(freeze(false, &mut states));
        }
    }
    assert!(fulls.iter().all(|n| *n <= 20) && fulls.iter().sum::<usize>() > 150, "{fulls:?}");
}

#[test]
fn a_list_that_was_never_frozen_keeps_nothing_for_it() {
    let mut states = KeyStates::default();
    numbers(0..1000, &mut states);
    states.retain(|_| false);
    assert!(states.since.is_none());
}

#[test]
fn time_outs_travel() {
    let at = Timestamp::from_millis;
    let (mut states, mut pieces) = (TimedStates::<u64, u64>::default(), Pieces::default());
    for (key, expires) in [(1u64, at(10)), (2, never()), (3, at(5)), (4, at(20))] {
        states.add(stable_hash(&key), key, 10 * key, expires);
    }
    pieces.freeze(&mut states, false);
    // Key 3 is given more time, 4 keeps its own and its state.
    for (key, expires) in [(3u64, at(30)), (4, at(20))] {
        let place = states.keys.find(stable_hash(&key), &key).expect("it is there");
        let (state, before) = states.take(place);
        states.put(place, state, expires, before, false);
    }
    let (_, bytes) = frozen(&mut states, false).expect("a piece");
    assert!(
        matches!(super::slots::open(&bytes), Ok(super::slots::Raw::Slots { slots, .. }) if slots.left() == 1)
    );
    pieces.0.push(bytes);
    let mut again: TimedStates<u64, u64> = pieces.restore();
    for states in [&mut states, &mut again] {
        let mut gone = Vec::new();
        states.expire(at(19), |key, state| gone.push((key, state)));
        assert_eq!(gone, [(1, 10)]);
        states.expire(at(30), |key, state| gone.push((key, state)));
        assert_eq!(gone, [(1, 10), (4, 40), (3, 30)]);
    }
    assert_eq!(list(&mut again.keys), list(&mut states.keys));
}

#[test]
fn keys_that_were_seen_travel_with_their_sweep() {
    let (mut seen, mut pieces) = (Seen::<u64>::default(), Pieces::default());
    let expiry = Expiry::after(secs(8));
    for second in 0..3u64 {
        let now = Timestamp::from_millis(1000 * second as i64);
        seen.sweep(now, expiry);
        assert!(seen.is_new(stable_hash(&second), &second, now, expiry));
        pieces.freeze(&mut seen, false);
    }
    // Nothing but the sweep is another one.
    seen.sweep(Timestamp::from_millis(5000), expiry);
    assert!(pieces.freeze(&mut seen, false).is_some());
    assert!(pieces.freeze(&mut seen, false).is_none());
    let mut again: Seen<u64> = pieces.restore();
    assert!(frozen(&mut again, false).is_none());
    let now = Timestamp::from_millis(8000);
    assert!(again.is_new(stable_hash(&0u64), &0, now, expiry));
    assert!(!again.is_new(stable_hash(&1u64), &1, now, expiry));
}

#[test]
fn a_state_that_is_exchanged_for_one_of_the_same_bytes_has_not_changed() {
    let (mut states, mut pieces) = (States::default(), Pieces::default());
    (0..100).for_each(|k| set(&mut states, k, i64::from(k)));
    let mut scratch = super::Scratch::default();
    let mut exchange = |states: &mut States, add: fn(i64) -> i64| {
        for at in 0..states.len() {
            states.exchange(at, &mut scratch, |_, old| old.map(|n| n + add(n)));
        }
    };
    exchange(&mut states, |_| 0);
    pieces.freeze(&mut states, false);
    exchange(&mut states, |_| 0);
    assert!(pieces.freeze(&mut states, false).is_none());
    exchange(&mut states, |n| i64::from(n == 7));
    // Back again: whoever wrote in between would have seen it.
    pieces.freeze(&mut states, false);
    assert_eq!(pieces.0[1].len(), bytes_of_one());
    assert_eq!(list(&mut pieces.restore::<States>()), list(&mut states));
}

/// A delta with one key.
fn bytes_of_one() -> usize {
    let (mut states, mut pieces) = (States::default(), Pieces::default());
    (0..100).for_each(|k| set(&mut states, k, i64::from(k)));
    pieces.freeze(&mut states, false);
    set(&mut states, 7, 8);
    pieces.freeze(&mut states, false);
    pieces.0[1].len()
}

proptest! {
    #[test]
    fn keys_time_out_as_in_a_map(
        steps in prop::collection::vec((0u64..300, prop::option::of(0i64..60), any::<bool>()), 0..800),
    ) {
        let (mut states, mut model) = (TimedStates::<u64, u64>::default(), BTreeMap::<u64, (u64, Timestamp)>::new());
        for (n, (key, expires, moves_on)) in (0u64..).zip(steps) {
            let now = Timestamp::from_millis(n as i64 / 8);
            let expires = expires.map_or(never(), |later| Timestamp::from_millis(now.millis() + later));
            let place = states.keys.find(stable_hash(&key), &key);
            match place {
                Some(at) if n % 7 == 0 => {
                    states.remove(at);
                    model.remove(&key);
                }
                Some(at) => {
                    let (_, before) = states.take(at);
                    states.put(at, n, expires, before, true);
                    model.insert(key, (n, expires));
                }
                None => {
                    states.add(stable_hash(&key), key, n, expires);
                    model.insert(key, (n, expires));
                }
            }
            if moves_on {
                let mut gone = Vec::new();
                states.expire(now, |key, state| gone.push((key, state)));
                let mut due: Vec<_> = model.iter().filter(|(_, (_, expires))| *expires <= now).collect();
                due.sort_by_key(|(key, (_, expires))| (*expires, stable_hash(*key)));
                let due: Vec<(u64, u64)> = due.into_iter().map(|(key, (state, _))| (*key, *state)).collect();
                prop_assert_eq!(gone, due);
                model.retain(|_, (_, expires)| *expires > now);
            }
            let mut pieces = Pieces::default();
            if n % 100 == 99 {
                pieces.freeze(&mut states, true);
                states = pieces.restore();
            }
        }
        let held: BTreeMap<u64, u64> = list(&mut states.keys).into_iter().collect();
        prop_assert_eq!(held, model.into_iter().map(|(key, (state, _))| (key, state)).collect::<BTreeMap<_, _>>());
    }
}

#[cfg(feature = "fjall")]
mod on_disk;
