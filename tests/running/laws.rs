//! `millstream::testing`: functions that keep the laws of their operators, and functions that don't.

use std::panic::{UnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use millstream::prelude::*;
use millstream::testing::{
    lawful_commutative_reducer, lawful_inverse, lawful_reducer, restarts_change_nothing,
};
use proptest::prelude::*;

fn message(check: impl FnOnce() + UnwindSafe) -> String {
    let payload = catch_unwind(check).expect_err("it is lawless");
    let fixed = payload.downcast_ref::<&str>().map(ToString::to_string);
    fixed.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message")
}

#[test]
fn lawful_reducers_pass() {
    lawful_reducer(|a: i64, b| a.wrapping_add(b), any::<i64>());
    lawful_reducer(|a: String, b| a + &b, "[a-c]{0,3}");
    lawful_commutative_reducer(|a: (u32, u32), b| (a.0.min(b.0), a.1.max(b.1)), any::<(u32, u32)>());
    lawful_reducer(|a: f64, b| a + b, (-1000i32..1000).prop_map(f64::from));
}

#[test]
fn a_mean_of_means_is_no_lawful_reducer_and_the_example_is_small() {
    let message = message(|| lawful_reducer(|a: i64, b| (a + b) / 2, 0i64..1000));
    assert!(message.starts_with("the reducer is not associative:\n  f(f(a, b), c) = "), "{message}");
    assert!(message.contains("different with another number of partitions"), "{message}");
    assert!(message.contains("for a mean: sum and count"), "{message}");
    let with = message.lines().find(|l| l.starts_with("  with ")).expect("the example").to_string();
    let sizes: Vec<i64> = with.split(['=', ',']).filter_map(|part| part.trim().parse().ok()).collect();
    // How far proptest gets depends on where it began; unshrunk, all three would hardly be small.
    assert!(sizes.len() == 3 && sizes.iter().sum::<i64>() < 300, "it was shrunk: {with}");
}

#[test]
fn the_order_of_values_matters_only_where_it_is_asked_for() {
    let concat = |a: String, b: String| a + &b;
    lawful_reducer(concat, "[ab]{0,2}");
    let message = message(|| lawful_commutative_reducer(concat, "[ab]{0,2}"));
    assert!(message.starts_with("the reducer is not commutative:\n  f(a, b) = \""), "{message}");
    assert!(message.contains("with a = \""), "{message}");
}

#[test]
fn an_inverse_takes_off_what_was_added() {
    lawful_inverse(|a: i64, b| a.wrapping_add(b), |a, b| a.wrapping_sub(b), any::<i64>());
    lawful_inverse(|a: u8, b| a ^ b, |a, b| a ^ b, any::<u8>());
}

#[test]
fn a_maximum_has_no_inverse() {
    let message = message(|| lawful_inverse(|a: i64, b| a.max(b), |a, b| a.min(b), 0i64..100));
    assert!(message.starts_with("the inverse does not take off what the reducer added:\n"), "{message}");
    assert!(message.contains("inv(f(a, b), b) = "), "{message}");
    assert!(message.contains("drift further from the truth with every slide"), "{message}");
}

#[test]
fn a_reducer_that_panics_is_shown_with_the_values() {
    let message = message(|| {
        lawful_reducer(|a: u8, b| a.checked_add(b).expect("no overflow in a count"), any::<u8>());
    });
    assert!(message.contains("no overflow in a count") && message.contains("with ("), "{message}");
}

#[test]
fn a_pipeline_that_keeps_its_state_in_operators_outlives_crashes() {
    restarts_change_nothing(|out| {
        stream!(move {
            let pairs = source(queue([vec![("a", 1u64), ("b", 2)], vec![], vec![("a", 3)], vec![("b", 4)]]));
            pairs.update_state_by_key(|new, old: Option<u64>| Some(old.unwrap_or(0) + new.iter().sum::<u64>())).sink(out);
        })
    });
}

#[test]
fn a_check_that_compares_nothing_fails() {
    let message = message(|| {
        restarts_change_nothing(|_: MemorySink<u64>| {
            stream! { source(queue([vec![1u64]])).for_each(drop); }
        });
    });
    assert!(message.contains("no record reached the sink"), "{message}");
}

#[test]
fn a_pipeline_that_has_fewer_ticks_when_it_runs_again_is_found_out() {
    let runs = AtomicU64::new(0);
    let message = message(|| {
        restarts_change_nothing(|out| {
            // Three ticks the first time, then none that is crashed in.
            let ticks = if runs.fetch_add(1, Ordering::Relaxed) == 0 { 3 } else { 0 };
            stream!(move { source(queue((0..ticks).map(|n| [n]))).sink(out); })
        });
    });
    assert!(message.contains("has no tick 0 when it runs once more"), "{message}");
}

#[test]
fn a_closure_that_counts_by_itself_does_not_outlive_a_crash() {
    let message = message(|| {
        restarts_change_nothing(|out| {
            let count = AtomicU64::new(0);
            stream!(move {
                let numbered = source(queue([vec!["a"], vec!["b"]]))
                    .map(|w| (w, count.fetch_add(1, Ordering::Relaxed)));
                numbered.sink(out);
            })
        });
    });
    assert!(
        message.contains("is another one after a crash") && message.contains("keep it in a state"),
        "{message}"
    );
}
