//! Comparing records with what a test expects of them, literals included.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::time::Duration;

use crate::Window;
use crate::clock::Timestamp;

/// A record that can be compared with an `Expected` one: `String` with `&str`, a tuple with a tuple of what its
/// parts can be compared with, most other types with themselves.
///
/// For a type of your own:
///
/// ```
/// use millstream::sink::SameAs;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Click { page: String }
///
/// impl SameAs for Click {
///     fn same_as(&self, expected: &Self) -> bool {
///         self == expected
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a record of type `{Self}` can't be compared with an expected `{Expected}`",
    note = "strings may be expected as `&str`; tuples, vectors and options by their parts; other types as themselves",
    note = "for a type of your own write `impl millstream::sink::SameAs for …`, or `assert_eq!(out.batches(), …)`"
)]
pub trait SameAs<Expected: ?Sized = Self> {
    fn same_as(&self, expected: &Expected) -> bool;
}

macro_rules! with_itself {
    ($($t:ty),*) => {$(
        impl SameAs for $t {
            fn same_as(&self, expected: &Self) -> bool {
                self == expected
            }
        }
    )*};
}

with_itself!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
with_itself!(f32, f64, bool, char, (), String, Duration, Timestamp, Window);

impl SameAs<&str> for String {
    fn same_as(&self, expected: &&str) -> bool {
        self == expected
    }
}

impl<'a> SameAs<&'a str> for &str {
    fn same_as(&self, expected: &&'a str) -> bool {
        self == expected
    }
}

impl SameAs<&str> for Box<str> {
    fn same_as(&self, expected: &&str) -> bool {
        **self == **expected
    }
}

impl SameAs<&str> for Arc<str> {
    fn same_as(&self, expected: &&str) -> bool {
        **self == **expected
    }
}

impl SameAs<&str> for Cow<'_, str> {
    fn same_as(&self, expected: &&str) -> bool {
        self == expected
    }
}

fn all_same<A: SameAs<X>, X>(got: &[A], expected: &[X]) -> bool {
    got.len() == expected.len() && got.iter().zip(expected).all(|(a, x)| a.same_as(x))
}

impl<A: SameAs<X>, X> SameAs<Vec<X>> for Vec<A> {
    fn same_as(&self, expected: &Vec<X>) -> bool {
        all_same(self, expected)
    }
}

impl<A: SameAs<X>, X, const N: usize> SameAs<[X; N]> for Vec<A> {
    fn same_as(&self, expected: &[X; N]) -> bool {
        all_same(self, expected)
    }
}

impl<A: SameAs<X>, X, const N: usize> SameAs<[X; N]> for [A; N] {
    fn same_as(&self, expected: &[X; N]) -> bool {
        all_same(self, expected)
    }
}

/// Byte strings: `b"…"`.
impl<const N: usize> SameAs<&[u8; N]> for Vec<u8> {
    fn same_as(&self, expected: &&[u8; N]) -> bool {
        self == *expected
    }
}

impl<A: SameAs<X>, X> SameAs<Option<X>> for Option<A> {
    fn same_as(&self, expected: &Option<X>) -> bool {
        match (self, expected) {
            (Some(a), Some(x)) => a.same_as(x),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<A: SameAs<X>, X, E: SameAs<Y>, Y> SameAs<Result<X, Y>> for Result<A, E> {
    fn same_as(&self, expected: &Result<X, Y>) -> bool {
        match (self, expected) {
            (Ok(a), Ok(x)) => a.same_as(x),
            (Err(e), Err(y)) => e.same_as(y),
            _ => false,
        }
    }
}

impl<A: SameAs<X>, X> SameAs<Box<X>> for Box<A> {
    fn same_as(&self, expected: &Box<X>) -> bool {
        (**self).same_as(expected)
    }
}

impl<K: PartialEq, V: PartialEq> SameAs for BTreeMap<K, V> {
    fn same_as(&self, expected: &Self) -> bool {
        self == expected
    }
}

impl<T: PartialEq> SameAs for BTreeSet<T> {
    fn same_as(&self, expected: &Self) -> bool {
        self == expected
    }
}

impl<K: Eq + Hash, V: PartialEq, S: BuildHasher> SameAs for HashMap<K, V, S> {
    fn same_as(&self, expected: &Self) -> bool {
        self == expected
    }
}

impl<T: Eq + Hash, S: BuildHasher> SameAs for HashSet<T, S> {
    fn same_as(&self, expected: &Self) -> bool {
        self == expected
    }
}

macro_rules! tuples {
    ($($A:ident $X:ident $i:tt),*) => {
        impl<$($A: SameAs<$X>, $X),*> SameAs<($($X,)*)> for ($($A,)*) {
            fn same_as(&self, expected: &($($X,)*)) -> bool {
                $(self.$i.same_as(&expected.$i))&&*
            }
        }
    };
}

tuples!(A X 0);
tuples!(A X 0, B Y 1);
tuples!(A X 0, B Y 1, C Z 2);
tuples!(A X 0, B Y 1, C Z 2, D W 3);
tuples!(A X 0, B Y 1, C Z 2, D W 3, E V 4);
tuples!(A X 0, B Y 1, C Z 2, D W 3, E V 4, F U 5);
tuples!(A X 0, B Y 1, C Z 2, D W 3, E V 4, F U 5, G T 6);
tuples!(A X 0, B Y 1, C Z 2, D W 3, E V 4, F U 5, G T 6, H S 7);

#[cfg(test)]
mod tests {
    use super::*;

    fn same<T: SameAs<E>, E>(got: T, expected: E) -> bool {
        got.same_as(&expected)
    }

    #[test]
    fn literals_take_the_types_of_the_records() {
        assert!(same(("a".to_string(), 5_000_000_000u64), ("a", 5_000_000_000)));
        assert!(!same(("a".to_string(), 2u8), ("a", 3)));
        assert!(same((1u8, (Some(1.5f32), vec!["x".to_string()])), (1, (Some(1.5), vec!["x"]))));
        assert!(same(vec![(1i64, 'c')], [(1, 'c')]));
        assert!(!same(vec![1u64, 2], vec![1]));
        assert!(same(Some(3u16), Some(3)));
        assert!(!same(Some(3u16), None));
        assert!(same(("k".to_string(), (Some(1u64), None::<String>)), ("k", (Some(1), None::<&str>))));
        assert!(same(b"ab".to_vec(), b"ab"));
        assert!(same(Ok::<_, String>(1u8), Ok::<_, &str>(1)));
    }
}
