//! Aggregates of records of a known type: so that a closure's parameter needs no annotation.

use std::marker::PhantomData;
use std::ops::Add;

use super::{
    Collect, Count, CountDistinct, Fold, FoldAll, Max, MaxBy, Mean, Min, MinBy, Number, Reduce, Sum, Top,
    TopBy,
};
use crate::state::StateData;

/// Makes aggregates of records of type `V`. Generated code calls it; users write the names alone.
#[derive(Debug)]
pub struct Of<V>(PhantomData<fn(V)>);

impl<V> Of<V> {
    pub(crate) fn records() -> Of<V> {
        Of(PhantomData)
    }

    pub fn count(&self) -> Count {
        Count
    }

    pub fn count_distinct<M, F>(&self, function: F) -> CountDistinct<F, M>
    where
        M: StateData + Ord,
        F: Fn(&V) -> M + Send + Sync,
    {
        CountDistinct { function, value: PhantomData }
    }

    pub fn sum<N, F>(&self, function: F) -> Sum<F, N>
    where
        N: StateData + Default + Add<Output = N>,
        F: Fn(&V) -> N + Send + Sync,
    {
        Sum { function, number: PhantomData }
    }

    pub fn min<M, F>(&self, function: F) -> Min<F, M>
    where
        M: StateData + PartialOrd,
        F: Fn(&V) -> M + Send + Sync,
    {
        Min { function, value: PhantomData }
    }

    pub fn max<M, F>(&self, function: F) -> Max<F, M>
    where
        M: StateData + PartialOrd,
        F: Fn(&V) -> M + Send + Sync,
    {
        Max { function, value: PhantomData }
    }

    pub fn min_by<M, F>(&self, function: F) -> MinBy<F, M>
    where
        V: StateData,
        M: StateData + PartialOrd,
        F: Fn(&V) -> M + Send + Sync,
    {
        MinBy { function, by: PhantomData }
    }

    pub fn max_by<M, F>(&self, function: F) -> MaxBy<F, M>
    where
        V: StateData,
        M: StateData + PartialOrd,
        F: Fn(&V) -> M + Send + Sync,
    {
        MaxBy { function, by: PhantomData }
    }

    pub fn mean<N, F>(&self, function: F) -> Mean<F, N>
    where
        N: Number,
        F: Fn(&V) -> N + Send + Sync,
    {
        Mean { function, number: PhantomData }
    }

    pub fn top(&self, length: usize) -> Top {
        Top { length }
    }

    pub fn top_by<M, F>(&self, length: usize, function: F) -> TopBy<F, M>
    where
        M: StateData + Ord,
        F: Fn(&V) -> M + Send + Sync,
    {
        TopBy { length, function, by: PhantomData }
    }

    pub fn collect(&self) -> Collect {
        Collect
    }

    pub fn reduce<F: Fn(V, V) -> V + Send + Sync>(&self, function: F) -> Reduce<F> {
        Reduce { function }
    }

    pub fn fold<A, F: Fn(A, V) -> A + Send + Sync>(&self, init: A, function: F) -> Fold<A, F> {
        Fold { init, function }
    }

    pub fn fold_all<A, F: Fn(A, V) -> A + Send + Sync>(&self, init: A, function: F) -> FoldAll<A, F> {
        FoldAll { init, function }
    }
}
