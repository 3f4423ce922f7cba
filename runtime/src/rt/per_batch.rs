//! The builder's calls for operators on all records of a tick.

use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::exchange::{
    AggregateAll, By, Deal, Folding, GROUPS, Give, Handle, Itself, Order, Rank, Ranking, ReduceAll, Reducer,
    Sort, Sorting, Top,
};
use crate::op;
use crate::op::map_async::{Awaited, Limit, MapAsync};
use crate::pipeline::HeadTasks;
use crate::tick::Tick;

impl<'env> Builder<'env> {
    pub fn reduce<T, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<ReduceAll<T, F>>,
        function: F,
    ) -> Stream<Rows<T>>
    where
        T: Data,
        F: Fn(T, T) -> T + Send + Sync + 'env,
    {
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let merge = op::reduce::Reduce::<T, F>::new(reducer);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], merge)
    }

    pub fn fold<T, A, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        init: A,
        function: F,
    ) -> Stream<Rows<A>>
    where
        T: Data,
        A: Data + Clone + Sync,
        F: Fn(A, T) -> A + Send + Sync + 'env,
    {
        let folding = Folding { init, function: Reducer { node, function } };
        let fold = op::fold::Fold::<T, A, F>::new(folding);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], fold)
    }

    pub fn aggregate<T, A, F, C>(
        &mut self,
        node: NodeId,
        tail: &Handle<AggregateAll<T, A, F>>,
        init: A,
        function: F,
        combine: C,
    ) -> Stream<Rows<A>>
    where
        T: Data,
        A: Data + Clone + Sync,
        F: Fn(A, T) -> A + Send + Sync + 'env,
        C: Fn(A, A) -> A + Send + Sync + 'env,
    {
        let folding = Arc::new(Folding { init, function: Reducer { node, function } });
        assert!(tail.shared.set(Arc::clone(&folding)).is_ok(), "{COMPLETE}");
        let merge = op::aggregate::MergeFolded { folding, combine: Reducer { node, function: combine } };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], merge)
    }

    pub fn sort_by_key<K, V>(
        &mut self,
        node: NodeId,
        tail: &Handle<Sort<K, V>>,
        order: Order,
    ) -> Stream<Rows<(K, V)>>
    where
        K: Ord + Data,
        V: Data,
    {
        let sorting = Sorting { node, order };
        assert!(tail.shared.set(sorting).is_ok(), "{COMPLETE}");
        if order == Order::Descending {
            self.plan.set_detail(node, "descending".into());
        }
        let merge = op::sort_by_key::MergeSorted::<K, V>::new(sorting);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], merge)
    }

    /// `top(n)`.
    pub fn top<T: Data + Ord>(
        &mut self,
        node: NodeId,
        tail: &Handle<Top<T, Itself>>,
        n: usize,
    ) -> Stream<Rows<T>> {
        self.top_ranked(node, tail, n, Itself)
    }

    /// `top(n, f)`.
    pub fn top_by<T, K, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Top<T, By<K, F>>>,
        n: usize,
        function: F,
    ) -> Stream<Rows<T>>
    where
        T: Data,
        K: Ord + 'env,
        F: Fn(&T) -> K + Send + Sync + 'env,
    {
        self.top_ranked(node, tail, n, By { function: Reducer { node, function }, keys: PhantomData })
    }

    fn top_ranked<T: Data, R: Rank<T> + 'env>(
        &mut self,
        node: NodeId,
        tail: &Handle<Top<T, R>>,
        limit: usize,
        rank: R,
    ) -> Stream<Rows<T>> {
        let ranking = Arc::new(Ranking { node, limit, rank });
        assert!(tail.shared.set(Arc::clone(&ranking)).is_ok(), "{COMPLETE}");
        self.plan.set_detail(node, limit.to_string());
        let merge = op::top::MergeTops::<T, R>::new(ranking);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], merge)
    }

    pub fn chunks<T: Data>(&mut self, node: NodeId, tail: &Handle<Give<T>>) -> Stream<Rows<Vec<T>>> {
        let chunk = op::chunks::Chunks::<T>(PhantomData);
        self.operator(node, HeadTasks::EachBucket, &[(tail.stage, tail.index)], chunk)
    }

    pub fn map_partitions<T, I, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        function: F,
    ) -> Stream<Rows<I::Item>>
    where
        T: Data,
        I: IntoIterator<Item: Data>,
        F: Fn(Vec<T>) -> I + Send + Sync + 'env,
    {
        let map = op::map_partitions::MapPartitions { node, function, records: PhantomData::<fn(T)> };
        self.operator(node, HeadTasks::EachBucket, &[(tail.stage, tail.index)], map)
    }

    pub fn repartition<T: Data>(
        &mut self,
        node: NodeId,
        tail: &Handle<Deal<T>>,
        tasks: usize,
    ) -> Stream<Rows<T>> {
        if !(1..=GROUPS).contains(&tasks) {
            self.refuse(node, &format!("deals records to 1 to {GROUPS} tasks, and was given {tasks}"));
        }
        let tasks = tasks.clamp(1, GROUPS);
        assert!(tail.shared.set(tasks).is_ok(), "{COMPLETE}");
        self.plan.set_detail(node, tasks.to_string());
        let pass_on = op::union::PassOn::<T>(PhantomData);
        self.operator(node, HeadTasks::Fixed(tasks), &[(tail.stage, tail.index)], pass_on)
    }

    pub fn transform<T, I, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        function: F,
    ) -> Stream<Rows<I::Item>>
    where
        T: Data,
        I: IntoIterator<Item: Data>,
        F: Fn(Vec<T>, Tick) -> I + Send + Sync + 'env,
    {
        let transform = op::transform::Transform { node, function, records: PhantomData::<fn(T)> };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], transform)
    }

    pub fn transform_with<T, U, I, F>(
        &mut self,
        node: NodeId,
        first: &Handle<Give<T>>,
        second: &Handle<Give<U>>,
        function: F,
    ) -> Stream<Rows<I::Item>>
    where
        T: Data,
        U: Data,
        I: IntoIterator<Item: Data>,
        F: Fn(Vec<T>, Vec<U>, Tick) -> I + Send + Sync + 'env,
    {
        let from = [(first.stage, first.index), (second.stage, second.index)];
        let transform =
            op::transform_with::TransformWith { node, function, records: PhantomData::<fn(T, U)> };
        self.operator(node, HeadTasks::One, &from, transform)
    }

    pub fn map_async<T, L, R, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        limit: L,
        function: F,
    ) -> Stream<Rows<R::Value>>
    where
        T: Data,
        L: Limit,
        R: Awaited<Value: Data>,
        F: Fn(T) -> R + Send + Sync + 'env,
    {
        let (limit, in_order) = (limit.limit(), limit.in_order());
        if limit == 0 {
            self.refuse(node, "waits for 1 record or more at a time, and was given 0");
        }
        self.plan.set_detail(node, if in_order { limit.to_string() } else { format!("unordered({limit})") });
        let map = MapAsync { node, limit, in_order, function, records: PhantomData::<fn(T)> };
        self.operator(node, HeadTasks::EachBucket, &[(tail.stage, tail.index)], map)
    }
}
