//! What operators have in common, as far as more than one part of the system asks for it.

use super::{Class, OpKind};

impl OpKind {
    /// Whether it cuts event time into windows, and so is followed by an aggregate of them.
    pub fn is_window(self) -> bool {
        matches!(self, OpKind::Tumbling | OpKind::Sliding | OpKind::Session | OpKind::Global)
    }

    /// Whether it judges records by their event time, behind an exchange.
    pub fn goes_by_event_time(self) -> bool {
        let spec = self.spec();
        spec.class == Class::EventTime && spec.stateful
    }

    /// Whether it is an aggregate of windows, or a join in them.
    pub fn is_windowed(self) -> bool {
        self.is_windowed_join()
            || matches!(
                self,
                OpKind::WindowedCount
                    | OpKind::WindowedReduce
                    | OpKind::WindowedFold
                    | OpKind::WindowedAggregate
                    | OpKind::WindowedTop
                    | OpKind::WindowedCollect
                    | OpKind::WindowedCountByKey
                    | OpKind::WindowedReduceByKey
                    | OpKind::WindowedFoldByKey
                    | OpKind::WindowedAggregateByKey
                    | OpKind::WindowedGroupByKey
            )
    }

    /// Whether it brings two streams together in windows of event time.
    pub fn is_windowed_join(self) -> bool {
        matches!(
            self,
            OpKind::WindowedJoin
                | OpKind::WindowedLeftOuterJoin
                | OpKind::WindowedRightOuterJoin
                | OpKind::WindowedFullOuterJoin
                | OpKind::WindowedLeftSemiJoin
                | OpKind::WindowedCogroup
        )
    }

    /// Whether it brings records of two streams together that are near in event time.
    pub fn is_interval_join(self) -> bool {
        matches!(
            self,
            OpKind::IntervalJoin
                | OpKind::LeftOuterIntervalJoin
                | OpKind::RightOuterIntervalJoin
                | OpKind::FullOuterIntervalJoin
                | OpKind::LeftSemiIntervalJoin
        )
    }

    /// Whether its records leave with a time, each with that of the record that it is made of.
    pub fn hands_on_times(self) -> bool {
        self.is_interval_join()
            || matches!(self, OpKind::JoinAsOf | OpKind::LeftOuterJoinAsOf | OpKind::Lag | OpKind::Delta)
    }

    /// Whether it gives late records, as a second stream, to whoever binds two. (Those of a join of two streams would be of two
    /// types.)
    pub fn gives_late(self) -> bool {
        self.is_windowed() && !self.is_windowed_join()
            || matches!(self, OpKind::Sessionize | OpKind::Lag | OpKind::Delta)
    }

    /// Whether its results have the time of the window that they begin with.
    pub fn has_time_of_window(self) -> bool {
        self.is_windowed() || self == OpKind::Sessionize
    }
}
