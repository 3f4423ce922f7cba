//! The builder's calls for operators on all records of a tick.

use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::exchange::{
    By, FoldAll, Folder, Give, Handle, Itself, Order, Rank, Ranking, ReduceAll, Reducer, Sort, Sorting, Top,
};
use crate::op;
use crate::pipeline::HeadTasks;

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

    /// `fold` of two operands.
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
        let folder = Folder { init, function: Reducer { node, function } };
        let fold = op::fold::Fold::<T, A, F>::new(folder);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], fold)
    }

    /// `fold` of three operands.
    pub fn fold_combined<T, A, F, C>(
        &mut self,
        node: NodeId,
        tail: &Handle<FoldAll<T, A, F>>,
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
        let folder = Arc::new(Folder { init, function: Reducer { node, function } });
        assert!(tail.shared.set(Arc::clone(&folder)).is_ok(), "{COMPLETE}");
        let merge = op::fold::Merge { folder, combine: Reducer { node, function: combine } };
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
}
