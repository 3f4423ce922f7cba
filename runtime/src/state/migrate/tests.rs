//! States of older versions, as bytes.

use std::any::Any;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::*;
use crate::key::{Key, stable_hash};
use crate::pipeline::{Bucket, TaskContext};
use crate::state::{Kept, KeyStates, Store, TimedStates, never};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct First {
    sum: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Second {
    sum: u64,
    largest: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Third {
    Empty,
    Some { sum: u64 },
}

fn second(old: First) -> Second {
    Second { sum: old.sum.into(), largest: None }
}

fn third(old: Second) -> Third {
    if old.sum == 0 { Third::Empty } else { Third::Some { sum: old.sum } }
}

/// An operator that keeps this.
struct Keeps<T>(PhantomData<fn(T)>);

fn keeps<T: Kept>() -> Keeps<T> {
    Keeps(PhantomData)
}

impl<T: Kept> HeadOperator for Keeps<T> {
    fn tick(
        &self,
        _: &TaskContext,
        _: &mut Store,
        _: Vec<Vec<Bucket>>,
    ) -> std::result::Result<Box<dyn Any + Send>, BoxError> {
        Ok(Box::new(()))
    }

    fn restore(&self, pieces: &[&[u8]]) -> std::result::Result<GroupState, BoxError> {
        GroupState::restore::<T>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(T::schema())
    }
}

fn bytes(state: &mut GroupState) -> Vec<u8> {
    let mut out = Vec::new();
    state.freeze(0, false).expect("it has changed").frozen.write(&mut out).expect("it can be written");
    out
}

fn sums<S: StateData>(of: impl Fn(u32) -> S) -> KeyStates<String, S> {
    let mut states = KeyStates::default();
    for n in 0..20u32 {
        let key = n.to_string();
        states.add(stable_hash(&key), key.into_slot(), Some(of(n)));
    }
    states
}

fn list<S: StateData>(state: &mut GroupState) -> Vec<(String, S)> {
    let states = state.get_mut::<KeyStates<String, S>>();
    (0..states.len()).map(|at| (states.key(at), states.get(at).clone())).collect()
}

/// A full piece of first versions, and a delta.
fn pieces() -> [Vec<u8>; 2] {
    let mut state = GroupState::new(sums(|sum| First { sum }));
    let full = bytes(&mut state);
    *state.get_mut::<KeyStates<String, First>>().state(3) = Some(First { sum: 100 });
    [full, bytes(&mut state)]
}

#[test]
fn states_go_through_all_versions_and_are_written_anew() {
    let mut migrations = Migrations::default();
    // In any order, and others do no harm.
    migrations.add(Migration::new("sums", third));
    migrations.add(Migration::new("others", |old: First| old.sum));
    migrations.add(Migration::new("sums", second));
    let (op, [full, delta]) = (keeps::<KeyStates<String, Third>>(), pieces());
    let stored = KeyStates::<String, First>::schema();
    let reading = Reading::new("sums", &op, &stored, &migrations).expect("it can be read");
    let mut state = reading.group(&[&full, &delta]).expect("it can be read");
    let expected = sums(|n| third(second(First { sum: if n == 3 { 100 } else { n } })));
    assert_eq!(list::<Third>(&mut state), list::<Third>(&mut GroupState::new(expected)));
    // Though nothing has changed since: what was stored is of the other version.
    let again = state.freeze(0, false).expect("it is another one now");
    assert!(again.full);
    assert!(state.freeze(0, false).is_none());
}

#[test]
fn what_is_built_as_before_is_read_as_it_is() {
    let mut migrations = Migrations::default();
    migrations.add(Migration::new("sums", |_: First| -> First { panic!("nothing is to be migrated") }));
    migrations.add(Migration::new("sums", |_: Second| -> First { panic!("nothing is to be migrated") }));
    let (op, [full, delta]) = (keeps::<KeyStates<String, First>>(), pieces());
    let stored = KeyStates::<String, First>::schema();
    let reading = Reading::new("sums", &op, &stored, &migrations).expect("it can be read");
    let mut state = reading.group(&[&full, &delta]).expect("it can be read");
    assert_eq!(list::<First>(&mut state).len(), 20);
    assert!(state.freeze(0, false).is_none());
    let error = reading.group(&[&delta]).err().expect("it begins in the middle").to_string();
    assert!(error.contains("the state of `sums` can't be read"), "{error}");
}

#[test]
fn time_outs_outlive_a_migration() {
    let mut states = TimedStates::<u64, First>::default();
    let at = crate::clock::Timestamp::from_millis;
    states.add(stable_hash(&1u64), 1, First { sum: 10 }, at(5));
    states.add(stable_hash(&2u64), 2, First { sum: 20 }, never());
    let full = bytes(&mut GroupState::new(states));
    let mut migrations = Migrations::default();
    migrations.add(Migration::new("users", second));
    let (op, stored) = (keeps::<TimedStates<u64, Second>>(), TimedStates::<u64, First>::schema());
    let reading = Reading::new("users", &op, &stored, &migrations).expect("it can be read");
    let mut state = reading.group(&[&full]).expect("it can be read");
    let mut gone = Vec::new();
    state.get_mut::<TimedStates<u64, Second>>().expire(at(5), |key, state| gone.push((key, state)));
    assert_eq!(gone, [(1, Second { sum: 10, largest: None })]);
}

#[test]
fn single_values_are_migrated_too() {
    let full = bytes(&mut GroupState::new(First { sum: 7 }));
    let mut migrations = Migrations::default();
    migrations.add(Migration::new("all", second));
    let op = keeps::<Second>();
    let reading = Reading::new("all", &op, &First::schema(), &migrations).expect("it can be read");
    let state = reading.group(&[&full]).expect("it can be read");
    assert_eq!(state.get::<Second>(), &Second { sum: 7, largest: None });
}

fn refused<Now: Kept>(stored: &Schema, migrations: &Migrations) -> String {
    let op = keeps::<Now>();
    Reading::new("sums/running_fold", &op, stored, migrations).err().expect("it is refused").to_string()
}

#[test]
fn another_structure_is_refused_with_what_to_write() {
    let stored = KeyStates::<String, First>::schema();
    let error = refused::<KeyStates<String, Second>>(&stored, &Migrations::default());
    assert_eq!(
        error,
        "the state of `sums/running_fold` was written by a program in which it is built otherwise:\n  \
         written: {sum: u32}\n  now:     {sum: u64, largest: option<u64>}\n\
         - state.sum: was u32, is u64\n- state.largest: is new\n\
         write `pipeline.migrate_state::<Old, New>(\"sums/running_fold\", |old| …)`, where `Old` is built as what was written; \
         or go on under another name (`.id(\"…\")` on the operator), which begins without state"
    );
    // A migration that leads elsewhere.
    let mut migrations = Migrations::default();
    migrations.add(Migration::new("sums/running_fold", third));
    let error = refused::<KeyStates<String, Second>>(&stored, &migrations);
    assert!(
        error.contains("leads from {sum: u64, largest: option<u64>} to enum {Empty, Some{sum: u64}}"),
        "{error}"
    );
    // In a circle.
    migrations.add(Migration::new("sums/running_fold", |_: First| First { sum: 0 }));
    refused::<KeyStates<String, Second>>(&stored, &migrations);
}

#[test]
fn other_keys_are_refused_and_other_fields_too() {
    let stored = KeyStates::<String, First>::schema();
    let error = refused::<KeyStates<u64, First>>(&stored, &Migrations::default());
    assert!(error.contains("- key: was str, is u64\nkeys can't be migrated"), "{error}");
    let error = refused::<TimedStates<String, First>>(&stored, &Migrations::default());
    assert!(error.contains("- slot: was (), is {expires: i64}"), "{error}");
    refused::<First>(&stored, &Migrations::default());
    refused::<First>(&Schema("noise".into()), &Migrations::default());
}

#[test]
fn names_are_renamed() {
    let mut migrations = Migrations::default();
    migrations.rename("counts/running_count", "totals/running_count");
    assert_eq!(migrations.renamed("counts/running_count"), "totals/running_count");
    assert_eq!(migrations.renamed("others"), "others");
}
