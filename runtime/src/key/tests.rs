use std::borrow::Cow;

use proptest::prelude::*;
use twox_hash::XxHash3_64;

use super::*;

fn round_trip<K: Key + Clone>(key: K) -> K::Owned {
    let slot = key.clone().into_slot();
    assert!(K::same(&key.probe(), &slot), "a key is the same as its slot");
    assert_eq!(K::hash(&key.probe()), K::slot_hash(&slot));
    K::from_slot(slot)
}

proptest! {
    #[test]
    fn a_string_of_any_length_hashes_as_the_library_says(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(stable_hash(&bytes.as_slice()), XxHash3_64::oneshot(&bytes));
        prop_assert_eq!(round_trip(bytes.as_slice()), bytes);
    }

    #[test]
    fn borrowed_and_owned_strings_are_one_key(text in "\\PC{0,24}") {
        let hash = stable_hash(&text.as_str());
        prop_assert_eq!(hash, stable_hash(&text.clone()));
        prop_assert_eq!(hash, stable_hash(&Cow::Borrowed(text.as_str())));
        prop_assert_eq!(hash, stable_hash(&&text));
        prop_assert_eq!(round_trip(text.as_str()), text.clone());
        prop_assert!(<&str>::same(&text.as_str().probe(), &text.clone().into_slot()));
    }

    #[test]
    fn different_strings_differ_in_the_table(a in "[ab]{0,18}", b in "[ab]{0,18}") {
        let slot = b.as_str().into_slot();
        prop_assert_eq!(<&str>::same(&a.as_str().probe(), &slot), a == b);
    }

    #[test]
    fn a_tuple_is_not_its_strings_run_together(a in "[ab]{0,3}", b in "[ab]{0,3}", c in "[ab]{0,3}", d in "[ab]{0,3}") {
        let same = (a.as_str(), b.as_str()) == (c.as_str(), d.as_str());
        prop_assert_eq!(stable_hash(&(a, b)) == stable_hash(&(c, d)), same);
    }

    #[test]
    fn composites_survive_the_table(n in any::<i64>(), text in "\\PC{0,20}", flag in any::<Option<bool>>()) {
        let key = (n, text.as_str(), flag);
        prop_assert_eq!(round_trip(key), (n, text.clone(), flag));
        prop_assert_eq!(stable_hash(&key), stable_hash(&(n, text, flag)));
    }
}

/// Checkpoints rely on these: they never change.
#[test]
fn golden_vectors_of_the_stable_hash() {
    assert_eq!(stable_hash(&""), 0x2d06_8005_38d3_94c2);
    assert_eq!(stable_hash(&"a"), 0xe6c6_32b6_1e96_4e1f);
    assert_eq!(stable_hash(&"abc"), 0x78af_5f94_892f_3950);
    assert_eq!(stable_hash(&Keyed(7u64)), stable_hash(&7u64));
    assert_eq!(stable_hash(&7usize), stable_hash(&7u64));
    let vectors = [
        stable_hash(&0u64),
        stable_hash(&42u32),
        stable_hash(&-1i64),
        stable_hash(&true),
        stable_hash(&'ñ'),
        stable_hash(&("palabra", 3u8)),
        stable_hash(&Some("x")),
        stable_hash(&None::<u64>),
        stable_hash(&"a string of more than sixteen bytes"),
    ];
    assert_eq!(vectors.map(|v| format!("{v:016x}")).join("\n"), include_str!("golden.txt").trim_end());
}
