//! Calls behind an operator that say something more about it, and are no operators themselves: one row each.

use crate::op::{Class, OpKind};

/// A call that changes the operator before it: `.id("counts")`. The key of the table of modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    Id,
    Unbounded,
    Exact,
    IdleAfter,
    AllowedLateness,
    Emit,
    EventTimeout,
}

/// What stands between a modifier's parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModifierArg {
    Nothing,
    /// A string literal.
    Text,
    /// An ordinary value, evaluated once where `stream!` stands.
    Value,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ModifierSpec {
    /// The method's name in the DSL.
    pub name: &'static str,
    pub arg: ModifierArg,
    /// What takes it, as messages and the reference say it.
    pub takers: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
}

impl Modifier {
    /// Every modifier, in the order of the reference.
    pub const ALL: &'static [Modifier] = &[
        Modifier::Id,
        Modifier::Unbounded,
        Modifier::Exact,
        Modifier::IdleAfter,
        Modifier::AllowedLateness,
        Modifier::Emit,
        Modifier::EventTimeout,
    ];

    /// The modifier that users call `name`, if there is one.
    pub fn by_name(name: &str) -> Option<Modifier> {
        Self::ALL.iter().copied().find(|m| m.name() == name)
    }

    /// The method's name in the DSL.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether an operator takes it.
    pub fn fits(self, kind: OpKind) -> bool {
        let spec = kind.spec();
        match self {
            Modifier::Id => spec.stateful || matches!(spec.class, Class::Root | Class::Output),
            Modifier::Unbounded => {
                kind.is_interval_join()
                    || matches!(kind, OpKind::DropDuplicates | OpKind::DropDuplicatesByKey)
            }
            Modifier::IdleAfter => kind == OpKind::EventTime,
            Modifier::AllowedLateness => kind.is_window() && kind != OpKind::Global,
            Modifier::Emit => kind.is_window(),
            Modifier::EventTimeout => {
                matches!(kind, OpKind::MapWithState | OpKind::MapWithStateAndSnapshots)
            }
            // Where a function of the user's combines before the exchange. (Counts are exact as they are.)
            Modifier::Exact => matches!(
                kind,
                OpKind::ReduceByKey
                    | OpKind::AggregateByKey
                    | OpKind::RunningReduce
                    | OpKind::Reduce
                    | OpKind::Aggregate
                    | OpKind::ReduceByWindow
                    | OpKind::ReduceByWindowWithInverse
                    | OpKind::ReduceByKeyAndWindow
                    | OpKind::ReduceByKeyAndWindowWithInverse
            ),
        }
    }

    pub fn spec(self) -> ModifierSpec {
        match self {
            Modifier::Id => ModifierSpec {
                name: "id",
                arg: ModifierArg::Text,
                takers: "sources, operators with state and outputs",
                summary: "Its name in checkpoints and in the contract, instead of the stream's (`stream/operator`): so streams can be renamed.",
            },
            Modifier::Unbounded => ModifierSpec {
                name: "unbounded",
                arg: ModifierArg::Nothing,
                takers: "`drop_duplicates`, `drop_duplicates_by_key`, and interval joins without both bounds",
                summary: "Remembers for ever: the state grows with the records, up to the memory that there is.",
            },
            Modifier::IdleAfter => ModifierSpec {
                name: "idle_after",
                arg: ModifierArg::Value,
                takers: "`event_time`",
                summary: "A source partition that had nothing for so long (in batch time) holds the watermark back no more, until it has something again.",
            },
            Modifier::AllowedLateness => ModifierSpec {
                name: "allowed_lateness",
                arg: ModifierArg::Value,
                takers: "windows of event time: `tumbling`, `sliding` and `session`",
                summary: "A window takes records, and in append mode waits with its result, until the watermark is so far behind its end.",
            },
            Modifier::Emit => ModifierSpec {
                name: "emit",
                arg: ModifierArg::Value,
                takers: "windows of event time: `tumbling`, `sliding`, `session` and `global`",
                summary: "When results leave: Emit::Append (once, when they are final; the default), Emit::Update (when they change), Emit::Complete (all of them, each tick).",
            },
            Modifier::EventTimeout => ModifierSpec {
                name: "event_timeout",
                arg: ModifierArg::Value,
                takers: "`map_with_state` and `map_with_state_and_snapshots`",
                summary: "A key times out once the watermark is so far behind the latest event time of its values.",
            },
            Modifier::Exact => ModifierSpec {
                name: "exact",
                arg: ModifierArg::Nothing,
                takers: "`reduce_by_key`, `aggregate_by_key`, `running_reduce`, `reduce`, `aggregate` and reductions of windows of processing time",
                summary: "Nothing is combined before the exchange: values meet one by one in their order, so sums of floats are the same to the last bit for any number of partitions.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operator_has_a_modifiers_name() {
        for modifier in Modifier::ALL {
            assert_eq!(Modifier::by_name(modifier.name()), Some(*modifier));
            assert_eq!(OpKind::by_name(modifier.name()), None);
        }
    }

    #[test]
    fn exact_is_taken_only_by_what_combines() {
        for kind in OpKind::ALL {
            assert!(!Modifier::Exact.fits(*kind) || kind.spec().combines, "{kind:?}");
        }
    }
}
