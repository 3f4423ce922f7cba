//! What a join as of a time keeps: it is bounded, however long it runs.

use proptest::prelude::*;

use super::versions::Versions;
use crate::clock::{Timestamp, millis};
use crate::key::stable_hash;

fn at(time: i64) -> Timestamp {
    Timestamp::from_millis(time)
}

#[test]
fn versions_are_dropped_as_the_watermark_passes() {
    let mut versions = Versions::<u64, i64>::default();
    for now in 0..10_000i64 {
        let key = (now % 10) as u64;
        // Out of order by up to 30.
        let time = now - now % 7 * 5;
        versions.add(at(time), stable_hash(&key), key, now, None);
        versions.drop_before(at(now - 31), None);
        assert!(versions.len() <= 10 + 31, "{} at {now}", versions.len());
    }
    versions.drop_before(Timestamp::MAX, None);
    assert_eq!(versions.len(), 10);
}

#[test]
fn with_a_limit_keys_are_forgotten() {
    let (mut versions, within) = (Versions::<u64, i64>::default(), Some(millis(50)));
    for now in 0..10_000i64 {
        let key = now as u64;
        versions.add(at(now), stable_hash(&key), key, now, within);
        versions.drop_before(at(now - 10), within);
        assert!(versions.len() <= 61, "{} at {now}", versions.len());
    }
    versions.drop_before(Timestamp::MAX, within);
    assert_eq!((versions.len(), versions.turn()), (0, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Of what was added all is there that is not behind the watermark, and what may be asked for.
    #[test]
    fn what_may_be_asked_for_is_there(
        added in proptest::collection::vec((0i64..40, 0u64..3), 1..30),
        within in prop_oneof![Just(None), (0u64..20).prop_map(|n| Some(millis(n)))],
        step in 0i64..4,
    ) {
        let mut versions = Versions::<u64, usize>::default();
        let mut all: Vec<(i64, u64, usize)> = Vec::new();
        let mut watermark = i64::MIN;
        for (number, (time, key)) in added.into_iter().enumerate() {
            if time > watermark {
                versions.add(at(time), stable_hash(&key), key, number, within);
                all.push((time, key, number));
            }
            watermark = watermark.max(step * number as i64 - 5);
            versions.drop_before(at(watermark), within);
            for (key, time) in (0..3).flat_map(|key| (watermark + 1..45).map(move |time| (key, time))) {
                let fits = |(t, k, _): &&(i64, u64, usize)| {
                    *k == key && *t <= time && within.is_none_or(|within| at(time).since(at(*t)) <= within)
                };
                let expected = all.iter().filter(fits).max_by_key(|(t, ..)| *t).map(|(_, _, number)| number);
                prop_assert_eq!(versions.at(at(time), stable_hash(&key), &key, within), expected);
            }
        }
    }
}
