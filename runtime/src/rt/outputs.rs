//! Outputs that have more to them than a closure or a sink on the driver.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Outcome};
use crate::batch::Data;
use crate::exchange::{Give, Handle, OfPartition, PerPartition, Tailed};
use crate::op;
use crate::sink::{Line, text_file_sink};
use crate::tick::Tick;

impl<'env> Builder<'env> {
    pub fn for_each_partition<T, R, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<PerPartition<T, F>>,
        function: F,
    ) -> Tailed<PerPartition<T, F>>
    where
        T: Data,
        R: Outcome,
        F: Fn(Vec<T>, usize, Tick) -> R + Send + Sync + 'env,
    {
        let function = Arc::new(OfPartition { node, function });
        assert!(tail.shared.set(function).is_ok(), "{COMPLETE}");
        self.outlet(node, (tail.stage, tail.index), op::for_each_partition::ForEachPartition);
        // Its records stay in their task, and weigh nothing behind it.
        Tailed::of(tail)
    }

    pub fn save_as_text_files<T: Data + Line>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        prefix: impl Into<PathBuf>,
        suffix: impl AsRef<str>,
    ) -> Tailed<Give<T>> {
        let sink = text_file_sink(prefix).suffix(suffix.as_ref());
        self.plan.set_detail(node, sink.folders_name());
        let outlet = op::sink::ToSink { sink, records: PhantomData::<fn(T)> };
        self.outlet(node, (tail.stage, tail.index), outlet);
        Tailed::of(tail)
    }
}
