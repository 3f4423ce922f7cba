//! What the plan says of joins, and what no join can mean.

use millstream::prelude::*;

#[test]
fn the_plan_shows_intervals_and_windows() {
    let pipeline = stream! {
        let a = source(queue([vec![("x", 1i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let b = source(queue([vec![("x", 1i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.interval_join(b, Interval::around(secs(5))).for_each(|_| {});
        a.left_semi_interval_join(b, Interval::millis(5..)).unbounded().for_each(|_| {});
        a.tumbling(secs(10)).join(b).for_each(|_| {});
    };
    let plan = pipeline.plan().to_string();
    for shown in [
        "interval_join(-5s..=5s)",
        "left_semi_interval_join(5ms.., state grows with the records)",
        "join(tumbling 10s, append)",
    ] {
        assert!(plan.contains(shown), "{shown} is not in\n{plan}");
    }
}

fn refused(pipeline: Pipeline<'_>) -> String {
    Engine::test().run(pipeline).expect_err("it is refused").to_string()
}

#[test]
fn state_without_bounds_is_refused_unless_it_is_said() {
    let error = refused(stream! {
        let a = source(queue([vec![("x", 1i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.interval_join(a, Interval::millis(0..)).for_each(|_| {});
    });
    assert!(
        error.contains("`a/interval_join` has the interval 0s..") && error.contains("`.unbounded()`"),
        "{error}"
    );
    let error = refused(stream! {
        let a = source(queue([vec![("x", 1i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.interval_join(a, Interval::around(secs(1))).unbounded().for_each(|_| {});
    });
    assert!(error.contains("leave out `.unbounded()`"), "{error}");
    let error = refused(stream! {
        let a = source(queue([vec![("x", 1i64)]]));
        a.interval_join(a, Interval::around(secs(1))).unbounded().for_each(|_| {});
    });
    assert!(error.contains("no event time"), "{error}");
}

#[test]
fn matches_are_never_taken_back_so_there_is_one_emission_mode() {
    let error = refused(stream! {
        let a = source(queue([vec![("x", 1i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.tumbling(secs(1)).emit(Emit::Update).join(a).for_each(|_| {});
    });
    assert!(error.contains("no other emission mode than append"), "{error}");
}
