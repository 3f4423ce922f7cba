//! What to write instead of a name that is no operator.

use millstream_plan::{Arg, Modifier, OpKind};

/// Names from Rust's iterators and from Spark that mean something else here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("chain", "two streams become one with `a.union(b)`"),
    (
        "collect",
        "to get at the results, end the chain with `.sink(out.clone())`, where `out` is a `MemorySink`",
    ),
    (
        "take",
        "to see the first records of each tick write `.print(n)`, to keep its largest `.top(n)`; a stream itself has no end to take from",
    ),
    ("foreach", "to do something with each record write `.for_each(|x| …)`"),
    ("merge", "two streams become one with `a.union(b)`"),
    ("extend", "two streams become one with `a.union(b)`"),
    ("tap", "to look at records as they pass write `.inspect(|x| …)`"),
    ("skip", "records have no positions; to leave some out by what they hold write `.filter(|x| …)`"),
    ("step_by", "records have no positions; to leave some out by what they hold write `.filter(|x| …)`"),
    (
        "rev",
        "a stream has no end to begin at; a tick's records can be turned round in `.transform(|batch, tick| …)`",
    ),
    ("last", "a stream has no end; the records of each tick come to `.transform(|batch, tick| …)`"),
    ("next", "records are not fetched one by one: write what is to be done with each, `.for_each(|x| …)`"),
    ("len", "how many records each tick has is `.count()`; of each record's length: `.map(|x| x.len())`"),
    ("max", "write `.reduce(|a, b| a.max(b))`"),
    ("min", "write `.reduce(|a, b| a.min(b))`"),
    ("sort", "to sort the records of each tick write `.key_by(|x| …).sort_by_key()`; the largest: `.top(n)`"),
    (
        "sort_by",
        "to sort the records of each tick write `.key_by(|x| …).sort_by_key()`; the largest: `.top(n, |x| …)`",
    ),
    ("glom", "write `.chunks()`"),
    ("coalesce", "write `.repartition(n)`"),
    ("split_whitespace", "write `.words()`"),
    ("split_ascii_whitespace", "write `.words_ascii()`"),
    ("clone", "bind the stream with `let`, and use its name as often as you like"),
    (
        "unwrap",
        "to leave out records that are an error write `.filter_map(|x| x.ok())`; `.try_map(…)` keeps them as a stream of their own",
    ),
    ("count_by_key", "write `.map(|(key, _)| key).count_by_value()`"),
    (
        "group_by",
        "write `.key_by(|x| …)`, then `.group_by_key()`, or better an operator that needs no lists, such as `.reduce_by_key(|a, b| …)`",
    ),
    ("combine_by_key", "write `.aggregate_by_key(init, |acc, x| …, |acc, other| …)`"),
    ("inner_join", "write `.join(other)`"),
    ("state_snapshots", "write `let (mapped, snapshots) = ….map_with_state_and_snapshots(…)`"),
    (
        "scan",
        "to carry something from record to record and from tick to tick, give the records keys and write `.map_with_state(…)`",
    ),
    ("co_group", "write `.cogroup(other)`"),
    ("group_with", "write `.cogroup(other)`"),
    ("lookup", "to look records up in static data write `.join_table(&table)`, where `table` is a `Table`"),
    ("unique", "records that are equal become one with `.distinct()`"),
    (
        "dedup",
        "records that are equal become one with `.distinct()`; `.count_by_value()` also says how many there were",
    ),
    ("map_to_pair", "write `.map(|x| (key, value))`"),
    ("flat_map_to_pair", "write `.flat_map(|x| …)` with pairs `(key, value)`"),
    ("uid", "its name in checkpoints is written `.id(\"counts\")`"),
    ("name", "its name in checkpoints is written `.id(\"counts\")`; in the plan it has that of its `let`"),
    ("with_watermark", "write `.event_time(|x| x.time, secs(10))`"),
    ("assign_timestamps_and_watermarks", "write `.event_time(|x| x.time, secs(10))`"),
    ("join_within", "write `.interval_join(other, Interval::around(secs(5)))`"),
    (
        "outer_join",
        "write `.left_outer_join(other)`, `.right_outer_join(other)` or `.full_outer_join(other)`",
    ),
    (
        "co_flat_map",
        "write `.interval_join(other, Interval::around(secs(5)))`, or in windows `.tumbling(length).cogroup(other)`",
    ),
    ("tumble", "write `.tumbling(length)`"),
    ("hop", "write `.sliding(length, slide)`"),
    ("session_window", "write `.session(gap)`"),
    ("merge_asof", "write `.join_as_of(other)`"),
    ("asof_join", "write `.join_as_of(other)`"),
    ("join_asof", "write `.join_as_of(other)`"),
    ("temporal_join", "write `.join_as_of(other)`"),
    ("diff", "the difference to the value before, of each key: `.delta(|before, now| now - before)`"),
    ("pairwise", "each value with the one before it, of its key: `.lag()`"),
    ("start", "a pipeline is started by its engine: `Engine::local().start(pipeline)`"),
    ("run", "a pipeline is run by its engine: `Engine::local().run(pipeline)`"),
    ("for_each_rdd", "write `.for_each_batch(|batch, tick| …)`"),
    ("foreach_rdd", "write `.for_each_batch(|batch, tick| …)`"),
    ("pprint", "write `.print()`"),
    ("save_as_text_file", "write `.save_as_text_files(prefix)`: each tick is a folder of its own"),
    ("save_as_hadoop_files", "write `.save_as_text_files(prefix)`, or a sink of your own with `.sink(out)`"),
    ("save_as_object_files", "write `.save_as_text_files(prefix)`, or a sink of your own with `.sink(out)`"),
    ("cloned", "write `.map(|x| x.clone())`"),
    ("copied", "write `.map(|x| *x)`"),
    ("into_iter", "a stream is already a sequence of records: go on with `.map`, `.filter`, …"),
    ("iter", "a stream is already a sequence of records: go on with `.map`, `.filter`, …"),
    ("partition", "two streams by a condition: `let (yes, no) = s.split(|x| …);`"),
    ("sum", "write `.reduce(|a, b| a + b)`"),
    ("zip", "records have no positions to pair up by; give both streams a key, then `.join(other)`"),
    ("enumerate", "records have no positions, since several threads make them at once"),
    ("broadcast", "a closure simply captures the value: by reference, or with `move`"),
    ("cache", "a stream with several consumers in a stage is computed once already"),
    ("persist", "a stream with several consumers in a stage is computed once already"),
];

/// Operators of the design that later versions bring.
const PLANNED: &[&str] = &["slice"];

/// The message for what stands behind a window and is no aggregate.
pub fn no_aggregate(window: OpKind, name: &str) -> String {
    let (plain, window) = (snake_case(name), window.name());
    let aggregates = || OpKind::ALL.iter().copied().filter(|kind| kind.is_windowed());
    let meant = match OpKind::windowed_by_name(&plain) {
        Some(kind) => Some(kind.name()),
        None => nearest(&plain, aggregates().map(OpKind::name)),
    };
    let hint = match plain.as_str() {
        "sum" | "min" | "max" | "mean" | "min_by" | "max_by" | "count_distinct" => {
            format!(": write `.aggregate({plain}(|x| …))`")
        }
        "top_by_key" => ": write `.aggregate_by_key(top(n))`".to_string(),
        _ => meant.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
    };
    let names: Vec<String> = aggregates().map(|kind| format!("`{}`", kind.name())).collect();
    format!(
        "behind `.{window}(…)` stands what is to be made of each window, and `{name}` is none{hint}. The aggregates are {}",
        names.join(", ")
    )
}

/// How a modifier with an argument is written.
pub fn modifier(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::IdleAfter => "`.idle_after(minutes(1))`",
        Modifier::AllowedLateness => "`.allowed_lateness(secs(30))`",
        Modifier::Emit => "`.emit(Emit::Update)`",
        Modifier::Id => "`.id(\"counts\")`",
        Modifier::Unbounded => "`.unbounded()`",
        Modifier::Exact => "`.exact()`",
        Modifier::EventTimeout => "`.event_timeout(minutes(30))`",
    }
}

/// The message for a method that is no operator.
pub fn unknown_operator(name: &str) -> String {
    let plain = snake_case(name);
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(n, _)| *n == plain) {
        return format!("`{name}` is no operator of a stream: {hint}");
    }
    if plain != name && OpKind::by_name(&plain).is_some() {
        return format!("`{name}` is no operator of a stream; it is written `{plain}` here");
    }
    if let Some(modifier) = Modifier::by_name(&plain) {
        return format!("`{name}` does not stand here; it is for {}", modifier.spec().takers);
    }
    if PLANNED.contains(&plain.as_str()) {
        return format!("the operator `{plain}` is planned, but this version does not have it yet");
    }
    let nearest = OpKind::ALL
        .iter()
        .filter(|k| OpKind::by_name(k.name()).is_some())
        .map(|k| (distance(&plain, k.name()), k.name()))
        .min();
    match nearest {
        Some((d, near)) if is_near(d, near) => {
            format!("`{name}` is no operator of a stream; did you mean `{near}`?")
        }
        _ => format!(
            "`{name}` is no operator of a stream; the operators are listed at `millstream::dsl::Stream`. \
             For a function of each record write `.map(|x| x.{name}(…))`"
        ),
    }
}

/// The operator that a call of `kind` with so many arguments is meant to be: a fold that merges has a name of its own.
pub fn meant(kind: OpKind, arguments: usize) -> OpKind {
    match (kind, arguments) {
        (OpKind::Fold, 3) => OpKind::Aggregate,
        (OpKind::FoldByKey, 3) => OpKind::AggregateByKey,
        (OpKind::ReduceByWindow, 4) => OpKind::ReduceByWindowWithInverse,
        (OpKind::ReduceByKeyAndWindow, 4..) => OpKind::ReduceByKeyAndWindowWithInverse,
        _ => kind,
    }
}

/// How a call of `kind` looks.
pub fn example(kind: OpKind) -> String {
    let name = kind.name();
    match (kind, kind.spec().args) {
        (OpKind::ForEachBatch, _) => format!("`.{name}(|batch, tick| …)`"),
        (OpKind::Fold | OpKind::FoldByKey, _) => format!("`.{name}(init, |acc, x| …)`"),
        (OpKind::Aggregate | OpKind::AggregateByKey, _) => {
            format!("`.{name}(init, |acc, x| …, |acc, other| …)`")
        }
        (OpKind::JoinTable | OpKind::LeftOuterJoinTable, _) => {
            format!("`.{name}(&table)`, where `table` is a `Table`")
        }
        (OpKind::SortByKey, _) => format!("`.{name}()` or `.{name}(Order::Descending)`"),
        (OpKind::Top, _) => format!("`.{name}(n)` or `.{name}(n, |x| …)`"),
        (OpKind::Transform, _) => format!("`.{name}(|batch, tick| …)`"),
        (OpKind::TransformWith, _) => {
            format!("`.{name}(other, |batch, others, tick| …)`, where `other` is a stream")
        }
        (OpKind::RunningFold, _) => format!("`.{name}(init, |acc, x| …)`"),
        (OpKind::UpdateStateByKey, _) => {
            format!("`.{name}(|new, old| …)` or `.{name}(|new, old| …, initial)`")
        }
        (OpKind::UpdateStateByKeyWith, _) => {
            format!("`.{name}(|key, new, old, tick| …)` or `.{name}(|key, new, old, tick| …, initial)`")
        }
        (OpKind::MapWithState | OpKind::MapWithStateAndSnapshots, _) => {
            format!(
                "`.{name}(|key, value, state: &mut State<S>| …)`, and a `StateSpec` behind it if there is more to say"
            )
        }
        (OpKind::DropDuplicates | OpKind::DropDuplicatesByKey, _) => format!(
            "`.{name}(minutes(10))`, which forgets what came longer ago, or `.{name}().unbounded()`, whose state grows for ever"
        ),
        (
            OpKind::Window
            | OpKind::CountByWindow
            | OpKind::GroupByKeyAndWindow
            | OpKind::CountByValueAndWindow,
            _,
        ) => format!("`.{name}(length, slide)` with two durations, such as `secs(30)`, or `.{name}(length)`"),
        (OpKind::ReduceByWindow | OpKind::ReduceByKeyAndWindow, _) => format!(
            "`.{name}(|a, b| …, length, slide)` with two durations, such as `secs(30)`, or `.{name}(|a, b| …, length)`"
        ),
        (OpKind::ReduceByWindowWithInverse, _) => {
            format!(
                "`.{name}(|a, b| …, |total, gone| …, length, slide)` with two durations, such as `secs(30)`"
            )
        }
        (OpKind::ReduceByKeyAndWindowWithInverse, _) => format!(
            "`.{name}(|a, b| …, |total, gone| …, length, slide)` with two durations, such as `secs(30)`; behind them              perhaps a filter, `|key, total| …`"
        ),
        (OpKind::EventTime, _) => format!(
            "`.{name}(|x| x.time, secs(10))`, where the second operand is how far records may be out of order"
        ),
        (OpKind::Tumbling, _) => format!("`.{name}(minutes(1))`"),
        (OpKind::Sliding, _) => format!("`.{name}(minutes(5), minutes(1))`, its length and its slide"),
        (OpKind::Session, _) => format!("`.{name}(minutes(30))`, its gap"),
        (OpKind::WindowedFold | OpKind::WindowedFoldByKey, _) => format!("`.{name}(init, |acc, x| …)`"),
        (OpKind::WindowedTop, _) => format!("`.{name}(n)` or `.{name}(n, |x| …)`"),
        (OpKind::WindowedAggregate | OpKind::WindowedAggregateByKey, _) => {
            format!("`.{name}(sum(|x| …))`, or several at once, `.{name}((count(), mean(|x| …)))`")
        }
        (OpKind::JoinAsOf | OpKind::LeftOuterJoinAsOf, _) => {
            format!("`.{name}(other)` or `.{name}(other, secs(30))`, where `other` is a stream")
        }
        (kind, _) if kind.is_interval_join() => format!(
            "`.{name}(other, Interval::between(secs(0), minutes(5)))`, where `other` is a stream, and perhaps a condition behind it, \
             `|left, right| …`"
        ),
        (kind, [Arg::Stream, _]) if kind.is_windowed_join() => {
            format!("`.{name}(other)` or `.{name}(other, |left, right| …)`, where `other` is a stream")
        }
        (OpKind::Sessionize, _) => format!("`.{name}(minutes(30))`, its gap"),
        (OpKind::Lag, _) => format!("`.{name}()` or `.{name}(minutes(1))`"),
        (OpKind::Delta, _) => {
            format!("`.{name}(|before, now| …)` or `.{name}(|before, now| …, minutes(1))`")
        }
        (OpKind::MapAsync, _) => format!("`.{name}(limit, |x| async move {{ … }})`"),
        (OpKind::ForEachPartition, _) => format!("`.{name}(|records, partition, tick| …)`"),
        (OpKind::SaveAsTextFiles, _) => {
            format!("`.{name}(\"out/counts\")` or `.{name}(\"out/counts\", \"txt\")`")
        }
        (OpKind::Sink, _) => format!("`.{name}(out)`, where `out` is a sink"),
        (_, []) => format!("`.{name}()`"),
        (_, [Arg::OptionalValue]) => format!("`.{name}()` or `.{name}(n)`"),
        (_, [Arg::Stream]) => format!("`.{name}(other)`, where `other` is a stream"),
        (_, [Arg::PerRecord(2) | Arg::Function(2)]) => format!("`.{name}(|a, b| …)`"),
        (_, [Arg::PerRecord(_) | Arg::Function(_)]) => format!("`.{name}(|x| …)`"),
        _ => format!("`.{}`", kind.spec().signature),
    }
}

/// The nearest of `names` to `name`, if one is near.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names.map(|n| (distance(name, n), n)).min().filter(|(d, n)| is_near(*d, n)).map(|(_, n)| n)
}

/// A slip or two, and more of it right than wrong.
fn is_near(distance: usize, name: &str) -> bool {
    distance <= 1 + name.len() / 4 && 2 * distance < name.len()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() {
            // `foreachRDD` is `foreach_rdd`.
            if before != '_' && !before.is_uppercase() {
                snake.push('_');
            }
            snake.extend(c.to_lowercase());
        } else {
            snake.push(c);
        }
        before = c;
    }
    snake
}

/// Edit distance (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_gets_the_nearest_operator() {
        assert!(unknown_operator("flatmap").contains("did you mean `flat_map`"));
        assert!(unknown_operator("fliter").contains("did you mean `filter`"));
    }

    #[test]
    fn names_of_spark_and_of_iterators_are_understood() {
        assert!(unknown_operator("reduceByKey").contains("written `reduce_by_key` here"));
        assert!(unknown_operator("chain").contains("a.union(b)"));
        assert!(unknown_operator("leftOuterJoin").contains("written `left_outer_join` here"));
        assert!(unknown_operator("combineByKey").contains("aggregate_by_key"));
        assert!(unknown_operator("updateStateByKey").contains("written `update_state_by_key` here"));
        assert!(unknown_operator("countByWindow").contains("written `count_by_window` here"));
        assert!(unknown_operator("slice").contains("planned"));
    }

    #[test]
    fn a_method_of_the_record_is_told_to_go_into_a_map() {
        assert!(unknown_operator("to_uppercase").contains(".map(|x| x.to_uppercase(…))"));
    }
}
