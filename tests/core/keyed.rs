//! Operators behind an exchange: `reduce_by_key`, `count`, `count_by_value`.

use std::collections::BTreeMap;

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{each, few, lines, numbers, pairs, sorted};

/// Values by key, in the order in which they came.
fn grouped<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups = BTreeMap::<K, Vec<V>>::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

fn words(tick: &[String]) -> impl Iterator<Item = String> {
    tick.iter().flat_map(|l| l.split(' ')).map(String::from)
}

/// A value that can't be cloned.
struct Single(i64);

proptest! {
    #![proptest_config(few())]

    #[test]
    fn words_are_counted_by_borrowed_keys(input in lines()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone())).flat_map(|l| l.split(' ')).map(|w| (w, 1u64)).reduce_by_key(|a, b| a + b).sink(out);
        });
        let model = |t: &[String]| grouped(words(t).map(|w| (w, 1u64))).into_iter().map(|(w, n)| (w, n.iter().sum())).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn numbers_are_reduced_by_key(input in pairs()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).reduce_by_key(i64::max).sink(out); });
        let model = |t: &[(u64, i64)]| {
            grouped(t.to_vec()).into_iter().map(|(k, v)| (k, v.into_iter().max().unwrap_or(0))).collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn strings_are_concatenated_in_the_order_of_the_source(input in pairs()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone())).map_values(|v| v.to_string()).reduce_by_key(|a, b| a + "," + &b).sink(out);
        });
        let joined = |v: Vec<i64>| v.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let model = |t: &[(u64, i64)]| grouped(t.to_vec()).into_iter().map(|(k, v)| (k, joined(v))).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn vectors_are_concatenated_in_the_order_of_the_source(input in pairs()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone()))
                .map_values(|v| vec![v])
                .reduce_by_key(|mut a, mut b| { a.append(&mut b); a })
                .sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| grouped(t.to_vec()).into_iter().collect()));
    }

    #[test]
    fn values_need_no_clone(input in pairs()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone()))
                .map_values(Single)
                .reduce_by_key(|a, b| Single(a.0 + b.0))
                .map_values(|single| single.0)
                .sink(out);
        });
        let model = |t: &[(u64, i64)]| grouped(t.to_vec()).into_iter().map(|(k, v)| (k, v.into_iter().sum())).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn keyed_streams_are_keyed_again(input in lines()) {
        let got = sorted(|out| stream! {
            let counts = source(queue(input.clone())).flat_map(|l| l.split(' ')).count_by_value();
            let by_length: Stream<(usize, u64)> = counts.map(|(word, n)| (word.len(), n)).reduce_by_key(|a, b| a + b);
            by_length.sink(out);
        });
        let model = |t: &[String]| grouped(words(t).map(|w| (w.len(), ()))).into_iter().map(|(k, v)| (k, v.len() as u64)).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn count_gives_one_number_a_tick(input in numbers()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).filter(|n| *n > 0).count().sink(out); });
        prop_assert_eq!(got, each(&input, |t| vec![t.iter().filter(|n| **n > 0).count() as u64]));
    }

    #[test]
    fn a_count_can_be_counted(input in numbers()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).count().flat_map(|n| 0..n).count().sink(out); });
        prop_assert_eq!(got, each(&input, |t| vec![t.len() as u64]));
    }

    #[test]
    fn count_by_value_counts_each_distinct_record(input in numbers()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).map(|n| n % 4).count_by_value().sink(out); });
        let model = |t: &[i64]| grouped(t.iter().map(|n| (n % 4, ()))).into_iter().map(|(k, v)| (k, v.len() as u64)).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn count_by_value_counts_borrowed_words(input in lines()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).flat_map(|l| l.split(' ')).count_by_value().sink(out); });
        let model = |t: &[String]| grouped(words(t).map(|w| (w, ()))).into_iter().map(|(k, v)| (k, v.len() as u64)).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn what_is_reduced_goes_to_several_consumers(input in pairs()) {
        let got = sorted(|out| {
            stream! {
                let sums = source(queue(input.clone())).reduce_by_key(|a, b| a + b);
                let least = sums.map(|(_, v)| ((), v)).reduce_by_key(i64::min).map(|((), v)| (100u64, v));
                sums.union(least).sink(out);
            }
        });
        let model = |t: &[(u64, i64)]| {
            let mut sums: Vec<(u64, i64)> =
                grouped(t.to_vec()).into_iter().map(|(k, v)| (k, v.into_iter().sum())).collect();
            let least = sums.iter().map(|(_, v)| (100, *v)).min();
            sums.extend(least);
            sums
        };
        prop_assert_eq!(got, each(&input, model));
    }
}

#[test]
fn count_of_an_empty_tick_is_zero() {
    let got = sorted(|out| stream! { source(queue([vec!["a"], vec![], vec!["b", "c"]])).count().sink(out); });
    assert_eq!(got, [[1], [0], [2]]);
}

#[test]
fn concatenation_keeps_the_order_of_several_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("b.txt", "k 3\nk 4\n"), ("a.txt", "k 1\nx 9\nk 2"), ("c.txt", "k 5\n")] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let glob = folder.path().join("*.txt");
    let got = sorted(|out| {
        stream! {
            source(text_files(&glob))
                .filter_map(|line| line.split_once(' '))
                .map_values(|digit| digit.to_string())
                .reduce_by_key(|a, b| a + &b)
                .sink(out);
        }
    });
    assert_eq!(got, [[("k".to_string(), "12345".to_string()), ("x".to_string(), "9".to_string())]]);
}
