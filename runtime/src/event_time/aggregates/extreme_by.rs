//! `min_by(f)` and `max_by(f)`

use std::marker::PhantomData;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

macro_rules! extreme_by {
    ($(#[$doc:meta])* $name:ident, $better:tt) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<F, M> {
            pub(super) function: F,
            pub(super) by: PhantomData<fn() -> M>,
        }

        impl<F, M> $name<F, M> {
            fn is_better<V>(&self, record: &V, state: &Option<(M, V)>) -> Option<M>
            where
                M: PartialOrd,
                F: Fn(&V) -> M,
            {
                let by = (self.function)(record);
                state.as_ref().is_none_or(|(best, _)| by $better *best).then_some(by)
            }
        }

        impl<V, M, F> Aggregate<V> for $name<F, M>
        where
            V: StateData,
            M: StateData + PartialOrd,
            F: Fn(&V) -> M + Send + Sync,
        {
            type State = Option<(M, V)>;
            type Out = V;

            fn start(&self) -> Option<(M, V)> {
                None
            }
            fn add(&self, state: &mut Option<(M, V)>, record: &V) {
                if let Some(by) = self.is_better(record, state) {
                    *state = Some((by, record.clone()));
                }
            }
            fn put(&self, state: &mut Option<(M, V)>, record: V) {
                if let Some(by) = self.is_better(&record, state) {
                    *state = Some((by, record));
                }
            }
            fn merge(&self, state: &mut Option<(M, V)>, later: Option<(M, V)>) {
                if let Some((by, record)) = later
                    && state.as_ref().is_none_or(|(best, _)| by $better *best)
                {
                    *state = Some((by, record));
                }
            }
            fn finish(&self, state: Option<(M, V)>) -> V {
                state.expect("a window has a record").1
            }
            fn parts(&self) -> Parts {
                // Records are only kept.
                Parts::of::<M>()
            }
        }
    };
}

extreme_by!(
    /// The record of which a function makes the least; of equal ones, and beside what can't be compared (`NaN`), the first.
    MinBy, <
);
extreme_by!(
    /// The record of which a function makes the greatest; of equal ones, and beside what can't be compared (`NaN`), the first.
    MaxBy, >
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Of;
    use crate::event_time::Aggregate;

    proptest! {
        /// However the records are cut into parts.
        #[test]
        fn it_is_the_first_of_the_best(parts in proptest::collection::vec(proptest::collection::vec(0u8..9, 0..6), 1..5)) {
            let mut records = parts.concat().into_iter().zip(0u32..).collect::<Vec<_>>();
            prop_assume!(!records.is_empty());
            let (min, max) = (Of::records().min_by(|(n, _): &(u8, u32)| *n), Of::records().max_by(|(n, _): &(u8, u32)| *n));
            let (mut least, mut most) = (min.start(), max.start());
            let mut rest = &records[..];
            for part in &parts {
                let (mut least_here, mut most_here) = (min.start(), max.start());
                let (these, others) = rest.split_at(part.len());
                for record in these {
                    min.add(&mut least_here, record);
                    max.put(&mut most_here, *record);
                }
                min.merge(&mut least, least_here);
                max.merge(&mut most, most_here);
                rest = others;
            }
            let (least, most) = (min.finish(least), max.finish(most));
            // Sorting keeps the order of equal ones.
            records.sort_by_key(|(n, _)| *n);
            prop_assert_eq!(least, records[0]);
            records.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
            prop_assert_eq!(most, records[0]);
        }
    }
}
