//! The builder's calls for operators on all records of a tick.

use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::exchange::{FoldAll, Folder, Give, Handle, ReduceAll, Reducer};
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
}
