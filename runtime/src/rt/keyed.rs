//! The builder's calls for keyed operators on a tick.

use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::blame;
use crate::exchange::{Aggregate, Distinct, Folding, Handle, Reducer, Scatter};
use crate::key::{Key, SameKey};
use crate::op::blocks::Blocks;
use crate::op::cogroup::{Cogroup, Cogrouping};
use crate::op::distinct::MergeSets;
use crate::op::fold_by_key::FoldByKey;
use crate::op::group_by_key::{GroupByKey, Grouping};
use crate::op::join::{FullOuter, How, Inner, Join, Joining, LeftOuter, Matched, RightOuter};
use crate::op::reduce_by_key::MergeTables;
use crate::op::semi_join::{SemiJoin, SemiJoining};
use crate::pipeline::HeadTasks;

type Joined<K, V, W, H> = Stream<Blocks<Joining<K, V, W, H>>>;

/// The joins differ in what they keep.
macro_rules! joins {
    ($($name:ident $how:ident)+) => {$(
        pub fn $name<K, J, V, W>(
            &mut self,
            node: NodeId,
            left: &Handle<Scatter<K, V>>,
            right: &Handle<Scatter<J, W>>,
        ) -> Joined<K, V, W, $how>
        where
            K: Key<Owned = K> + Data + Matched,
            J: Key<Owned = J> + Data + SameKey<K>,
            V: Data + Matched,
            W: Data + Matched,
        {
            self.joined(node, left, right)
        }
    )+};
}

impl<'env> Builder<'env> {
    pub fn group_by_key<K, V>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
    ) -> Stream<Blocks<Grouping<K, V>>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
    {
        let from = [(tail.stage, tail.index)];
        self.operator(node, HeadTasks::Partitions, &from, GroupByKey::<K, V>(PhantomData))
    }

    pub fn fold_by_key<K, V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        init: A,
        function: F,
    ) -> Stream<Rows<(K, A)>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
        A: Data + Clone + Sync,
        F: Fn(A, V) -> A + Send + Sync + 'env,
    {
        let folding = Folding { init, function: Reducer { node, function } };
        let fold = FoldByKey::<K, V, A, _>::new(move |so_far, value| folding.from(so_far, value));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], fold)
    }

    pub fn aggregate_by_key<K, V, A, F, M>(
        &mut self,
        node: NodeId,
        tail: &Handle<Aggregate<K, V, A, F>>,
        init: A,
        function: F,
        merge: M,
    ) -> Stream<Rows<(K, A)>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
        A: Data + Clone + Sync,
        F: Fn(A, V) -> A + Send + Sync + 'env,
        M: Fn(A, A) -> A + Send + Sync + 'env,
    {
        assert!(
            tail.shared.set(Arc::new(Folding { init, function: Reducer { node, function } })).is_ok(),
            "{COMPLETE}"
        );
        let merge = MergeTables::<K, A, _>::new(move |a, b| blame::at(node, || merge(a, b)));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], merge)
    }

    pub fn distinct<K>(&mut self, node: NodeId, tail: &Handle<Distinct<K>>) -> Stream<Rows<K>>
    where
        K: Key<Owned = K> + Data,
    {
        let from = [(tail.stage, tail.index)];
        self.operator(node, HeadTasks::Partitions, &from, MergeSets::<K>(PhantomData))
    }

    joins! {
        join Inner
        left_outer_join LeftOuter
        right_outer_join RightOuter
        full_outer_join FullOuter
    }

    fn joined<K, J, V, W, H>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, W>>,
    ) -> Joined<K, V, W, H>
    where
        K: Key<Owned = K> + Data + Matched,
        J: Key<Owned = J> + Data,
        V: Data + Matched,
        W: Data + Matched,
        H: How<V, W>,
    {
        let from = [(left.stage, left.index), (right.stage, right.index)];
        self.operator(node, HeadTasks::Partitions, &from, Join::<K, V, W, H>(PhantomData))
    }

    pub fn left_semi_join<K, J, V>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, ()>>,
    ) -> Stream<Blocks<SemiJoining<K, V, true>>>
    where
        K: Key<Owned = K> + Data,
        J: Key<Owned = J> + Data + SameKey<K>,
        V: Data,
    {
        let from = [(left.stage, left.index), (right.stage, right.index)];
        self.operator(node, HeadTasks::Partitions, &from, SemiJoin::<K, V, true>(PhantomData))
    }

    pub fn left_anti_join<K, J, V>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, ()>>,
    ) -> Stream<Blocks<SemiJoining<K, V, false>>>
    where
        K: Key<Owned = K> + Data,
        J: Key<Owned = J> + Data + SameKey<K>,
        V: Data,
    {
        let from = [(left.stage, left.index), (right.stage, right.index)];
        self.operator(node, HeadTasks::Partitions, &from, SemiJoin::<K, V, false>(PhantomData))
    }

    pub fn cogroup<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, W>>,
    ) -> Stream<Blocks<Cogrouping<K, V, W>>>
    where
        K: Key<Owned = K> + Data,
        J: Key<Owned = J> + Data + SameKey<K>,
        V: Data,
        W: Data,
    {
        let from = [(left.stage, left.index), (right.stage, right.index)];
        self.operator(node, HeadTasks::Partitions, &from, Cogroup::<K, V, W>(PhantomData))
    }
}
