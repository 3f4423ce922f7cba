//! What the operators on windows by key share: what a key holds, and the passage of all keys where a window ends.

use super::gather::{self, Gather};
use crate::pipeline::{Bucket, TaskContext};
use crate::state::{KeyStates, StateData, StateKey, Store};
use crate::window::Window;

/// What a key holds of its panes, and what comes out of them.
pub(crate) trait Hold<K>: Send + Sync {
    type Value;
    type Held: StateData;
    type Out;

    /// What the key of a hash holds at first.
    fn held(&self, hash: u64) -> Self::Held;

    /// A value of the pane that ends at `pane`.
    fn add(&self, held: &mut Self::Held, pane: i64, value: Self::Value);

    /// The result of a window, if the key has one.
    fn slide(
        &self,
        held: &mut Self::Held,
        span: crate::window::Span,
        key: impl Fn() -> K,
    ) -> Option<(K, Self::Out)>;

    /// Reads what the next slide meets.
    fn warm(&self, _held: &Self::Held) {}

    /// Whether the key is known no more, once it gave `emitted`.
    fn is_gone(&self, held: &Self::Held, emitted: bool) -> bool;
}

/// A value of the tick's pane.
#[inline]
pub(super) fn add<K: StateKey, H: Hold<K>>(
    hold: &H,
    states: &mut KeyStates<K, H::Held>,
    pane: i64,
    (hash, slot): (u64, K::Slot),
    value: H::Value,
) {
    let at = match states.find(hash, &slot) {
        Some(at) => at,
        None => states.add(hash, slot, Some(hold.held(hash))),
    };
    hold.add(states.pair(at).1, pane, value);
}

/// All pairs of the tick, in their order.
pub(super) fn gather<K: StateKey, H: Hold<K, Value: crate::batch::Data>>(
    hold: &H,
    window: &Window,
    cx: &TaskContext,
    store: &mut Store,
    inputs: Vec<Vec<Bucket>>,
) {
    let pane = window.slides().pane_of(cx.tick.time);
    let groups = gather::groups(cx, &inputs);
    let mut input = Gather::<K, H::Value>::new(inputs.into_iter().flatten().collect());
    for group in groups {
        let chunks = input.take(group);
        if chunks.is_empty() {
            continue;
        }
        let states = store.group::<KeyStates<K, H::Held>>(group);
        for entry in chunks.into_iter().flatten() {
            let hash = entry.hash();
            add(hold, states, pane, (hash, entry.slot), entry.value);
        }
    }
}

/// What the tick emits: where a window ends, all its keys. Those without a value in it are forgotten on the way: so a key
/// costs nothing in ticks that neither have a value of it nor emit it.
pub(super) fn emitted<K: StateKey, H: Hold<K>>(
    hold: &H,
    window: &Window,
    cx: &TaskContext,
    store: &mut Store,
) -> Vec<(K, H::Out)> {
    let mut rows = Vec::new();
    let Some(span) = window.due(cx) else { return rows };
    for (_, states) in store.iter_mut::<KeyStates<K, H::Held>>() {
        states.look(|held| hold.warm(held));
        let mut at = 0;
        while at < states.len() {
            let (slot, held) = states.pair(at);
            let row = hold.slide(held, span, || K::from_slot(slot.clone()));
            let gone = hold.is_gone(held, row.is_some());
            rows.extend(row);
            if gone {
                // The last key takes its place.
                states.remove(at);
            } else {
                at += 1;
            }
        }
    }
    rows
}
