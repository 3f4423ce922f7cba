//! The builder's calls for joins of two streams in event time.

use std::marker::PhantomData;

use millstream_plan::{Modifier, NodeId};

use super::{Builder, Stream};
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::event_time::{ByKey, Cogrouped, Emit, Shape, Window, Windows};
use crate::exchange::{Handle, Scatter};
use crate::fused::Two;
use crate::join::{ByInterval, ByWindow, Interval, TimedJoin};
use crate::key::SameKey;
use crate::op::join::{FullOuter, How, Inner, LeftOuter, LeftSemi, RightOuter};
use crate::pipeline::{DelayNode, HeadTasks};
use crate::state::{StateData, StateKey};

/// One side of a join.
type Side<K, V> = Handle<Scatter<K, (Timestamp, V)>>;
/// One side of a cogroup: the records of both are of one type.
type SideOf<K, V, W> = Handle<Scatter<K, (Timestamp, Two<V, W>)>>;

/// The joins differ in what they keep.
macro_rules! joins {
    ($($by_interval:ident $by_window:ident $how:ident)+) => {$(
        /// `timed`: the records have an event time.
        pub fn $by_interval<K, J, V, W, C>(
            &mut self,
            node: NodeId,
            left: &Side<K, V>,
            right: &Side<J, W>,
            interval: Interval,
            timed: bool,
            condition: C,
        ) -> Stream<Rows<(Timestamp, (K, <$how as How<V, W>>::Out))>>
        where
            K: StateKey,
            J: StateKey + SameKey<K>,
            V: StateData,
            W: StateData,
            C: Fn(&V, &W) -> bool + Send + Sync + 'env,
        {
            self.by_interval::<K, V, W, $how, C>(node, [left.at(), right.at()], interval, timed, condition)
        }

        pub fn $by_window<K, J, V, W, C>(
            &mut self,
            node: NodeId,
            left: &Side<K, V>,
            right: &Side<J, W>,
            windows: Windows,
            condition: C,
        ) -> Stream<Rows<(Window, K, <$how as How<V, W>>::Out)>>
        where
            K: StateKey,
            J: StateKey + SameKey<K>,
            V: StateData,
            W: StateData,
            C: Fn(&V, &W) -> bool + Send + Sync + 'env,
        {
            self.by_window::<K, V, W, $how, C>(node, [left.at(), right.at()], windows, condition)
        }
    )+};
}

#[allow(clippy::type_complexity, reason = "results are what they are")]
impl<'env> Builder<'env> {
    joins! {
        interval_join windowed_join Inner
        left_outer_interval_join windowed_left_outer_join LeftOuter
        right_outer_interval_join windowed_right_outer_join RightOuter
        full_outer_interval_join windowed_full_outer_join FullOuter
        left_semi_interval_join windowed_left_semi_join LeftSemi
    }

    fn by_interval<K, V, W, H, C>(
        &mut self,
        node: NodeId,
        from: [(usize, usize); 2],
        interval: Interval,
        timed: bool,
        condition: C,
    ) -> Stream<Rows<(Timestamp, (K, H::Out))>>
    where
        K: StateKey,
        V: StateData,
        W: StateData,
        H: How<V, W, Out: Data>,
        C: Fn(&V, &W) -> bool + Send + Sync + 'env,
    {
        let unbounded = self.graph.nodes[node].modifiers.contains(&Modifier::Unbounded);
        if let Err(why) = interval.check(unbounded, timed) {
            self.refuse(node, &why);
        }
        let growth = if unbounded { ", state grows with the records" } else { "" };
        self.plan.set_detail(node, format!("{interval}{growth}"));
        if H::LEFT || H::RIGHT {
            self.delays.push(DelayNode { node, delay: interval.delay() });
        }
        let meeting = ByInterval(interval);
        let join = TimedJoin::<K, V, W, _, H, C> { node, meeting, condition, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &from, join)
    }

    fn by_window<K, V, W, H, C>(
        &mut self,
        node: NodeId,
        from: [(usize, usize); 2],
        windows: Windows,
        condition: C,
    ) -> Stream<Rows<(Window, K, H::Out)>>
    where
        K: StateKey,
        V: StateData,
        W: StateData,
        H: How<V, W, Out: Data>,
        C: Fn(&V, &W) -> bool + Send + Sync + 'env,
    {
        if let Err(why) = windows.check() {
            self.refuse(node, &why);
        }
        if windows.mode() != Emit::Append {
            self.refuse(
                node,
                "has no other emission mode than append: a match leaves at once and is never taken back, and what has none when \
                 its window closes; leave out `.emit(…)`",
            );
        }
        let Shape::Fixed(fixed) = windows.shape() else {
            unreachable!("the macro refuses joins in sessions")
        };
        self.plan.set_detail(node, windows.detail());
        if let Some(window) = self.graph.nodes[node].inputs.first() {
            self.plan.set_detail(window.node, windows.detail());
        }
        self.delays.push(DelayNode { node, delay: windows.lateness() });
        let meeting = ByWindow { windows: fixed, lateness: windows.lateness() };
        let join = TimedJoin::<K, V, W, _, H, C> { node, meeting, condition, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &from, join)
    }

    pub fn windowed_cogroup<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &SideOf<K, V, W>,
        right: &SideOf<J, V, W>,
        windows: Windows,
    ) -> Stream<Rows<(Window, K, (Vec<V>, Vec<W>))>>
    where
        K: StateKey,
        J: StateKey + SameKey<K>,
        V: StateData,
        W: StateData,
    {
        let from = [left.at(), right.at()];
        self.singly::<K, Two<V, W>, _, ByKey>(node, &from, windows, Cogrouped::<V, W>::new())
    }
}
