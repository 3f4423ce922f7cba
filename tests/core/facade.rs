//! The editor's view has the types that the emitted code has: each sample below, one for every operator, is compiled as
//! both, with its types annotated.

use millstream::prelude::*;
use millstream_plan::OpKind;

/// Two functions that make the pipeline of one text: the emitted code's, and the editor's, which is compiled only.
macro_rules! both {
    ($($name:ident { $($body:tt)* })+) => {
        #[allow(clippy::type_complexity, reason = "a sample says all that comes out")]
        pub mod emitted {
            use super::*;
            $(pub fn $name<'a>() -> Pipeline<'a> { stream! { $($body)* } })+
        }
        #[allow(clippy::type_complexity, reason = "a sample says all that comes out")]
        pub mod edited {
            use super::*;
            $(pub fn $name<'a>() -> Pipeline<'a> { millstream::__facade! { $($body)* } })+
        }
    };
}

mod event_time;
mod in_time;
mod sample;
mod stateful;
mod timed_joins;
mod windowed;

fn words() -> millstream::source::Queue<&'static str> {
    queue([vec!["1 a", "2"]])
}

fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.parse()
}

#[derive(Clone, Debug)]
struct Reading {
    value: usize,
}

impl Reading {
    fn check(self) -> Result<(), std::num::TryFromIntError> {
        u8::try_from(self.value).map(|_| ())
    }
}

both! {
    source_and_print {
        let lines: Stream<&str> = source(words());
        lines.print();
        lines.print(3);
    }
    map {
        let n: Stream<usize> = source(words()).map(|l| l.trim()).map(str::len);
        n.print();
    }
    filter {
        let long: Stream<&str> = source(words()).filter(|l| l.len() > 2);
        long.print();
    }
    flat_map {
        let words: Stream<&str> = source(words()).flat_map(|l| l.split(' '));
        words.print();
    }
    filter_map {
        let firsts: Stream<char> = source(words()).filter_map(|l| l.chars().next());
        firsts.print();
    }
    try_map {
        let (good, bad): (Stream<u64>, Stream<Bad<&str, std::num::ParseIntError>>) = source(words()).try_map(parse);
        good.print();
        bad.map(|b| b.record.len()).print();
    }
    map_values {
        let pairs: Stream<(&str, u8)> = source(queue([vec![("a", 1u32)]])).map_values(|n| n as u8);
        pairs.print();
    }
    flat_map_values {
        let pairs: Stream<(&str, u32)> = source(queue([vec![("a", vec![1u32])]])).flat_map_values(|v| v);
        pairs.print();
    }
    filter_values {
        let pairs: Stream<(&str, u32)> = source(queue([vec![("a", 1u32)]])).filter_values(|n| *n > 0);
        pairs.print();
    }
    keys {
        let keys: Stream<&str> = source(queue([vec![("a", 1u32)]])).keys();
        keys.print();
    }
    values {
        let values: Stream<u32> = source(queue([vec![("a", 1u32)]])).values();
        values.print();
    }
    flatten {
        let items: Stream<u32> = source(queue([vec![vec![1u32]]])).flatten();
        items.print();
    }
    key_by {
        let pairs: Stream<(usize, &str)> = source(words()).key_by(|l| l.len());
        pairs.print();
    }
    inspect {
        let same: Stream<&str> = source(words()).inspect(|l| assert!(!l.is_empty()));
        same.print();
    }
    split {
        let (long, short): (Stream<&str>, Stream<&str>) = source(words()).split(|l| l.len() > 1);
        long.print();
        short.print();
    }
    union {
        let lines = source(words());
        let all: Stream<&str> = lines.union(lines).union(lines.map(|l| l.trim()));
        all.print();
    }
    repeat {
        let s: Stream<u64> = source(queue([vec![1u64]]));
        for i in 0..3 { s = s.map(|x| x + i); s = s.filter(|x| *x > 0); }
        s.print();
    }
    reduce_by_key {
        let counts: Stream<(String, u64)> = source(words()).map(|w| (w, 1u64)).reduce_by_key(|a, b| a + b);
        counts.print();
    }
    fold_by_key {
        let joined: Stream<(usize, String)> = source(words()).key_by(|w| w.len()).map_values(String::from).fold_by_key(String::new(), |all, w| all + &w);
        joined.print();
    }
    aggregate_by_key {
        let sums: Stream<(String, u64)> = source(words()).map(|w| (w, 1u64)).aggregate_by_key(0, |a, n| a + n, |a, b| a + b);
        sums.print();
    }
    group_by_key {
        let groups: Stream<(String, Vec<u64>)> = source(words()).map(|w| (w, 1u64)).group_by_key();
        groups.print();
    }
    distinct {
        let words: Stream<String> = source(words()).distinct();
        words.print();
    }
    join {
        let (a, b) = source(words()).map(|w| (w, 1u64)).split(|(w, _)| w.len() > 2);
        let pairs: Stream<(String, ((u64, usize), u64))> = a.join(b.map(|(w, _)| (String::from(w), w.len()))).join(b);
        pairs.print();
    }
    outer_joins {
        let a = source(words()).map(|w| (w, 1u64));
        let b = source(words()).map(|w| (w, 'b'));
        let left: Stream<(String, (u64, Option<char>))> = a.left_outer_join(b);
        left.print();
        let right: Stream<(String, (Option<u64>, char))> = a.right_outer_join(b);
        right.print();
        let full: Stream<(String, (Option<u64>, Option<char>))> = a.full_outer_join(b);
        full.print();
        let semi: Stream<(String, u64)> = a.left_semi_join(b);
        semi.print();
        let anti: Stream<(String, u64)> = a.left_anti_join(b);
        anti.print();
    }
    cogroup {
        let a = source(words()).map(|w| (w, 1u64));
        let groups: Stream<(String, (Vec<u64>, Vec<u64>))> = a.cogroup(a);
        groups.print();
    }
    join_table {
        let pairs: Stream<(&str, (u64, char))> = source(words()).map(|w| (w, 1u64)).join_table(Table::from_iter([("a", 'x')]));
        pairs.print();
        let outer: Stream<(&str, (u64, Option<char>))> = source(words()).map(|w| (w, 1u64)).left_outer_join_table(Table::from_iter([("a", 'x')]));
        outer.print();
    }
    count {
        let n: Stream<u64> = source(words()).count();
        n.print();
    }
    count_by_value {
        let counts: Stream<(String, u64)> = source(words()).count_by_value();
        counts.print();
    }
    reduce {
        let sum: Stream<usize> = source(words()).map(|l| l.len()).reduce(|a, b| a + b);
        sum.print();
        source(words()).map(|l| l.len()).reduce(usize::max).print();
        let longest: Stream<String> = source(words()).reduce(|a, b| if a.len() < b.len() { b } else { a });
        longest.print();
    }
    fold {
        let sum: Stream<u64> = source(words()).fold(0u64, |sum, line| sum + line.len() as u64);
        sum.print();
    }
    aggregate {
        let all: Stream<Vec<String>> =
            source(words()).aggregate(Vec::new(), |mut all, line| { all.push(line); all }, |a, b| [a, b].concat());
        all.print();
    }
    sort_by_key {
        let by_length: Stream<(usize, String)> = source(words()).key_by(|l| l.len()).sort_by_key();
        by_length.print();
        source(words()).map(|l| (l, 1u8)).sort_by_key(Order::Descending).for_each(|(l, n): (String, u8)| drop((l, n)));
    }
    top {
        let last: Stream<String> = source(words()).top(2);
        last.print();
        let longest: Stream<String> = source(words()).top(1, |l| l.len());
        longest.print();
        let readings: Stream<Reading> = source(words()).map(|l| Reading { value: l.len() }).top(3, |r| r.value);
        readings.print();
    }
    chunks {
        let chunks: Stream<Vec<String>> = source(words()).chunks();
        chunks.map(|c| c.len()).print();
    }
    map_partitions {
        let lengths: Stream<usize> = source(words()).map_partitions(|lines| lines.into_iter().map(|l| l.len()));
        lengths.print();
        source(words()).map(|l| Reading { value: l.len() }).map_partitions(|all| all.into_iter().next()).for_each(drop);
    }
    repartition {
        let lines: Stream<String> = source(words()).repartition(2);
        lines.print();
    }
    transform {
        let numbered: Stream<(u64, String)> =
            source(words()).transform(|lines, tick| lines.into_iter().map(move |l| (tick.number, l)));
        numbered.print();
    }
    transform_with {
        let lines = source(words());
        let counts: Stream<usize> =
            lines.map(|l| l.len()).transform_with(lines.filter(|l| !l.is_empty()), |a, b, _| [a.len(), b.len()]);
        counts.print();
    }
    map_async {
        let lengths: Stream<usize> = source(words()).map_async(4, |l| async move { l.len() });
        lengths.print();
        let parsed: Stream<Result<u64, std::num::ParseIntError>> =
            source(words()).map_async(unordered(2), |l| async move { parse(&l) });
        parsed.print();
    }
    words_of_lines {
        let all: Stream<&str> = source(words()).words();
        all.print();
        source(words()).map(str::to_uppercase).words().map(str::len).print();
    }
    words_ascii {
        let all: Stream<&str> = source(words()).words_ascii();
        all.print();
    }
    for_each {
        source(words()).for_each(|line: String| drop(line));
        source(words()).for_each(|line| line.parse::<u8>().map(|_| ()));
    }
    for_each_partition {
        source(words()).for_each_partition(|lines: Vec<String>, partition, tick: Tick| drop((lines, partition + 1, tick.number)));
        source(words()).map(|l| Reading { value: l.len() }).for_each_partition(|all, _, _| all.into_iter().try_for_each(Reading::check));
    }
    save_as_text_files {
        source(words()).save_as_text_files("out/words");
        source(words()).map(str::len).save_as_text_files(std::path::Path::new("out").join("words"), "txt");
        source(words()).save_as_text_files(String::from("out/other"),);
    }
    for_each_batch {
        source(words()).for_each_batch(|lines: Vec<String>, tick: Tick| drop((lines, tick.number)));
    }
    sink {
        source(words()).map(|l| (l, l.len())).sink(MemorySink::<(String, usize)>::new());
        source(words()).map(|l| (l, 1)).sink(MemorySink::<(String, u8)>::new());
    }
    outputs_of_a_type_of_ones_own {
        let readings: Stream<Reading> = source(words()).map(|l| Reading { value: l.len() });
        readings.for_each(|r| assert!(r.value.count_ones() < 3));
        readings.for_each(|r| r.check());
        readings.for_each_batch(|all, _| assert!(all.iter().all(|r| r.value.count_ones() < 3)));
        readings.sink(MemorySink::<Reading>::new());
        readings.sink(MemorySink::new());
        readings.map(Some).sink(MemorySink::<Option<Reading>>::new());
    }
    outputs_of_a_text_beside_a_type_of_ones_own {
        let pairs: Stream<(&str, Reading)> = source(words()).map(|l| (l, Reading { value: l.len() }));
        pairs.for_each(|(l, r)| drop((l.into_bytes(), r.value.count_ones())));
        pairs.for_each_batch(|all: Vec<(String, Reading)>, _| drop(all));
        pairs.sink(MemorySink::<(String, Reading)>::new());
        pairs.map(|(l, r)| (r, l)).sink(MemorySink::<(Reading, String)>::new());
        pairs.map(|(l, r)| (r, l, 1)).sink(MemorySink::<(Reading, String, u64)>::new());
        pairs.map(|(l, r)| (r.clone(), r, l)).for_each(|(_, r, l)| drop((r.value.count_ones(), l.into_bytes())));
    }
}

#[test]
fn every_operator_has_a_sample_with_it() {
    for kind in OpKind::ALL {
        let [emitted, _edited] = sample::of(*kind);
        let nodes = emitted().plan().graph().nodes;
        assert!(nodes.iter().any(|n| n.kind == *kind), "the sample of `{}` is without it", kind.name());
    }
}

#[test]
fn late_records_have_a_sample() {
    let [emitted, _edited] = [event_time::emitted::late, event_time::edited::late];
    assert!(emitted().plan().graph().nodes.iter().any(|n| n.kind.is_windowed() && n.outputs.len() == 2));
    let [emitted, _edited] = [in_time::emitted::late, in_time::edited::late];
    assert_eq!(emitted().plan().graph().nodes.iter().filter(|n| n.outputs.len() == 2).count(), 3);
}

#[test]
fn modifiers_have_a_sample() {
    let [emitted, _edited] = [stateful::emitted::modifiers, stateful::edited::modifiers];
    let nodes = emitted().plan().graph().nodes;
    assert!(nodes.iter().filter(|n| n.id.is_some()).count() > 6);
}

#[test]
fn the_editor_refused_outputs_of_types_of_ones_own_that_the_emitted_code_takes() {
    let _edited: [fn() -> Pipeline<'static>; 2] =
        [edited::outputs_of_a_type_of_ones_own, edited::outputs_of_a_text_beside_a_type_of_ones_own];
    Engine::test().run(emitted::outputs_of_a_type_of_ones_own()).expect("it runs");
    Engine::test().run(emitted::outputs_of_a_text_beside_a_type_of_ones_own()).expect("it runs");
}
