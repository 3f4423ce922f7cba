//! A key's state, as the closure of `map_with_state` has it.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::tick::Tick;

/// The state of one key, in the hands of the closure of [`map_with_state`](crate::dsl::Stream::map_with_state).
///
/// A key has a state from its first [`update`](State::update) on, until [`remove`](State::remove) or its time-out.
#[derive(Debug)]
pub struct State<S> {
    pub(crate) value: Option<S>,
    pub(crate) tick: Tick,
    pub(crate) timing_out: bool,
    pub(crate) updated: bool,
    pub(crate) removed: bool,
    /// From when on a time-out counts.
    pub(crate) since: Timestamp,
    /// When the key times out, as the closure said.
    pub(crate) expires: Option<Timestamp>,
}

impl<S> State<S> {
    pub(crate) fn new(value: Option<S>, tick: Tick, timing_out: bool) -> Self {
        State { value, tick, timing_out, updated: false, removed: false, since: tick.time, expires: None }
    }

    /// As [`State::new`], for a value of this event time.
    pub(crate) fn at(value: Option<S>, tick: Tick, time: Timestamp) -> Self {
        State { since: time, ..State::new(value, tick, false) }
    }

    /// The state; `None` for a key that has none.
    pub fn get(&self) -> Option<&S> {
        self.value.as_ref()
    }

    /// The state, to change it in place.
    ///
    /// # Panics
    /// If the key is timing out.
    pub fn get_mut(&mut self) -> Option<&mut S> {
        self.refuse_while_timing_out("changed");
        self.updated |= self.value.is_some();
        self.value.as_mut()
    }

    /// The state, to change it in place; where there is none, `new` makes it.
    ///
    /// # Panics
    /// If the key is timing out, or was removed in this call.
    pub fn get_or_insert_with(&mut self, new: impl FnOnce() -> S) -> &mut S {
        self.refuse_change();
        self.updated = true;
        self.value.get_or_insert_with(new)
    }

    /// Whether there is a state.
    pub fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// Sets the state.
    ///
    /// # Panics
    /// If the key is timing out, or was removed in this call.
    pub fn update(&mut self, state: S) {
        self.refuse_change();
        self.updated = true;
        self.value = Some(state);
    }

    /// Forgets the key, and gives what it had.
    ///
    /// # Panics
    /// If the key is timing out, or was removed in this call.
    pub fn remove(&mut self) -> Option<S> {
        self.refuse_change();
        self.removed = true;
        self.updated = false;
        self.value.take()
    }

    /// Whether this is the last call for the key: no value came for it for so long that its state is dropped behind this
    /// call, which can read it but not change it.
    pub fn is_timing_out(&self) -> bool {
        self.timing_out
    }

    /// Whether this call has set the state.
    pub fn is_updated(&self) -> bool {
        self.updated
    }

    /// Whether this call has removed it.
    pub fn is_removed(&self) -> bool {
        self.removed
    }

    /// The tick: its number and batch time.
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Lets this key time out at the first tick whose time is `duration` or more behind this one's, unless a value comes for
    /// it before. It goes before the time-out of [`StateSpec::timeout`](crate::StateSpec::timeout), and holds until the
    /// next value of the key.
    ///
    /// By event time ([`event_timeout`](crate::dsl::Stream::event_timeout)): once the watermark is `duration` behind the time of
    /// this value. Values may be out of order, so of what is said for several the latest holds.
    ///
    /// # Panics
    /// If the key is timing out.
    pub fn time_out_in(&mut self, duration: Duration) {
        self.refuse_while_timing_out("given more time");
        self.expires = Some(self.since.plus(duration));
    }

    #[track_caller]
    fn refuse_change(&self) {
        self.refuse_while_timing_out("changed");
        assert!(
            !self.removed,
            "the state was removed in this call of the closure, and can't be changed any more"
        );
    }

    #[track_caller]
    fn refuse_while_timing_out(&self, what: &str) {
        assert!(
            !self.timing_out,
            "the state is timing out: it is dropped behind this call, and can't be {what}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(value: Option<i32>, timing_out: bool) -> State<i32> {
        let tick = Tick { number: 3, time: Timestamp::from_millis(4000), epoch: 0 };
        State::new(value, tick, timing_out)
    }

    fn refused(f: impl FnOnce(&mut State<i32>), mut state: State<i32>) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(&mut state))).is_err()
    }

    #[test]
    fn a_state_is_read_updated_and_removed() {
        let mut new = state(None, false);
        assert_eq!((new.exists(), new.get(), new.is_updated()), (false, None, false));
        *new.get_or_insert_with(|| 4) += 1;
        assert_eq!((new.get(), new.is_updated()), (Some(&5), true));
        let mut one = state(Some(1), false);
        assert_eq!((one.exists(), one.get(), one.is_updated()), (true, Some(&1), false));
        one.update(2);
        assert_eq!((one.get(), one.is_updated()), (Some(&2), true));
        assert_eq!(
            (one.remove(), one.exists(), one.is_removed(), one.is_updated()),
            (Some(2), false, true, false)
        );
    }

    #[test]
    fn what_was_removed_is_not_changed_again() {
        let removed = || {
            let mut state = state(Some(1), false);
            state.remove();
            state
        };
        assert!(refused(|s| s.update(1), removed()));
        assert!(refused(|s| assert!(s.remove().is_none()), removed()));
    }

    #[test]
    fn what_is_timing_out_is_only_read() {
        let last = state(Some(3), true);
        assert_eq!((last.get(), last.is_timing_out()), (Some(&3), true));
        assert!(refused(|s| s.update(1), state(Some(3), true)));
        assert!(refused(|s| assert!(s.remove().is_some()), state(Some(3), true)));
        assert!(refused(|s| s.time_out_in(Duration::ZERO), state(Some(3), true)));
    }
}
