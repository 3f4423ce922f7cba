//! Groups, folds and joins of a tick, against models that look at every pair of records.

use std::collections::BTreeMap;

use millstream::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{each, few, lines, numbers, ordered, pairs, sorted};

type Pairs = Vec<Vec<(u64, i64)>>;
/// A tick of two streams.
type Sides<K, V, W> = (Vec<(K, V)>, Vec<(K, W)>);
/// What a full outer join gives.
type Full<K, V, W> = Vec<(K, (Option<V>, Option<W>))>;

/// Values by key, in the order in which they came.
fn grouped<K: Ord + Clone, V: Clone>(pairs: &[(K, V)]) -> BTreeMap<K, Vec<V>> {
    let mut groups = BTreeMap::<K, Vec<V>>::new();
    for (key, value) in pairs {
        groups.entry(key.clone()).or_default().push(value.clone());
    }
    groups
}

/// The ticks of two sources: the shorter goes on with empty ones.
fn both<A: Clone, B: Clone>(a: &[Vec<A>], b: &[Vec<B>]) -> Vec<(Vec<A>, Vec<B>)> {
    let tick = |i: usize| (a.get(i).cloned().unwrap_or_default(), b.get(i).cloned().unwrap_or_default());
    (0..a.len().max(b.len())).map(tick).collect()
}

/// A join by nested loops: matches, then lone records of either side; sorted.
fn full<K: Ord + Clone, V: Ord + Clone, W: Ord + Clone>((a, b): &Sides<K, V, W>) -> Full<K, V, W> {
    let matches = a.iter().flat_map(|(k, v)| {
        b.iter()
            .filter(move |(j, _)| j == k)
            .map(move |(_, w)| (k.clone(), (Some(v.clone()), Some(w.clone()))))
    });
    let left = a.iter().filter(|(k, _)| b.iter().all(|(j, _)| j != k));
    let right = b.iter().filter(|(k, _)| a.iter().all(|(j, _)| j != k));
    let mut all: Vec<_> = matches
        .chain(left.map(|(k, v)| (k.clone(), (Some(v.clone()), None))))
        .chain(right.map(|(k, w)| (k.clone(), (None, Some(w.clone())))))
        .collect();
    all.sort();
    all
}

fn inner<K: Ord + Clone, V: Ord + Clone, W: Ord + Clone>(tick: &Sides<K, V, W>) -> Vec<(K, (V, W))> {
    full(tick).into_iter().filter_map(|(k, (v, w))| Some((k, (v?, w?)))).collect()
}

/// Keys out of many and few, so that some have many matches and others none.
fn more() -> impl Strategy<Value = Pairs> {
    vec(vec((prop_oneof![0u64..4, 0u64..2000], -20i64..20), 0..60), 0..4)
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn group_by_key_keeps_all_values_in_order(input in more()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).group_by_key().sink(out); });
        prop_assert_eq!(got, each(&input, |t| grouped(t).into_iter().collect()));
    }

    #[test]
    fn groups_and_joins_leave_in_the_same_order_for_any_partitions(a in more(), b in more()) {
        ordered(|out| stream! { source(queue(a.clone())).group_by_key().sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).distinct().sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).fold_by_key(0, |a, v| a * 3 + v).sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).cogroup(source(queue(b.clone()))).sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).join(source(queue(b.clone()))).sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).full_outer_join(source(queue(b.clone()))).sink(out); });
        ordered(|out| stream! { source(queue(a.clone())).left_semi_join(source(queue(b.clone()))).sink(out); });
    }

    #[test]
    fn words_are_grouped_by_borrowed_keys_and_become_owned(input in lines()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone())).flat_map(|l| l.split(' ')).key_by(|w| w.len()).group_by_key().sink(out);
        });
        let model = |t: &[String]| {
            let words: Vec<_> = t.iter().flat_map(|l| l.split(' ')).map(|w| (w.len(), w.to_string())).collect();
            grouped(&words).into_iter().collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn fold_by_key_takes_values_one_by_one_in_order(input in pairs()) {
        // Neither associative nor with a neutral beginning.
        let got = sorted(|out| stream! { source(queue(input.clone())).fold_by_key(7, |a, v| a * 3 - v).sink(out); });
        let fold = |v: Vec<i64>| v.into_iter().fold(7, |a, v| a * 3 - v);
        prop_assert_eq!(got, each(&input, |t| grouped(t).into_iter().map(|(k, v)| (k, fold(v))).collect()));
    }

    #[test]
    fn aggregate_by_key_folds_and_merges_in_order(input in pairs()) {
        let got = sorted(|out| stream! {
            source(queue(input.clone()))
                .aggregate_by_key(String::new(), |all, v| format!("{all}{v},"), |a, b| a + &b)
                .sink(out);
        });
        let fold = |v: Vec<i64>| v.iter().map(|v| format!("{v},")).collect::<String>();
        prop_assert_eq!(got, each(&input, |t| grouped(t).into_iter().map(|(k, v)| (k, fold(v))).collect()));
    }

    #[test]
    fn distinct_keeps_each_record_once(input in numbers(), words in lines()) {
        let got = sorted(|out| stream! { source(queue(input.clone())).distinct().sink(out); });
        let model = |t: &[i64]| t.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        prop_assert_eq!(got, each(&input, model));
        let got = sorted(|out| stream! { source(queue(words.clone())).distinct().sink(out); });
        let model = |t: &[String]| t.iter().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        prop_assert_eq!(got, each(&words, model));
    }

    #[test]
    fn join_gives_every_match(a in more(), b in more()) {
        let got = sorted(|out| stream! { source(queue(a.clone())).join(source(queue(b.clone()))).sink(out); });
        prop_assert_eq!(got, both(&a, &b).iter().map(inner).collect::<Vec<_>>());
    }

    #[test]
    fn outer_joins_keep_what_has_no_match(a in more(), b in more()) {
        let model: Vec<_> = both(&a, &b).iter().map(full).collect();
        let got = sorted(|out| stream! { source(queue(a.clone())).full_outer_join(source(queue(b.clone()))).sink(out); });
        prop_assert_eq!(got, model.clone());
        let got = sorted(|out| stream! { source(queue(a.clone())).left_outer_join(source(queue(b.clone()))).sink(out); });
        let left = |t: &Full<u64, i64, i64>| -> Vec<_> {
            t.iter().filter_map(|(k, (v, w))| Some((*k, ((*v)?, *w)))).collect()
        };
        prop_assert_eq!(got, model.iter().map(left).collect::<Vec<_>>());
        let got = sorted(|out| stream! { source(queue(a.clone())).right_outer_join(source(queue(b.clone()))).sink(out); });
        let right = |t: &Full<u64, i64, i64>| -> Vec<_> {
            t.iter().filter_map(|(k, (v, w))| Some((*k, (*v, (*w)?)))).collect()
        };
        prop_assert_eq!(got, model.iter().map(right).collect::<Vec<_>>());
    }

    #[test]
    fn semi_and_anti_join_part_the_left_records(a in more(), b in more()) {
        let model = |wanted: bool| -> Vec<Vec<(u64, i64)>> {
            let known = |b: &[(u64, i64)], k: u64| b.iter().any(|(j, _)| *j == k);
            let tick = |(a, b): &Sides<u64, i64, i64>| {
                let mut kept: Vec<_> = a.iter().copied().filter(|(k, _)| known(b, *k) == wanted).collect();
                kept.sort_unstable();
                kept
            };
            both(&a, &b).iter().map(tick).collect()
        };
        let got = sorted(|out| stream! { source(queue(a.clone())).left_semi_join(source(queue(b.clone()))).sink(out); });
        prop_assert_eq!(got, model(true));
        let got = sorted(|out| stream! { source(queue(a.clone())).left_anti_join(source(queue(b.clone()))).sink(out); });
        prop_assert_eq!(got, model(false));
    }

    #[test]
    fn cogroup_has_the_values_of_both_sides(a in more(), b in more()) {
        let got = sorted(|out| stream! { source(queue(a.clone())).cogroup(source(queue(b.clone()))).sink(out); });
        let tick = |(a, b): &Sides<u64, i64, i64>| {
            let (a, b) = (grouped(a), grouped(b));
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).copied().collect();
            let of = |side: &BTreeMap<u64, Vec<i64>>, k| side.get(&k).cloned().unwrap_or_default();
            keys.into_iter().map(|k| (k, (of(&a, k), of(&b, k)))).collect::<Vec<_>>()
        };
        prop_assert_eq!(got, both(&a, &b).iter().map(tick).collect::<Vec<_>>());
    }

    #[test]
    fn a_stream_is_joined_with_itself(input in pairs()) {
        let got = sorted(|out| stream! {
            let n = source(queue(input.clone())).map_values(|v| v + 1);
            n.join(n).sink(out);
        });
        let tick = |t: &Vec<(u64, i64)>| {
            let n: Vec<_> = t.iter().map(|(k, v)| (*k, v + 1)).collect();
            inner(&(n.clone(), n))
        };
        prop_assert_eq!(got, input.iter().map(tick).collect::<Vec<_>>());
    }

    #[test]
    fn two_branches_of_one_head_are_joined(input in pairs()) {
        let got = sorted(|out| stream! {
            let n = source(queue(input.clone()));
            n.filter(|(_, v)| *v > 0).join(n.filter(|(k, _)| *k != 2).map_values(|v| v.to_string())).sink(out);
        });
        let tick = |t: &Vec<(u64, i64)>| {
            let a: Vec<_> = t.iter().copied().filter(|(_, v)| *v > 0).collect();
            let b: Vec<_> = t.iter().filter(|(k, _)| *k != 2).map(|(k, v)| (*k, v.to_string())).collect();
            inner(&(a, b))
        };
        prop_assert_eq!(got, input.iter().map(tick).collect::<Vec<_>>());
    }

    #[test]
    fn three_streams_are_joined(a in pairs(), b in pairs(), c in pairs()) {
        let got = sorted(|out| stream! {
            let a = source(queue(a.clone()));
            let b = source(queue(b.clone()));
            let c = source(queue(c.clone()));
            a.join(b).join(c).sink(out);
        });
        let (ab, len): (Vec<_>, _) = (both(&a, &b).iter().map(inner).collect(), a.len().max(b.len()).max(c.len()));
        let mut model: Vec<_> = both(&ab, &c).iter().map(inner).collect();
        model.resize(len, Vec::new());
        prop_assert_eq!(got, model);
    }

    #[test]
    fn keys_may_be_borrowed_on_one_side_or_both(a in lines(), b in lines()) {
        let word = |l: &String| (l.split(' ').next().unwrap_or_default().to_string(), l.len());
        let model: Vec<_> = both(&a, &b).iter().map(|(a, b)| {
            inner(&(a.iter().map(word).collect::<Vec<_>>(), b.iter().map(word).collect::<Vec<_>>()))
        }).collect();
        // `queue` of strings gives `String`; `split` borrows.
        let both_borrowed = sorted(|out| stream! {
            let a = source(queue(a.clone())).flat_map(|l| [l]).map(|l| (l.split(' ').next().unwrap_or_default(), l.len()));
            let b = source(queue(b.clone())).flat_map(|l| [l]).map(|l| (l.split(' ').next().unwrap_or_default(), l.len()));
            a.join(b).sink(out);
        });
        prop_assert_eq!(&both_borrowed, &model);
        let one_borrowed = sorted(|out| stream! {
            let a = source(queue(a.clone())).map(|l| (l.split(' ').next().unwrap_or_default(), l.len()));
            let b = source(queue(b.clone())).map(|l| (l.split(' ').next().unwrap_or_default().to_string(), l.len()));
            b.join(a).map_values(|(of_b, of_a)| (of_a, of_b)).sink(out);
        });
        prop_assert_eq!(&one_borrowed, &model);
    }

    #[test]
    fn records_meet_their_matches_in_a_table(input in more(), table in more()) {
        let rows: Vec<(u64, i64)> = table.concat();
        let table = Table::from_iter(rows.clone());
        let got = ordered(|out| stream! { source(queue(input.clone())).join_table(&table).sink(out); });
        let of = |k: u64| rows.iter().filter(move |(j, _)| *j == k).map(|(_, w)| *w);
        let model = |t: &[(u64, i64)]| t.iter().flat_map(|(k, v)| of(*k).map(|w| (*k, (*v, w)))).collect();
        prop_assert_eq!(got, each(&input, model));
        let got = ordered(|out| stream! { source(queue(input.clone())).left_outer_join_table(&table).sink(out); });
        let model = |t: &[(u64, i64)]| {
            let lone = |k: u64| of(k).next().is_none().then_some(None);
            t.iter().flat_map(|(k, v)| of(*k).map(Some).chain(lone(*k)).map(|w| (*k, (*v, w)))).collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }
}

#[test]
fn matches_leave_in_the_order_of_both_sides() {
    let got = ordered(|out| {
        stream! {
            let a = source(queue([vec![(1u64, 'a'), (1, 'b')]]));
            let b = source(queue([vec![(1u64, 'x'), (2, 'y'), (1, 'z')]]));
            a.full_outer_join(b).filter(|(key, _)| *key == 1).values().sink(out);
        }
    });
    let some = |a, b| (Some(a), Some(b));
    assert_eq!(got, [[some('a', 'x'), some('a', 'z'), some('b', 'x'), some('b', 'z')]]);
}

#[test]
fn many_matches_of_one_key_are_counted_without_being_held() {
    let ones = || vec![(7u64, ()); 3000];
    let got = sorted(|out| {
        stream! {
            let a = source(queue([ones()]));
            let b = source(queue([ones()]));
            a.join(b).count().sink(out);
        }
    });
    assert_eq!(got, [[9_000_000]]);
}

#[test]
fn a_table_may_be_shared_or_owned_and_asked_with_borrowed_keys() {
    let table = std::sync::Arc::new(Table::from_iter([("a-key-of-more-than-sixteen-bytes", 1), ("b", 2)]));
    let got = ordered(|out| {
        let table = table.clone();
        stream!(move {
            let words = source(queue([vec!["b a-key-of-more-than-sixteen-bytes c"]])).flat_map(|l| l.split(' '));
            words.map(|w| (w, w.len())).join_table(table.clone()).join_table((*table).clone()).sink(out);
        })
    });
    let row = |word: &str, n: usize, value: i32| (word.to_string(), ((n, value), value));
    assert_eq!(got, [[row("b", 1, 2), row("a-key-of-more-than-sixteen-bytes", 32, 1)]]);
}

#[test]
fn the_operands_of_folds_may_be_variables_and_functions() {
    fn longer(a: String, b: String) -> String {
        if a.len() < b.len() { b } else { a }
    }
    let (begin, step) = (10, 2);
    let got = sorted(|out| {
        stream! {
            let words = source(queue([vec!["a", "ab", "b"]]));
            let lengths = words.map(|w| (w.len(), 1)).fold_by_key(begin, |a, n| a + n * step);
            let longest = words.map(|w| ((), w)).aggregate_by_key(String::new(), longer, longer);
            lengths.join(longest.map(|((), w)| (w.len(), w))).sink(out);
        }
    });
    assert_eq!(got, [[(2, (12, "ab".to_string()))]]);
}
