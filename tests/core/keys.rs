//! What can be a key.

use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

use millstream::key::stable_hash;
use millstream::prelude::*;

use crate::support::sorted;

/// Each key of `keys` is counted once for every time that it stands there.
#[track_caller]
fn counted<K>(keys: Vec<K>)
where
    K: Key<Owned = K> + Clone + Debug + Ord + Send + Sync + 'static,
{
    let got = sorted(|out| {
        stream! { source(queue([keys.clone()])).map(|k| (k, 1u64)).reduce_by_key(|a, b| a + b).sink(out); }
    });
    let mut expected: Vec<(K, u64)> = Vec::new();
    let mut keys = keys;
    keys.sort();
    for key in keys {
        match expected.last_mut() {
            Some((last, n)) if *last == key => *n += 1,
            _ => expected.push((key, 1)),
        }
    }
    assert_eq!(got, [expected]);
}

use ::millstream as renamed;

#[derive(Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    country: String,
    zip: u32,
    street: Option<String>,
}

#[derive(Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[key(crate = crate::keys::renamed)]
struct Id(u64, char);

#[derive(Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit;

#[derive(Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Start,
    Login { user: String, out: bool },
    Click(u32, u32),
}

#[derive(Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tagged<T, const N: usize = 1>
where
    T: Debug,
{
    key: T,
    out: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Foreign(u64, [u8; 2]);

#[test]
fn scalars_and_strings_are_keys() {
    counted(vec![1u8, 2, 1, 255]);
    counted(vec![-1i64, 0, -1, i64::MIN]);
    counted(vec![u128::MAX, 0, u128::MAX]);
    counted(vec![3usize, 3, 4]);
    counted(vec!['a', 'ñ', 'a']);
    counted(vec![true, false, true]);
    counted(vec![(), ()]);
    counted(["", "a", "", "sixteen bytes ok", "seventeen bytes ok", "a", "ñandú"].map(String::from).to_vec());
    counted(vec![b"\xff\x00".to_vec(), vec![], b"\xff\x00".to_vec(), vec![7; 40], vec![7; 40]]);
}

#[test]
fn tuples_and_options_are_keys() {
    let s = |text: &str| text.to_string();
    counted(vec![(s("a"), 1u32), (s("a"), 2), (s("a"), 1)]);
    counted(vec![(s("a"), s("bc")), (s("ab"), s("c")), (s("a"), s("bc"))]);
    counted(vec![None, Some(s("")), None, Some(s("x")), Some(s(""))]);
    counted(vec![((1u8, 'x'), None), ((1, 'x'), Some((true,))), ((1, 'x'), None)]);
    counted(vec![(1u8, 2u8, 3u8, 4u8, 5u8, 6u8), (1, 2, 3, 4, 5, 6)]);
}

#[test]
fn derived_keys_are_keys() {
    let s = |text: &str| text.to_string();
    let place =
        |zip, street: Option<&str>| Place { country: s("Perú"), zip, street: street.map(String::from) };
    counted(vec![place(1, None), place(1, Some("")), place(2, None), place(1, None)]);
    counted(vec![Id(1, 'a'), Id(1, 'b'), Id(1, 'a')]);
    counted(vec![Unit, Unit]);
    let login = |user: &str, out| Event::Login { user: s(user), out };
    counted(vec![
        Event::Start,
        login("u", true),
        Event::Click(1, 2),
        login("u", false),
        Event::Start,
        Event::Click(1, 2),
    ]);
    counted(vec![
        Tagged::<_, 3> { key: s("k"), out: 1 },
        Tagged { key: s("k"), out: 1 },
        Tagged { key: s("j"), out: 1 },
    ]);
    counted(vec![(Id(1, 'a'), Some(Event::Start)), (Id(1, 'a'), None), (Id(1, 'a'), Some(Event::Start))]);
}

#[test]
fn keyed_makes_a_key_of_any_hashable_type() {
    counted(vec![Keyed(Foreign(1, [2, 3])), Keyed(Foreign(1, [2, 4])), Keyed(Foreign(1, [2, 3]))]);
    counted(vec![(Keyed(Foreign(1, [2, 3])), 'x'), (Keyed(Foreign(1, [2, 3])), 'x')]);
}

#[test]
fn borrowed_keys_meet_owned_ones() {
    let got = sorted(|out| {
        stream! {
            let lines = source(queue([vec!["a b", "b a-long-key-of-more-than-16-bytes"]]));
            let borrowed = lines.flat_map(|l| l.split(' ')).map(|w| ((w, w.len()), 1u64)).reduce_by_key(|a, b| a + b);
            let owned = lines
                .flat_map(|l| l.split(' '))
                .map(|w| ((Cow::Borrowed(w), w.len()), 10u64))
                .reduce_by_key(|a, b| a + b);
            borrowed.union(owned).reduce_by_key(|a, b| a + b).sink(out);
        }
    });
    let pair = |w: &str, n| ((w.to_string(), w.len()), n);
    assert_eq!(got, [[pair("a", 11), pair("a-long-key-of-more-than-16-bytes", 11), pair("b", 22)]]);
}

#[test]
fn optional_words_and_byte_strings_are_keys_by_reference() {
    let got = sorted(|out| {
        stream! {
            source(queue([vec!["a=1", "b", "a=2", ""]]))
                .map(|l| (l.split_once('=').map(|(name, _)| name), l.as_bytes().first().copied()))
                .count_by_value()
                .sink(out);
        }
    });
    let s = |text: &str| Some(text.to_string());
    assert_eq!(got, [[((None, None), 1), ((None, Some(b'b')), 1), ((s("a"), Some(b'a')), 2)]]);
}

#[test]
fn a_reference_to_a_key_is_one() {
    let place = Place { country: "Chile".into(), zip: 7, street: None };
    assert_eq!(stable_hash(&&place), stable_hash(&place));
    let records = vec![(place.clone(), 1u8), (place.clone(), 2)];
    let table = [place.clone()];
    let got = sorted(|out| {
        stream! {
            source(queue([records.clone()]))
                .filter_map(|(p, n)| table.iter().find(|known| **known == p).map(|known| (known, n)))
                .reduce_by_key(|a, b| a + b)
                .sink(out);
        }
    });
    assert_eq!(got, [[(place.clone(), 3)]]);
}

#[test]
fn keys_that_are_equal_borrowed_and_owned_have_one_hash() {
    for text in ["", "a", "ñandú", "exactly 16 bytes", "more than sixteen bytes"] {
        assert_eq!(stable_hash(&text), stable_hash(&text.to_string()));
        assert_eq!(stable_hash(&(text, 1u8)), stable_hash(&(text.to_string(), 1u8)));
        assert_eq!(stable_hash(&Some(text)), stable_hash(&Some(Cow::Borrowed(text))));
    }
}

#[test]
fn a_derived_key_hashes_as_the_tuple_of_its_fields() {
    assert_eq!(stable_hash(&Id(7, 'x')), stable_hash(&(7u64, 'x')));
    let place = Place { country: "Chile".into(), zip: 7, street: None };
    assert_eq!(stable_hash(&place), stable_hash(&("Chile", 7u32, None::<&str>)));
}
