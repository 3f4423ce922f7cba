//! `union`: of streams of one head record by record, of different heads tick by tick; always in the order of its inputs.

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{each, few, numbers, ordered, sorted};

proptest! {
    #![proptest_config(few())]

    #[test]
    fn streams_of_one_head_meet_record_by_record(input in numbers()) {
        let got = ordered(|out| stream! {
            let n = source(queue(input.clone()));
            n.filter(|n| n % 2 == 0).union(n.map(|n| n * 10)).sink(out);
        });
        let model = |t: &[i64]| t.iter().flat_map(|n| [(n % 2 == 0).then_some(*n), Some(n * 10)]).flatten().collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn the_order_is_that_of_the_inputs_and_not_of_the_text(input in numbers()) {
        let got = ordered(|out| stream! {
            let n = source(queue(input.clone()));
            let early = n.map(|n| n + 100);
            let late = n.map(|n| n - 100);
            late.union(early).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().flat_map(|n| [n - 100, n + 100]).collect()));
    }

    #[test]
    fn a_stream_united_with_itself_comes_twice(input in numbers()) {
        let got = ordered(|out| stream! {
            let n = source(queue(input.clone())).map(|n| n + 1);
            n.union(n).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().flat_map(|n| [n + 1, n + 1]).collect()));
    }

    #[test]
    fn unions_nest_on_the_left(input in numbers()) {
        let got = ordered(|out| stream! {
            let n = source(queue(input.clone()));
            let a = n.map(|n| n);
            let b = n.map(|n| n + 100);
            let c = n.map(|n| n + 200);
            a.union(b).union(c).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().flat_map(|n| [*n, n + 100, n + 200]).collect()));
    }

    #[test]
    fn unions_nest_on_the_right(input in numbers()) {
        let got = ordered(|out| stream! {
            let n = source(queue(input.clone()));
            let a = n.map(|n| n);
            let b = n.filter(|n| n % 2 == 0).map(|n| n + 100);
            let c = n.flat_map(|n| [n + 200, n + 300]);
            c.union(a.union(b)).sink(out);
        });
        let model = |t: &[i64]| {
            t.iter()
                .flat_map(|n| [Some(n + 200), Some(n + 300), Some(*n), (n % 2 == 0).then_some(n + 100)])
                .flatten()
                .collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn two_unions_of_the_same_streams_may_differ_in_order(input in numbers()) {
        let make = |out: MemorySink<i64>, first: bool| {
            let aside = MemorySink::new();
            let (one, two) = if first { (out, aside) } else { (aside, out) };
            stream! {
                let n = source(queue(input.clone()));
                let a = n.map(|n| n);
                let b = n.map(|n| n + 100);
                a.union(b).sink(one);
                b.union(a).sink(two);
            }
        };
        let one = ordered(|out| make(out, true));
        let two = ordered(|out| make(out, false));
        prop_assert_eq!(one, each(&input, |t| t.iter().flat_map(|n| [*n, n + 100]).collect()));
        prop_assert_eq!(two, each(&input, |t| t.iter().flat_map(|n| [n + 100, *n]).collect()));
    }

    #[test]
    fn the_two_sides_of_a_split_join_again_in_order(input in numbers()) {
        let got = ordered(|out| stream! {
            let (small, large) = source(queue(input.clone())).split(|n| *n < 0);
            small.map(|n| -n).union(large).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().map(|n| n.abs()).collect()));
    }

    #[test]
    fn sources_stand_one_after_the_other_in_each_tick(a in numbers(), b in numbers()) {
        let got = ordered(|out| stream! {
            let a = source(queue(a.clone()));
            let b = source(queue(b.clone())).map(|n| n + 1000);
            b.union(a).sink(out);
        });
        let ticks = a.len().max(b.len());
        let tick = |of: &[Vec<i64>], i: usize| of.get(i).cloned().unwrap_or_default();
        let expected: Vec<Vec<i64>> = (0..ticks)
            .map(|i| tick(&b, i).iter().map(|n| n + 1000).chain(tick(&a, i)).collect())
            .collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn three_sources_and_a_branch_of_one_of_them_unite(a in numbers(), b in numbers()) {
        let got = sorted(|out| stream! {
            let a = source(queue(a.clone()));
            let b = source(queue(b.clone()));
            let all = a.union(b).union(a.map(|n| n * 100));
            all.count().map(|n| n as i64).union(all).sink(out);
        });
        let ticks = a.len().max(b.len());
        let expected: Vec<Vec<i64>> = (0..ticks).map(|i| {
            let (a, b) = (a.get(i).cloned().unwrap_or_default(), b.get(i).cloned().unwrap_or_default());
            let mut all: Vec<i64> = a.iter().chain(&b).copied().chain(a.iter().map(|n| n * 100)).collect();
            all.push(all.len() as i64);
            all.sort();
            all
        }).collect();
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn united_lines_become_owned_only_where_they_leave() {
    let got = ordered(|out| {
        stream! {
            let lines = source(queue([vec!["a b".to_string(), "c".to_string()]]));
            let words = lines.flat_map(|l| l.split(' ').map(str::to_owned).collect::<Vec<_>>());
            lines.union(words.map(|w| w.to_uppercase())).sink(out);
        }
    });
    assert_eq!(got, [["a b", "A", "B", "c", "C"]]);
}

#[test]
fn a_union_of_borrowed_words_stays_borrowed() {
    let got = ordered(|out| {
        stream! {
            let words = source(queue([vec!["a bb", "cc d"]])).flat_map(|l| l.split(' '));
            let short = words.filter(|w| w.len() == 1);
            let long = words.filter(|w| w.len() > 1).map(|w| &w[1..]);
            short.union(long).map(|w| w.len()).sink(out);
        }
    });
    assert_eq!(got, [[1, 1, 1, 1]]);
}
