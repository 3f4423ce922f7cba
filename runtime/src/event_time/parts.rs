//! What of a window crosses the exchange: its records, or what parts of them came to.

use std::any::TypeId;

use serde::{Deserialize, Serialize};

use crate::state::StateData;
use crate::state::schema::{self, Tree};

/// Whether what some records of a window came to can stand for them: then it is found out where they come in, and it alone crosses the
/// exchange. A result must be the same to the last bit, however the records are cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parts {
    /// Every record is needed for itself.
    None,
    /// Parts that are runs of the records in their order.
    InOrder,
    /// Any parts, in any order.
    InAnyOrder,
}

impl Parts {
    /// What is true of a state that follows the contract of [`Aggregate`](super::Aggregate): its parts can be merged in their order. But where
    /// there are floats, which round, and which may be no numbers.
    pub fn of<S: StateData>() -> Parts {
        if has_floats(&schema::trace::<S>()) { Parts::None } else { Parts::InOrder }
    }

    /// As [`Parts::of`], of a state of which the order makes no difference where it is a whole number.
    pub(crate) fn of_numbers<N: StateData>() -> Parts {
        if is_whole::<N>() { Parts::InAnyOrder } else { Parts::of::<N>() }
    }
}

fn is_whole<N: 'static>() -> bool {
    macro_rules! any {
        ($($number:ty),+) => {
            [$(TypeId::of::<$number>()),+].contains(&TypeId::of::<N>())
        };
    }
    any!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize)
}

/// What is not found out may have some.
fn has_floats(tree: &Tree) -> bool {
    use schema::{Scalar, Variant};

    match tree {
        Tree::Scalar(Scalar::F32 | Scalar::F64) | Tree::Opaque(_) => true,
        Tree::Unit | Tree::Scalar(_) | Tree::Label(_) => false,
        Tree::Option(tree) | Tree::Seq(tree) | Tree::Array(tree, _) | Tree::Labelled(_, tree) => {
            has_floats(tree)
        }
        Tree::Map(key, value) => has_floats(key) || has_floats(value),
        Tree::Tuple(parts) => parts.iter().any(has_floats),
        Tree::Struct(fields) => fields.iter().any(|(_, tree)| has_floats(tree)),
        Tree::Enum(variants) => variants.iter().any(|(_, variant)| match variant {
            Variant::Unit => false,
            Variant::Tuple(parts) => parts.iter().any(has_floats),
            Variant::Struct(fields) => fields.iter().any(|(_, tree)| has_floats(tree)),
        }),
    }
}

/// On its way into a window.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Part<V, S> {
    /// A record.
    One(V),
    /// How many records, of one key and pane, and what they came to.
    Many(u32, S),
    /// Of a session: the time of its last record, and what they came to. Its time is that of the first.
    Run(i64, S),
}

/// How a value that crosses is a [`Part`].
pub(crate) trait Arrives<V, S>: Send + Sync {
    type Value;

    fn part(value: Self::Value) -> Part<V, S>;
}

/// Every record crosses.
pub(crate) struct Singly;
/// Parts cross.
pub(crate) struct InParts;

impl<V, S> Arrives<V, S> for Singly {
    type Value = V;

    #[inline(always)]
    fn part(value: V) -> Part<V, S> {
        Part::One(value)
    }
}

impl<V, S> Arrives<V, S> for InParts {
    type Value = Part<V, S>;

    #[inline(always)]
    fn part(value: Part<V, S>) -> Part<V, S> {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_found_wherever_they_are() {
        #[derive(Clone, Serialize, Deserialize)]
        enum Known {
            No,
            At { height: Option<Vec<(u8, f32)>> },
        }
        #[derive(Clone, Serialize, Deserialize)]
        struct Name(String, [i64; 2]);

        assert_eq!(Parts::of::<Known>(), Parts::None);
        assert_eq!(Parts::of::<Option<(u64, f64)>>(), Parts::None);
        assert_eq!(Parts::of::<Option<(Name, char)>>(), Parts::InOrder);
        assert_eq!(
            (Parts::of_numbers::<u32>(), Parts::of_numbers::<f32>()),
            (Parts::InAnyOrder, Parts::None)
        );
        assert_eq!(Parts::of_numbers::<String>(), Parts::InOrder);
        // So that no variant is unused.
        assert!(matches!(Known::No, Known::No) && matches!(Known::At { height: None }, Known::At { .. }));
    }
}
