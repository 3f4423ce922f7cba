//! How a record that leaves its stage becomes owned.
//!
//! `&str` becomes `String`, and so inside tuples and `Option`s; every other type passes as it is. A blanket rule
//! for "every other" can't stand beside one for `&str` in a trait, so the choice is made where the type is known:
//! method lookup prefers [`ByOwn`] (a reference less) to [`ByMove`].
//! The technique is David Tolnay's autoref specialization.

use std::borrow::Cow;
use std::marker::PhantomData;

/// A record type with an owned form `O` that is known here.
///
/// `O` is a parameter and no associated type, so that types flow back too: a sink of `(String, u64)` says what the `1` in
/// `(word, 1)` is.
pub trait Own<O> {
    fn own(self) -> O;
}

/// A record about to leave, as a type to look methods up on.
#[derive(Debug)]
pub struct Leaving<T>(PhantomData<T>);

impl<T> Leaving<T> {
    #[inline(always)]
    pub fn of(_record: &T) -> Self {
        Leaving(PhantomData)
    }
}

/// Records with a known owned form.
pub trait ByOwn<T: Own<O>, O> {
    #[inline(always)]
    fn own(&self, record: T) -> O {
        record.own()
    }
}

/// All others: they are owned already, or the compiler says that a borrow leaves the stage.
pub trait ByMove<T> {
    #[inline(always)]
    fn own(&self, record: T) -> T
    where
        T: 'static,
    {
        record
    }
}

impl<T: Own<O>, O> ByOwn<T, O> for Leaving<T> {}
impl<T> ByMove<T> for &Leaving<T> {}

/// Makes a record owned, as it leaves its stage.
#[doc(hidden)]
#[macro_export]
macro_rules! __own {
    ($record:expr) => {{
        use $crate::rt::{ByMove as _, ByOwn as _};
        let record = $record;
        (&$crate::rt::Leaving::of(&record)).own(record)
    }};
}

macro_rules! own_as_is {
    ($($type:ty),+) => {$(
        impl Own<$type> for $type {
            #[inline(always)]
            fn own(self) -> $type {
                self
            }
        }
    )+};
}

own_as_is!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, (), String);

impl Own<String> for &str {
    fn own(self) -> String {
        self.to_owned()
    }
}

impl Own<String> for Cow<'_, str> {
    fn own(self) -> String {
        self.into_owned()
    }
}

impl Own<Vec<u8>> for &[u8] {
    fn own(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<T: Own<O>, O> Own<Option<O>> for Option<T> {
    fn own(self) -> Option<O> {
        self.map(T::own)
    }
}

impl<T: Own<O>, O> Own<Vec<O>> for Vec<T> {
    fn own(self) -> Vec<O> {
        self.into_iter().map(T::own).collect()
    }
}

macro_rules! own_tuple {
    ($($name:ident $owned:ident),+) => {
        #[allow(non_snake_case, reason = "one name serves as type and as binding")]
        impl<$($name: Own<$owned>, $owned),+> Own<($($owned,)+)> for ($($name,)+) {
            #[inline(always)]
            fn own(self) -> ($($owned,)+) {
                let ($($name,)+) = self;
                ($($name.own(),)+)
            }
        }
    };
}

own_tuple!(A OA);
own_tuple!(A OA, B OB);
own_tuple!(A OA, B OB, C OC);
own_tuple!(A OA, B OB, C OC, D OD);
own_tuple!(A OA, B OB, C OC, D OD, E OE);
own_tuple!(A OA, B OB, C OC, D OD, E OE, F OF);
own_tuple!(A OA, B OB, C OC, D OD, E OE, F OF, G OG);
own_tuple!(A OA, B OB, C OC, D OD, E OE, F OF, G OG, H OH);
