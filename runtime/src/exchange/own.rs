//! How a record that leaves its stage becomes owned.
//!
//! `&str` becomes `String`, and so inside tuples and `Option`s; every other type passes as it is. A blanket rule
//! for "every other" can't stand beside one for `&str` in a trait, so the choice is made where the type is known:
//! method lookup prefers [`ByOwn`] (a reference less) to [`ByMove`].
//! The technique is David Tolnay's autoref specialization.

use std::borrow::Cow;
use std::marker::PhantomData;

/// A record type with an owned form that is known here.
pub trait Own {
    type Owned;
    fn own(self) -> Self::Owned;
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
pub trait ByOwn<T: Own> {
    #[inline(always)]
    fn own(&self, record: T) -> T::Owned {
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

impl<T: Own> ByOwn<T> for Leaving<T> {}
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
        impl Own for $type {
            type Owned = $type;
            #[inline(always)]
            fn own(self) -> $type {
                self
            }
        }
    )+};
}

own_as_is!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, (), String);

impl Own for &str {
    type Owned = String;
    fn own(self) -> String {
        self.to_owned()
    }
}

impl Own for Cow<'_, str> {
    type Owned = String;
    fn own(self) -> String {
        self.into_owned()
    }
}

impl Own for &[u8] {
    type Owned = Vec<u8>;
    fn own(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<T: Own> Own for Option<T> {
    type Owned = Option<T::Owned>;
    fn own(self) -> Self::Owned {
        self.map(T::own)
    }
}

impl<T: Own> Own for Vec<T> {
    type Owned = Vec<T::Owned>;
    fn own(self) -> Self::Owned {
        self.into_iter().map(T::own).collect()
    }
}

macro_rules! own_tuple {
    ($($name:ident),+) => {
        #[allow(non_snake_case, reason = "one name serves as type and as binding")]
        impl<$($name: Own),+> Own for ($($name,)+) {
            type Owned = ($($name::Owned,)+);
            #[inline(always)]
            fn own(self) -> Self::Owned {
                let ($($name,)+) = self;
                ($($name.own(),)+)
            }
        }
    };
}

own_tuple!(A);
own_tuple!(A, B);
own_tuple!(A, B, C);
own_tuple!(A, B, C, D);
own_tuple!(A, B, C, D, E);
own_tuple!(A, B, C, D, E, F);
own_tuple!(A, B, C, D, E, F, G);
own_tuple!(A, B, C, D, E, F, G, H);
