//! Element-wise operators, each against a line of iterators.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{each, few, lines, numbers, ordered, pairs};

proptest! {
    #![proptest_config(few())]

    #[test]
    fn map_changes_each_record(input in numbers()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).map(|n| n * 3 - 1).sink(out); });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().map(|n| n * 3 - 1).collect()));
    }

    #[test]
    fn filter_keeps_what_the_closure_likes(input in numbers()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).filter(|n| n % 3 == 0).sink(out); });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().copied().filter(|n| n % 3 == 0).collect()));
    }

    #[test]
    fn two_filters_in_a_row_leave_the_same_block(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).filter(|n| *n > -9).map(|n| n + 1).filter(|n| *n < 9).sink(out);
        });
        let model = |tick: &[i64]| tick.iter().filter(|n| **n > -9).map(|n| n + 1).filter(|n| *n < 9).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn flat_map_yields_all_in_order(input in lines()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).flat_map(|l| l.split(' ')).sink(out); });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().flat_map(|l| l.split(' ')).map(String::from).collect()));
    }

    #[test]
    fn flat_maps_nest(input in lines()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).flat_map(|l| l.split(' ')).filter(|w| w.len() > 1).flat_map(|w| w.chars()).sink(out);
        });
        let model = |tick: &[String]| {
            tick.iter().flat_map(|l| l.split(' ')).filter(|w| w.len() > 1).flat_map(str::chars).collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn flat_map_takes_options_and_vectors(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).flat_map(|n| (n > 0).then_some(n)).flat_map(|n| vec![n; 2]).sink(out);
        });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().filter(|n| **n > 0).flat_map(|n| [*n, *n]).collect()));
    }

    #[test]
    fn filter_map_keeps_what_is_some(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).filter_map(|n| (n % 2 == 0).then(|| n.to_string())).sink(out);
        });
        let model = |tick: &[i64]| tick.iter().filter(|n| **n % 2 == 0).map(i64::to_string).collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn try_map_sorts_good_from_bad(input in lines()) {
        let (good, bad) = (
            ordered(|out| stream! {
                let (good, _) = source(queue(input.clone())).try_map(|l| if l.len() > 3 { Ok(l.len()) } else { Err(l.len()) });
                good.sink(out);
            }),
            ordered(|out| stream! {
                let (_, bad) = source(queue(input.clone())).try_map(|l| if l.len() > 3 { Ok(l.len()) } else { Err(l.len()) });
                bad.sink(out);
            }),
        );
        prop_assert_eq!(good, each(&input, |t| t.iter().map(String::len).filter(|n| *n > 3).collect()));
        prop_assert_eq!(bad, each(&input, |t| {
            t.iter().filter(|l| l.len() <= 3).map(|l| Bad { record: l.clone(), error: l.len() }).collect()
        }));
    }

    #[test]
    fn map_values_leaves_the_key(input in pairs()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).map_values(|v| v * 2).map_values(|v| v + 1).sink(out); });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().map(|(k, v)| (*k, v * 2 + 1)).collect()));
    }

    #[test]
    fn flat_map_values_repeats_the_key(input in pairs()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).flat_map_values(|v| 0..v.rem_euclid(3)).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().flat_map(|(k, v)| (0..v.rem_euclid(3)).map(|n| (*k, n))).collect()));
    }

    #[test]
    fn filter_values_keeps_pairs_by_their_value_also_in_a_for(input in pairs(), n in 0..4i64) {
        let got = ordered(|out| stream! {
            let s = source(queue(input.clone())).filter_values(|v| v % 2 == 0);
            for i in 0..n { s = s.filter_values(|v| v % 3 != i); }
            s.sink(out);
        });
        let kept = |v: &i64| v % 2 == 0 && (0..n).all(|i| v % 3 != i);
        prop_assert_eq!(got, each(&input, |t| t.iter().filter(|(_, v)| kept(v)).copied().collect()));
    }

    #[test]
    fn keys_and_values_are_the_halves_of_pairs(input in pairs()) {
        let keys = ordered(|out| stream! { source(queue(input.clone())).keys().sink(out); });
        prop_assert_eq!(keys, each(&input, |t| t.iter().map(|(k, _)| *k).collect()));
        let values = ordered(|out| stream! { source(queue(input.clone())).values().sink(out); });
        prop_assert_eq!(values, each(&input, |t| t.iter().map(|(_, v)| *v).collect()));
    }

    #[test]
    fn flatten_gives_the_items_of_collections_and_options(input in lines()) {
        let got = ordered(|out| stream! {
            let words = source(queue(input.clone())).map(|l| l.split(' ').map(str::to_owned).collect::<Vec<_>>()).flatten();
            words.map(|w| w.chars().next()).flatten().sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().flat_map(|l| l.split(' ')).flat_map(|w| w.chars().next()).collect()));
    }

    #[test]
    fn key_by_puts_the_key_before_the_record(input in lines()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).key_by(|l| l.len()).sink(out); });
        prop_assert_eq!(got, each(&input, |tick| tick.iter().map(|l| (l.len(), l.clone())).collect()));
    }

    #[test]
    fn inspect_sees_every_record_and_changes_none(input in numbers()) {
        let sum = AtomicI64::new(0);
        let got = ordered(|out| stream! {
            source(queue(input.clone())).inspect(|n| { sum.fetch_add(*n, Relaxed); }).sink(out);
        });
        prop_assert_eq!(&got, &input);
        prop_assert_eq!(sum.into_inner(), 13 * input.iter().flatten().sum::<i64>());
    }

    #[test]
    fn split_gives_each_record_to_one_of_two(input in numbers()) {
        let small = ordered(|out| stream! {
            let (small, _large) = source(queue(input.clone())).split(|n| *n < 5);
            small.sink(out);
        });
        let large = ordered(|out| stream! {
            let (_small, large) = source(queue(input.clone())).split(|n| *n < 5);
            large.sink(out);
        });
        prop_assert_eq!(small, each(&input, |tick| tick.iter().copied().filter(|n| *n < 5).collect()));
        prop_assert_eq!(large, each(&input, |tick| tick.iter().copied().filter(|n| *n >= 5).collect()));
    }

    #[test]
    fn both_sides_of_a_split_go_to_their_own_sinks(input in lines()) {
        for (wanted, long) in [(true, true), (false, false)] {
            let got = ordered(|out| {
                let aside = MemorySink::new();
                let (to_long, to_short) = if long { (out, aside) } else { (aside, out) };
                stream! {
                    let (long, short) = source(queue(input.clone())).split(|l| l.len() > 5);
                    long.sink(to_long);
                    short.sink(to_short);
                }
            });
            prop_assert_eq!(got, each(&input, |t| t.iter().filter(|l| (l.len() > 5) == wanted).cloned().collect()));
        }
    }

    #[test]
    fn every_consumer_of_a_stream_gets_every_record(input in lines()) {
        // A filter on the first branch must not starve the second.
        let got = ordered(|out| {
            let aside = MemorySink::new();
            stream! {
                let lines = source(queue(input.clone()));
                lines.filter(|l| l.len() > 100).sink(aside);
                lines.filter_map(|l| l.split(' ').next().map(String::from)).sink(out);
            }
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().map(|l| l.split(' ').next().unwrap_or("").to_string()).collect()));
    }

    #[test]
    fn a_for_repeats_its_body(input in numbers(), n in 0i64..5) {
        let seen = AtomicI64::new(0);
        let got = ordered(|out| stream! {
            let s = source(queue(input.clone()));
            for i in 0..n {
                s = s.map(|x| x * 3 + i);
                s = s.filter(|x| x % 5 != 2).filter_map(|x| if x % 7 == 3 { None } else { Some(x - 1) });
                s = s.inspect(|_| { seen.fetch_add(1, Relaxed); });
            }
            s.sink(out);
        });
        let mut passes = 0;
        let mut model = |x: &i64| {
            let mut x = *x;
            for i in 0..n {
                x = x * 3 + i;
                if x % 5 == 2 || x % 7 == 3 { return None; }
                x -= 1;
                passes += 1;
            }
            Some(x)
        };
        let expected: Vec<Vec<i64>> = input.iter().map(|t| t.iter().filter_map(&mut model).collect()).collect();
        prop_assert_eq!(got, expected);
        prop_assert_eq!(seen.into_inner(), 13 * passes);
    }

    #[test]
    fn a_for_goes_over_pairs(input in pairs(), n in 0usize..4) {
        let got = ordered(|out| stream! {
            let s = source(queue(input.clone()));
            for _ in 0..n { s = s.map_values(|v| v + 1).map(|(k, v)| (k + 1, v)); }
            s.sink(out);
        });
        let n = n as i64;
        prop_assert_eq!(got, each(&input, |t| t.iter().map(|(k, v)| (k + n as u64, v + n)).collect()));
    }
}

#[test]
fn two_fors_follow_each_other_over_a_slice_and_a_range() {
    let steps = [1, 10];
    let got = ordered(|out| {
        stream! {
            let s = source(queue([vec![0]]));
            for step in &steps { s = s.map(|x| x + step); }
            for _ in 0..=1 { s = s.map(|x| x * 2); }
            s.sink(out);
        }
    });
    assert_eq!(got, [[44]]);
}

#[test]
fn a_for_over_owned_records_moves_them() {
    let got = ordered(|out| {
        stream! {
            let s = source(queue([vec!["x".to_string()]]));
            for i in 0..3 { s = s.map(|text| text + &i.to_string()); }
            s.sink(out);
        }
    });
    assert_eq!(got, [["x012"]]);
}

#[test]
fn inspect_runs_in_the_order_of_records_within_a_task() {
    let seen = Mutex::new(Vec::new());
    let out = MemorySink::new();
    let pipeline = stream! {
        source(queue([vec![3, 1, 2], vec![5, 4]])).inspect(|n| seen.lock().expect("no panic").push(*n)).sink(out.clone());
    };
    Engine::test().partitions(1).run(pipeline).expect("it runs");
    assert_eq!(seen.into_inner().expect("no panic"), [3, 1, 2, 5, 4]);
}
