//! Checks for tests: whether a function keeps the laws that an operator relies on, whether a pipeline
//! [outlives crashes](restarts_change_nothing), and whether a connector keeps to the contract of a
//! [source](source_contract) or a [sink](sink_contract).
//!
//! A function that breaks them gives right results in small tests, where a tick is one task and a key has few values,
//! and wrong ones under load. So they are checked with random values, by [proptest](https://docs.rs/proptest), which
//! also finds a small example where one fails.
//!
//! The module is behind the feature `testing`, off by default, since a program needs no proptest to run. In a package's
//! manifest it belongs to the tests:
//!
//! ```toml
//! [dependencies]
//! millstream = "0.1"
//!
//! [dev-dependencies]
//! millstream = { version = "0.1", features = ["testing"] }
//! proptest = "1"
//! ```
//!
//! Values come from a strategy of proptest rather than from a closure: a strategy knows how to make a value
//! smaller, and any crate that already has strategies for its types can use them. Each check tries 256 times;
//! `PROPTEST_CASES` in the environment says how often instead.

mod contract;
mod restarts;
mod sink;
mod source;

use std::fmt::Debug;

pub use restarts::restarts_change_nothing;
pub use sink::sink_contract;
pub use source::{SourceContract, source_contract};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// Holds a reducer to associativity: `f(f(a, b), c) == f(a, f(b, c))`.
///
/// That is what `reduce`, `reduce_by_key` and every other operator needs that combines values task by task before
/// they meet. They need no more: values of a key keep their order, so `f` need not be commutative.
///
/// Floats: addition is associative but for rounding. Give whole numbers as values (`(-1000i32..1000).prop_map(f64::from)`),
/// or check with a type that compares roughly.
///
/// ```
/// use millstream::testing::lawful_reducer;
/// use proptest::prelude::*;
///
/// lawful_reducer(|a: i64, b| a.max(b), any::<i64>());
/// lawful_reducer(|a: String, b| a + &b, "[a-z]{0,3}"); // order matters, grouping doesn't
/// ```
///
/// # Panics
/// With a small example, if there is one where the law fails, or where `f` itself panics.
///
/// The law is a semigroup's; see Twitter's Algebird for its use in aggregation.
#[track_caller]
pub fn lawful_reducer<T, S>(f: impl Fn(T, T) -> T, values: S)
where
    T: Clone + Debug + PartialEq,
    S: Strategy<Value = T>,
{
    associative(&f, &values);
}

/// Holds a reducer to associativity, and to commutativity: `f(a, b) == f(b, a)`.
///
/// For functions that are also used where order is not kept: by other systems on the same data, or in a window
/// [with an inverse](lawful_inverse).
///
/// ```
/// use millstream::testing::lawful_commutative_reducer;
/// use proptest::prelude::*;
///
/// lawful_commutative_reducer(|a: u64, b| a ^ b, any::<u64>());
/// ```
///
/// # Panics
/// As [`lawful_reducer`].
#[track_caller]
pub fn lawful_commutative_reducer<T, S>(f: impl Fn(T, T) -> T, values: S)
where
    T: Clone + Debug + PartialEq,
    S: Strategy<Value = T>,
{
    associative(&f, &values);
    commutative(&f, &values);
}

/// Holds a reducer and its inverse to what a sliding window needs that takes off what left it:
/// `inv(f(a, b), b) == a`, and `f` associative and commutative, since what leaves a window is what came first.
///
/// ```
/// use millstream::testing::lawful_inverse;
/// use proptest::prelude::*;
///
/// lawful_inverse(|a: u64, b| a.wrapping_add(b), |a, b| a.wrapping_sub(b), any::<u64>());
/// ```
///
/// # Panics
/// As [`lawful_reducer`]. `max` has no inverse, for instance: what was largest before is not known any more.
///
/// Spark's `invReduceFunc` of `reduceByKeyAndWindow` has to keep the same law, unchecked.
#[track_caller]
pub fn lawful_inverse<T, S>(f: impl Fn(T, T) -> T, inv: impl Fn(T, T) -> T, values: S)
where
    T: Clone + Debug + PartialEq,
    S: Strategy<Value = T>,
{
    associative(&f, &values);
    commutative(&f, &values);
    let law = Law {
        broken: "the inverse does not take off what the reducer added",
        so: "a window keeps a trace of records that left it, and its results drift further from the truth with every \
             slide",
        instead: "use the window without an inverse, which costs no more however long it is",
    };
    law.check((&values, &values), |(a, b)| {
        let added = f(a.clone(), b.clone());
        equal(
            [("inv(f(a, b), b)", inv(added, b.clone())), ("a", a.clone())],
            &format!("a = {a:?}, b = {b:?}"),
        )
    });
}

#[track_caller]
fn associative<T: Clone + Debug + PartialEq>(f: &impl Fn(T, T) -> T, values: &impl Strategy<Value = T>) {
    let law = Law {
        broken: "the reducer is not associative",
        so: "values are combined task by task before they meet, so results depend on how a tick was cut into \
             tasks: right in a small test, wrong under load, and different with another number of partitions",
        instead: "keep what makes it associative in the value (for a mean: sum and count), or use an operator \
                  that folds values one by one, such as `group_by_key` with a fold",
    };
    law.check((values, values, values), |(a, b, c)| {
        let left = f(f(a.clone(), b.clone()), c.clone());
        let right = f(a.clone(), f(b.clone(), c.clone()));
        equal(
            [("f(f(a, b), c)", left), ("f(a, f(b, c))", right)],
            &format!("a = {a:?}, b = {b:?}, c = {c:?}"),
        )
    });
}

#[track_caller]
fn commutative<T: Clone + Debug + PartialEq>(f: &impl Fn(T, T) -> T, values: &impl Strategy<Value = T>) {
    let law = Law {
        broken: "the reducer is not commutative",
        so: "results depend on the order in which values are combined, and what leaves a window is taken off at \
             another end than the one where it was added",
        instead: "use a window without an inverse, or an operator that keeps the order, such as `reduce_by_key`",
    };
    law.check((values, values), |(a, b)| {
        let sides = [("f(a, b)", f(a.clone(), b.clone())), ("f(b, a)", f(b.clone(), a.clone()))];
        equal(sides, &format!("a = {a:?}, b = {b:?}"))
    });
}

/// What a message says when a law is broken.
struct Law {
    broken: &'static str,
    /// What goes wrong in a pipeline.
    so: &'static str,
    instead: &'static str,
}

impl Law {
    #[track_caller]
    fn check<S: Strategy>(&self, values: S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
        // A file of past failures would land in whatever folder the user's tests run in.
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let message = match runner.run(&values, holds) {
            Ok(()) => return,
            // Of the smallest example.
            Err(TestError::Fail(reason, values)) if reason.message().starts_with(SIDES) => {
                let _ = values;
                format!(
                    "{}:\n{}\nin a pipeline, {}\ninstead, {}",
                    self.broken,
                    &reason.message()[SIDES.len()..],
                    self.so,
                    self.instead
                )
            }
            Err(TestError::Fail(reason, values)) => {
                format!("the function panics: {}\n  with {values:?}", reason.message())
            }
            Err(TestError::Abort(reason)) => format!("the strategy gives no values: {}", reason.message()),
        };
        panic!("{message}");
    }
}

/// Marks a message as one of ours: all else is a panic of the function's.
const SIDES: &str = "\u{1}";

fn equal<T: Debug + PartialEq>([left, right]: [(&str, T); 2], values: &str) -> Result<(), TestCaseError> {
    if left.1 == right.1 {
        return Ok(());
    }
    let width = left.0.len().max(right.0.len());
    Err(TestCaseError::fail(format!(
        "{SIDES}  {:width$} = {:?}\n  {:width$} = {:?}\n  with {values}",
        left.0, left.1, right.0, right.1
    )))
}
