//! What the checks of connectors share: how a broken promise is told.

use std::fmt::Debug;

/// A promise that a connector has to keep.
pub(super) struct Promise {
    /// What it broke, as a sentence without its end.
    pub broken: &'static str,
    /// What goes wrong in a pipeline.
    pub so: &'static str,
    /// What to do.
    pub instead: &'static str,
}

impl Promise {
    /// Fails the test.
    #[track_caller]
    pub fn is_broken(&self, who: &str, found: impl AsRef<str>) -> ! {
        let Promise { broken, so, instead } = self;
        let found = found.as_ref();
        panic!("{who}: {broken}\n  found: {found}\n  so:    {so}\n  do:    {instead}")
    }

    #[track_caller]
    pub fn holds(&self, who: &str, it: bool, found: impl FnOnce() -> String) {
        if !it {
            self.is_broken(who, found());
        }
    }

    /// Two lists that are to be the same.
    #[track_caller]
    pub fn same<T: Debug + PartialEq>(&self, who: &str, expected: &[T], got: &[T], when: &str) {
        self.holds(who, expected == got, || {
            format!("{when}: expected {}, got {}", shown(expected), shown(got))
        });
    }

    /// Two lists that are to hold the same, in any order.
    #[track_caller]
    pub fn same_in_any_order<T: Debug + PartialEq>(&self, who: &str, expected: &[T], got: &[T], when: &str) {
        let Difference { missing, unexpected } = difference(expected, got);
        self.holds(who, missing.is_empty() && unexpected.is_empty(), || {
            format!("{when}: missing {}, too many {}", shown(&missing), shown(&unexpected))
        });
    }
}

struct Difference<'a, T> {
    missing: Vec<&'a T>,
    unexpected: Vec<&'a T>,
}

fn difference<'a, T: PartialEq>(expected: &'a [T], got: &'a [T]) -> Difference<'a, T> {
    let mut missing: Vec<&T> = expected.iter().collect();
    let mut unexpected = Vec::new();
    for record in got {
        match missing.iter().position(|other| *other == record) {
            Some(at) => drop(missing.swap_remove(at)),
            None => unexpected.push(record),
        }
    }
    Difference { missing, unexpected }
}

/// A list, the first of it if it is long.
fn shown<T: Debug>(list: &[T]) -> String {
    const FIRST: usize = 8;
    match list.len().checked_sub(FIRST) {
        Some(more @ 1..) => format!("{:?} and {more} more", &list[..FIRST]),
        _ => format!("{list:?}"),
    }
}
