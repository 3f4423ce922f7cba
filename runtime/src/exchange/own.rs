//! How a record that leaves its stage becomes owned.
//!
//! `&str` becomes `String`, also inside tuples, `Option`s and other containers that are taken apart for it; types of which
//! nothing is known here, such as the user's own, pass as they are, also beside a `&str` in a pair or triple.
//! A blanket rule for "every other type" can't stand beside one for `&str` in a trait, so there are *levels*, and the
//! first that fits is chosen where the type is known: method lookup prefers more references ([`Leave`]).
//! The technique is David Tolnay's autoref specialization.
//!
//! | level | becomes owned | stays as it is |
//! |---|---|---|
//! | 0 | the record ([`Own`]) | |
//! | 1 | the first of a pair, the first two of a triple | the other |
//! | 2 | the last of a pair, the first and the last of a triple | the other |
//! | 3 | the last two of a triple | the first |
//! | 4, 5, 6 | the first, second, last of a triple | the others |
//! | 7 | | the record |
//!
//! A `Result` is treated as a pair.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num;
use std::path::{Path, PathBuf};
use std::str::{ParseBoolError, Utf8Error};
use std::string::FromUtf8Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::clock::Timestamp;
use crate::event_time::Window;
use crate::fused::Bad;
use crate::key::Keyed;

/// A record type with an owned form `O` that is known here.
///
/// `O` is a parameter and no associated type, so that types flow back too: a sink of `(String, u64)` says what the `1` in
/// `(word, 1)` is.
pub trait Own<O>: Known {
    fn own(self) -> O;
}

/// There is an [`Own`] of this type.
pub trait Known {}

/// A record type with an owned form at this level.
pub trait OwnAt<const LEVEL: u8, O>: KnownAt<LEVEL> {
    fn own_at(self) -> O;
}

/// There is an [`OwnAt`] of this type and level.
pub trait KnownAt<const LEVEL: u8> {}

/// A record about to leave, as a type to look methods up on.
#[derive(Debug)]
pub struct Leaving<T>(PhantomData<T>);

impl<T> Leaving<T> {
    #[inline(always)]
    pub fn of(_record: &T) -> Self {
        Leaving(PhantomData)
    }
}

/// The levels, as references to a [`Leaving`].
pub trait Leave<T, O> {
    fn own(&self, record: T) -> O;
}

/// Makes a record owned, as it leaves its stage.
#[doc(hidden)]
#[macro_export]
macro_rules! __own {
    ($record:expr) => {{
        use $crate::exchange::Leave as _;
        let record = $record;
        (&&&&&&&&$crate::exchange::Leaving::of(&record)).own(record)
    }};
}

macro_rules! levels {
    ($($level:literal: $leaving:ty),+) => {$(
        impl<T: OwnAt<$level, O>, O> Leave<T, O> for $leaving {
            #[inline(always)]
            fn own(&self, record: T) -> O {
                record.own_at()
            }
        }
    )+};
}

levels!(
    0: &&&&&&&Leaving<T>,
    1: &&&&&&Leaving<T>,
    2: &&&&&Leaving<T>,
    3: &&&&Leaving<T>,
    4: &&&Leaving<T>,
    5: &&Leaving<T>,
    6: &Leaving<T>
);

/// The last level: the record is owned already, or the compiler says that a borrow leaves the stage.
impl<T: 'static> Leave<T, T> for Leaving<T> {
    #[inline(always)]
    fn own(&self, record: T) -> T {
        record
    }
}

impl<T: Known> KnownAt<0> for T {}
impl<T: Own<O>, O> OwnAt<0, O> for T {
    #[inline(always)]
    fn own_at(self) -> O {
        self.own()
    }
}

impl<T> KnownAt<7> for T {}
impl<T> OwnAt<7, T> for T {
    #[inline(always)]
    fn own_at(self) -> T {
        self
    }
}

/// What becomes of a part: `as OA` it is owned, else it stays.
macro_rules! part {
    (type $part:ident as $owned:ident) => {
        $owned
    };
    (type $part:ident) => {
        $part
    };
    (value $part:ident as $owned:ident) => {
        $part.own()
    };
    (value $part:ident) => {
        $part
    };
}

macro_rules! own_parts {
    ($($level:literal: $($part:ident $(: $known:ident as $owned:ident)?),+;)+) => {$(
        impl<$($part $(: $known)?),+> KnownAt<$level> for ($($part,)+) {}
        #[allow(non_snake_case, reason = "one name serves as type and as binding")]
        impl<$($part $(: Own<$owned>)?,)+ $($($owned,)?)+>
            OwnAt<$level, ($(part!(type $part $(as $owned)?),)+)> for ($($part,)+)
        {
            #[inline(always)]
            fn own_at(self) -> ($(part!(type $part $(as $owned)?),)+) {
                let ($($part,)+) = self;
                ($(part!(value $part $(as $owned)?),)+)
            }
        }
    )+};
}

own_parts! {
    1: A: Known as OA, B;
    2: A, B: Known as OB;
    1: A: Known as OA, B: Known as OB, C;
    2: A: Known as OA, B, C: Known as OC;
    3: A, B: Known as OB, C: Known as OC;
    4: A: Known as OA, B, C;
    5: A, B: Known as OB, C;
    6: A, B, C: Known as OC;
}

impl<T: Known, E> KnownAt<1> for Result<T, E> {}
impl<T: Own<O>, O, E> OwnAt<1, Result<O, E>> for Result<T, E> {
    #[inline(always)]
    fn own_at(self) -> Result<O, E> {
        self.map(T::own)
    }
}

impl<T, E: Known> KnownAt<2> for Result<T, E> {}
impl<T, E: Own<O>, O> OwnAt<2, Result<T, O>> for Result<T, E> {
    #[inline(always)]
    fn own_at(self) -> Result<T, O> {
        self.map_err(E::own)
    }
}

macro_rules! own_as_is {
    ($([$($parameters:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($parameters)*> Known for $type {}
        impl<$($parameters)*> Own<$type> for $type {
            #[inline(always)]
            fn own(self) -> $type {
                self
            }
        }
    )+};
}

own_as_is!([] u8, [] u16, [] u32, [] u64, [] u128, [] usize, [] i8, [] i16, [] i32, [] i64, [] i128, [] isize);
own_as_is!([] f32, [] f64, [] bool, [] char, [] (), [] String, [] OsString, [] PathBuf);
own_as_is!([] Duration, [] Instant, [] SystemTime, [] Timestamp, [] Window, [] Ordering);
own_as_is!([] IpAddr, [] Ipv4Addr, [] Ipv6Addr, [] SocketAddr);
own_as_is!([] num::NonZeroU8, [] num::NonZeroU16, [] num::NonZeroU32, [] num::NonZeroU64, [] num::NonZeroU128);
own_as_is!([] num::NonZeroI8, [] num::NonZeroI16, [] num::NonZeroI32, [] num::NonZeroI64, [] num::NonZeroI128);
own_as_is!([] num::NonZeroUsize, [] num::NonZeroIsize);
own_as_is!([] num::ParseIntError, [] num::ParseFloatError, [] ParseBoolError, [] Utf8Error, [] FromUtf8Error);
// To take these apart would cost more than it is worth, and what is inside is owned nearly always.
own_as_is!([T: ?Sized] Arc<T>, [T: ?Sized] Box<T>, [T] Keyed<T>);
own_as_is!([K, V, S] HashMap<K, V, S>, [T, S] HashSet<T, S>, [K, V] BTreeMap<K, V>, [T] BTreeSet<T>);

macro_rules! own_borrowed {
    ($($type:ty => $owned:ty: $own:expr),+ $(,)?) => {$(
        impl Known for $type {}
        impl Own<$owned> for $type {
            #[inline(always)]
            fn own(self) -> $owned {
                $own(self)
            }
        }
    )+};
}

own_borrowed!(
    &str => String: str::to_owned,
    Cow<'_, str> => String: Cow::into_owned,
    &[u8] => Vec<u8>: <[u8]>::to_vec,
    Cow<'_, [u8]> => Vec<u8>: Cow::into_owned,
    &Path => PathBuf: Path::to_path_buf,
    &OsStr => OsString: OsStr::to_os_string,
);

macro_rules! own_inside {
    ($([$($count:tt)*] $type:ty => $owned:ty: |$record:ident| $own:expr),+ $(,)?) => {$(
        impl<T: Known, $($count)*> Known for $type {}
        impl<T: Own<O>, O, $($count)*> Own<$owned> for $type {
            #[inline(always)]
            fn own(self) -> $owned {
                let $record = self;
                $own
            }
        }
    )+};
}

own_inside!(
    [] Option<T> => Option<O>: |record| record.map(T::own),
    [] Vec<T> => Vec<O>: |record| record.into_iter().map(T::own).collect(),
    [] VecDeque<T> => VecDeque<O>: |record| record.into_iter().map(T::own).collect(),
    [] Reverse<T> => Reverse<O>: |record| Reverse(record.0.own()),
    [const N: usize] [T; N] => [O; N]: |record| record.map(T::own),
);

impl<T: Known, E: Known> Known for Result<T, E> {}
impl<T: Own<O>, O, E: Own<OE>, OE> Own<Result<O, OE>> for Result<T, E> {
    #[inline(always)]
    fn own(self) -> Result<O, OE> {
        self.map(T::own).map_err(E::own)
    }
}

impl<R: Known, E> Known for Bad<R, E> {}

macro_rules! own_tuple {
    ($($name:ident $owned:ident),+) => {
        impl<$($name: Known),+> Known for ($($name,)+) {}
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
