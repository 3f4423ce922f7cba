//! Buckets to bytes and back, for exchanges between processes and for checkpoints.
//!
//! serde is no bound on records: most pipelines never leave their process. So the expansion *probes* for it, by the
//! technique of `own.rs`: where a tail's records are serde types, method lookup finds [`BySerde`], else [`ByName`],
//! which only says what they are. It probes in its last statements, where all types are known, those that flow
//! back from a sink among them. (Before that, a type that is still open would pass for a serde type, and rustc
//! would then demand it.)
//!
//! The bound is `Deserialize<'static>`, never `DeserializeOwned`: lookup is blind to lifetimes, so a `&'static str`
//! would be found to be "owned", and fail afterwards with "`Deserialize` is not general enough". What that lets in
//! is sorted out by name; and a type of the user's that holds a `&'static str`, which its name does not show, when the first
//! bucket is written that has one: it is read back at once.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::reader;
use super::weight::{self, Weigh};
use super::{Combine, Count, CountValues, Give, Handle, KeyTable, Tail};
use crate::BoxError;
use crate::batch::Data;
use crate::key::Key;
use crate::pipeline::Bucket;
use crate::sync::Mutex;

/// Writes and reads the buckets of one tail.
///
/// # Contract
/// - `decode` of what `encode` appended is a bucket that merges to the same records. Their order may be another one,
///   but it depends on the bytes alone.
/// - `encode` fails where what it wrote could never be read, as far as the first bucket that is not empty can tell.
/// - `encode` is given a bucket of its own tail. `decode` is given any bytes: those that are no bucket are an
///   error, never a panic.
#[derive(Clone, Copy, Debug)]
pub struct BucketCodec {
    /// Appends.
    pub encode: fn(Bucket, &mut Vec<u8>) -> Result<(), BoxError>,
    pub decode: fn(&[u8]) -> Result<Bucket, BoxError>,
}

/// What crosses an exchange, as far as the expansion could find out.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// The type of the records, for messages.
    pub records: &'static str,
    /// `None` where they are no serde types.
    pub codec: Option<BucketCodec>,
    pub weigh: Weigh,
}

/// A tail's type, to look methods up on.
#[derive(Debug)]
pub struct Tailed<T>(PhantomData<fn(T)>);

impl<T: Tail> Tailed<T> {
    pub fn of(_tail: &Handle<T>) -> Self {
        Tailed(PhantomData)
    }
}

/// A tail that leads to an exchange.
pub trait Crosses {
    /// What messages call its records.
    type Records;
}

/// Tails with buckets that can be written.
pub trait BySerde {
    type Crosses: Crosses;
    type Bucket: AsRecords;

    fn crossing(&self) -> Crossing {
        let records = std::any::type_name::<<Self::Crosses as Crosses>::Records>();
        let codec = BucketCodec { encode: encode::<Self::Bucket>, decode: decode::<Self::Bucket> };
        // See above: serde types all, but what is borrowed for good can't be read back.
        let codec = (!records.contains('&')).then_some(codec);
        Crossing { records, codec, weigh: weight::unknown }
    }
}

/// All others.
pub trait ByName {
    type Crosses: Crosses;

    fn crossing(&self) -> Crossing {
        let records = std::any::type_name::<<Self::Crosses as Crosses>::Records>();
        Crossing { records, codec: None, weigh: weight::unknown }
    }
}

impl Crossing {
    /// With how it is weighed.
    #[must_use]
    pub fn weighed(self, weigh: Weigh) -> Crossing {
        Crossing { weigh, ..self }
    }
}

impl<T: Crosses> ByName for &Tailed<T> {
    type Crosses = T;
}

/// Says what crosses the exchange behind a tail.
#[doc(hidden)]
#[macro_export]
macro_rules! __crossing {
    ($tail:expr) => {{
        #[allow(unused_imports, reason = "one of the two is found")]
        use $crate::rt::{ByName as _, BySerde as _};
        (&$crate::rt::Tailed::of(&$tail))
            .crossing()
            .weighed($crate::rt::weigher!($crate::rt::Tailed::of(&$tail)))
    }};
}

/// Data that can be written and read.
pub trait Wire: Data + Serialize + Deserialize<'static> {}
impl<T: Data + Serialize + Deserialize<'static>> Wire for T {}

/// A bucket, as the data that stands for it in bytes.
pub trait AsRecords: Data {
    type Records: Wire;
    fn into_records(self) -> Self::Records;
    fn from_records(records: Self::Records) -> Self;
}

impl<K: Key<Owned = K> + Wire, A: Wire> AsRecords for KeyTable<K, A> {
    type Records = Vec<(K, A)>;

    fn into_records(self) -> Vec<(K, A)> {
        self.into_rows()
    }

    fn from_records(records: Vec<(K, A)>) -> Self {
        let mut table = KeyTable::with_capacity(records.len());
        for (key, value) in records {
            let hash = K::hash(&key.probe());
            table.combine(hash, key, value, |v| v, |_, last| last);
        }
        table
    }
}

impl<T: Wire> AsRecords for Vec<T> {
    type Records = Vec<T>;

    fn into_records(self) -> Vec<T> {
        self
    }

    fn from_records(records: Vec<T>) -> Self {
        records
    }
}

impl AsRecords for u64 {
    type Records = u64;

    fn into_records(self) -> u64 {
        self
    }

    fn from_records(count: u64) -> Self {
        count
    }
}

/// Types of which a bucket has been read back.
static TRIED: Mutex<BTreeSet<TypeId>> = Mutex::new(BTreeSet::new());

fn encode<B: AsRecords>(bucket: Bucket, out: &mut Vec<u8>) -> Result<(), BoxError> {
    let bucket = crate::op::open::<B>(bucket);
    let before = out.len();
    postcard::to_io(&bucket.into_records(), &mut *out)?;
    let tried = || TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    // No records, or a count of zero, would tell nothing.
    if out[before..] != [0] && !tried().contains(&TypeId::of::<B>()) {
        if let Err(error) = reader::read::<B::Records>(&out[before..]) {
            let records = std::any::type_name::<B::Records>();
            return Err(format!(
                "records of `{records}` can be written as bytes where they are exchanged, and not be read again: {error}; \
                 hold `String` where there is `&str`, and let no type ask the data what it is (`#[serde(untagged)]`)"
            )
            .into());
        }
        tried().insert(TypeId::of::<B>());
    }
    Ok(())
}

fn decode<B: AsRecords>(bytes: &[u8]) -> Result<Bucket, BoxError> {
    Ok(Box::new(B::from_records(reader::read(bytes)?)))
}

impl<K: Key, V, F> Crosses for Combine<K, V, F> {
    type Records = (K, V);
}
impl<K: Key<Owned = K> + Wire, V: Wire, F> BySerde for Tailed<Combine<K, V, F>> {
    type Crosses = Combine<K, V, F>;
    type Bucket = KeyTable<K, V>;
}

impl<K: Key> Crosses for CountValues<K> {
    type Records = K;
}
impl<K: Key<Owned = K> + Wire> BySerde for Tailed<CountValues<K>> {
    type Crosses = CountValues<K>;
    type Bucket = KeyTable<K, u64>;
}

impl Crosses for Count {
    type Records = u64;
}
impl BySerde for Tailed<Count> {
    type Crosses = Count;
    type Bucket = u64;
}

impl<T> Crosses for Give<T> {
    type Records = T;
}
impl<T: Wire> BySerde for Tailed<Give<T>> {
    type Crosses = Give<T>;
    type Bucket = Vec<T>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::Keyed;

    fn crossing_of<T: Tail>() -> Handle<T> {
        Handle { stage: 0, index: 0, shared: T::share() }
    }

    /// Through bytes and back.
    fn again<B: 'static>(crossing: Crossing, bucket: Bucket) -> B {
        let codec = crossing.codec.expect("these are serde types");
        let mut bytes = b"before".to_vec();
        (codec.encode)(bucket, &mut bytes).expect("it can be written");
        let bytes = bytes.strip_prefix(b"before").expect("encoding appends");
        crate::op::open((codec.decode)(bytes).expect("it can be read"))
    }

    fn table<K: Key<Owned = K>, V>(pairs: Vec<(K, V)>, reduce: fn(V, V) -> V) -> KeyTable<K, V> {
        let mut table = KeyTable::default();
        for (key, value) in pairs {
            let hash = K::hash(&key.probe());
            table.combine(hash, key, value, |v| v, reduce);
        }
        table
    }

    fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
        rows.sort();
        rows
    }

    fn word() -> impl Strategy<Value = String> {
        proptest::string::string_regex("[a-cñ]{0,3}|[a-b]{15,18}").expect("a regex")
    }

    type Pairs = Vec<((String, Option<u32>), i64)>;

    fn pairs() -> impl Strategy<Value = Pairs> {
        proptest::collection::vec(((word(), proptest::option::of(0u32..3)), any::<i64>()), 0..40)
    }

    proptest! {
        #[test]
        fn tables_that_were_bytes_merge_to_the_same_rows(a in pairs(), b in pairs()) {
            type Tail = Combine<(String, Option<u32>), i64, fn(i64, i64) -> i64>;
            let crossing = __crossing!(crossing_of::<Tail>());
            let max: fn(i64, i64) -> i64 = i64::max;
            let mut here = table(a.clone(), max);
            here.merge(table(b.clone(), max), max);
            let mut there = again::<KeyTable<(String, Option<u32>), i64>>(crossing, Box::new(table(a, max)));
            there.merge(again(crossing, Box::new(table(b, max))), max);
            prop_assert_eq!(sorted(there.into_rows()), sorted(here.into_rows()));
        }

        #[test]
        fn counts_of_values_survive(words in proptest::collection::vec(word(), 0..40)) {
            let counts = || table(words.iter().map(|w| (Keyed(w.clone()), 1)).collect(), |a, b| a + b);
            let there: KeyTable<Keyed<String>, u64> =
                again(__crossing!(crossing_of::<CountValues<Keyed<String>>>()), Box::new(counts()));
            prop_assert_eq!(sorted(there.into_rows()), sorted(counts().into_rows()));
        }

        #[test]
        fn counts_survive(count: u64) {
            prop_assert_eq!(again::<u64>(__crossing!(crossing_of::<Count>()), Box::new(count)), count);
        }

        #[test]
        fn records_keep_their_order(records: Vec<(char, Option<f64>)>) {
            let there: Vec<(char, Option<f64>)> =
                again(__crossing!(crossing_of::<Give<(char, Option<f64>)>>()), Box::new(records.clone()));
            let bits = |r: Vec<(char, Option<f64>)>| -> Vec<_> {
                r.into_iter().map(|(c, x)| (c, x.map(f64::to_bits))).collect()
            };
            prop_assert_eq!(bits(there), bits(records));
        }

        #[test]
        fn any_bytes_are_a_bucket_or_an_error(bytes: Vec<u8>) {
            let crossing = __crossing!(crossing_of::<Combine<String, Vec<u8>, fn(Vec<u8>, Vec<u8>) -> Vec<u8>>>());
            let _bucket_or_error = (crossing.codec.expect("serde types").decode)(&bytes);
        }
    }

    #[test]
    fn types_without_serde_have_no_codec_and_a_name() {
        struct Plain;
        let crossing = __crossing!(crossing_of::<Give<Option<Plain>>>());
        assert!(crossing.codec.is_none());
        assert!(crossing.records.ends_with("Plain>"), "{}", crossing.records);
    }

    #[test]
    fn a_borrowed_field_that_no_name_shows_is_found_when_the_first_bucket_is_written() {
        #[derive(Serialize, Deserialize)]
        struct Visit<'a> {
            page: &'a str,
        }
        type Static = Visit<'static>;
        let codec = __crossing!(crossing_of::<Give<Static>>()).codec.expect("its name does not show it");
        let mut bytes = Vec::new();
        (codec.encode)(Box::<Vec<Static>>::default(), &mut bytes).expect("nothing is in it");
        let bucket = || Box::new(vec![Static { page: "/" }]);
        for _ in 0..2 {
            let error = (codec.encode)(bucket(), &mut bytes).expect_err("it can't be read").to_string();
            assert!(error.contains("and not be read again") && error.contains("hold `String`"), "{error}");
        }
    }

    #[test]
    fn what_is_borrowed_for_good_has_no_codec() {
        assert!(__crossing!(crossing_of::<Give<&'static str>>()).codec.is_none());
        assert!(__crossing!(crossing_of::<Give<(u64, Option<&'static str>)>>()).codec.is_none());
    }
}
