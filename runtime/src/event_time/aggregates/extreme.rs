//! `min(f)` and `max(f)`

use std::marker::PhantomData;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

macro_rules! extreme {
    ($(#[$doc:meta])* $name:ident, $better:tt) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<F, M> {
            pub(super) function: F,
            pub(super) value: PhantomData<fn() -> M>,
        }

        impl<F, M: PartialOrd> $name<F, M> {
            fn take(state: &mut Option<M>, value: M) {
                if state.as_ref().is_none_or(|best| value $better *best) {
                    *state = Some(value);
                }
            }
        }

        impl<V, M, F> Aggregate<V> for $name<F, M>
        where
            M: StateData + PartialOrd,
            F: Fn(&V) -> M + Send + Sync,
        {
            type State = Option<M>;
            type Out = M;

            fn start(&self) -> Option<M> {
                None
            }
            fn add(&self, state: &mut Option<M>, record: &V) {
                Self::take(state, (self.function)(record));
            }
            fn merge(&self, state: &mut Option<M>, later: Option<M>) {
                later.into_iter().for_each(|value| Self::take(state, value));
            }
            fn finish(&self, state: Option<M>) -> M {
                state.expect("a window has a record")
            }
            fn parts(&self) -> Parts {
                Parts::of_numbers::<M>()
            }
        }
    };
}

extreme!(
    /// The least of what a function makes of each record; of equal ones, and beside what can't be compared (`NaN`), the first.
    Min, <
);
extreme!(
    /// The greatest of what a function makes of each record; of equal ones, and beside what can't be compared (`NaN`), the
    /// first.
    Max, >
);
