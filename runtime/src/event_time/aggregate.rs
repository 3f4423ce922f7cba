//! What is made of the records of a window.

use super::Parts;
use crate::batch::Data;
use crate::state::StateData;

/// What is made of the records of a window, of type `V`: `count()`, `sum(f)`, a tuple of them, or one of your own.
///
/// The records of a window don't come together: its state is kept from tick to tick, and where windows overlap or sessions
/// grow into one, states are merged.
///
/// # Contract
/// - `merge(a, b)` is the state of the records of `a` with those of `b` behind them.
/// - `start` is the state of no records. A window is only made by its first record, so `finish` has at least one.
/// - What comes out follows from the records and their order alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` aggregates no records of type `{V}`",
    label = "this can't aggregate the records of a window",
    note = "an aggregate is `count()`, `count_distinct(f)`, `sum(f)`, `min(f)`, `max(f)`, `min_by(f)`, `max_by(f)`, `mean(f)`, `top(n)`, `collect()`, or a tuple of up to six of them; what keeps records needs `#[derive(Clone, Serialize, Deserialize)]` on their type"
)]
pub trait Aggregate<V>: Send + Sync {
    /// What is kept of a window while it is open.
    type State: StateData;
    /// What comes of it.
    type Out: Data;

    fn start(&self) -> Self::State;
    fn add(&self, state: &mut Self::State, record: &V);
    /// As [`Aggregate::add`], for a record that nobody else needs.
    fn put(&self, state: &mut Self::State, record: V) {
        self.add(state, &record);
    }
    fn merge(&self, state: &mut Self::State, later: Self::State);
    fn finish(&self, state: Self::State) -> Self::Out;
    /// Whether what some records of a window come to may stand for them before the exchange. By default that follows from the contract,
    /// unless the state has floats.
    fn parts(&self) -> Parts {
        Parts::of::<Self::State>()
    }
}

macro_rules! tuples {
    ($(($($first:ident $f:tt),+; $last:ident $l:tt))+) => {$(
        impl<V, $($first: Aggregate<V>,)+ $last: Aggregate<V>> Aggregate<V> for ($($first,)+ $last) {
            type State = ($($first::State,)+ $last::State);
            type Out = ($($first::Out,)+ $last::Out);

            fn start(&self) -> Self::State {
                ($(self.$f.start(),)+ self.$l.start())
            }
            fn add(&self, state: &mut Self::State, record: &V) {
                $(self.$f.add(&mut state.$f, record);)+
                self.$l.add(&mut state.$l, record);
            }
            fn put(&self, state: &mut Self::State, record: V) {
                $(self.$f.add(&mut state.$f, &record);)+
                self.$l.put(&mut state.$l, record);
            }
            fn merge(&self, state: &mut Self::State, later: Self::State) {
                $(self.$f.merge(&mut state.$f, later.$f);)+
                self.$l.merge(&mut state.$l, later.$l);
            }
            fn finish(&self, state: Self::State) -> Self::Out {
                ($(self.$f.finish(state.$f),)+ self.$l.finish(state.$l))
            }
            fn parts(&self) -> Parts {
                self.$l.parts()$(.min(self.$f.parts()))+
            }
        }
    )+};
}

tuples! {
    (A 0; B 1)
    (A 0, B 1; C 2)
    (A 0, B 1, C 2; D 3)
    (A 0, B 1, C 2, D 3; E 4)
    (A 0, B 1, C 2, D 3, E 4; F 5)
}
