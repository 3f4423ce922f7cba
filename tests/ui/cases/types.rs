//! Types that don't fit.
use millstream::prelude::*;

struct Opaque;

fn filter_gives_no_bool() {
    let _ = stream! {
        source(queue([vec![1u64]])).filter(|x| x + 1).print(); //~
    };
}

fn map_says_another_type() {
    let _ = stream! {
        source(queue([vec![1u64]])).map(|x| -> String { x + 1 }).print(); //~
    };
}

fn parameter_says_another_type() {
    let _ = stream! {
        source(queue([vec![1u64]])).map(|x: String| x).print(); //~
    };
}

fn annotation_says_another_type() {
    let _ = stream! {
        let s: Stream<u64> = source(queue([vec!["a"]])); //~
        s.print();
    };
}

fn annotation_behind_an_operator() {
    let _ = stream! {
        let lines = source(queue([vec!["a"]]));
        let s: Stream<(String, u64)> = lines.map(|l| (l.len(), l)); //~
        s.print();
    };
}

fn annotation_behind_an_exchange() {
    let _ = stream! {
        let s: Stream<u32> = source(queue([vec!["a"]])).count(); //~
        s.print();
    };
}

fn flat_map_gives_no_iterator() {
    let _ = stream! {
        source(queue([vec!["a"]])).flat_map(|l| l.len()).print(); //~
    };
}

fn filter_map_gives_no_option() {
    let _ = stream! {
        source(queue([vec!["a"]])).filter_map(|l| l.len()).print(); //~
    };
}

fn filter_map_gives_a_result() {
    let _ = stream! {
        source(queue([vec!["a"]])).filter_map(|l| l.parse::<u64>()).print(); //~
    };
}

fn try_map_gives_no_result() {
    let _ = stream! {
        let (ok, bad) = source(queue([vec!["a"]])).try_map(|l| l.len()); //~
        ok.print();
        bad.print();
    };
}

fn split_gives_no_bool() {
    let _ = stream! {
        let (a, b) = source(queue([vec!["a"]])).split(|l| l.len()); //~
        a.union(b).print();
    };
}

fn inspect_gives_a_value() {
    let _ = stream! {
        source(queue([vec!["a"]])).inspect(|l| l.len()).print(); //~
    };
}

fn for_each_gives_a_value() {
    let _ = stream! {
        source(queue([vec!["a"]])).for_each(|l| l.len()); //~
    };
}

fn for_each_batch_gives_a_value() {
    let _ = stream! {
        source(queue([vec!["a"]])).for_each_batch(|batch, _| batch.len()); //~
    };
}

fn the_reducer_gives_another_type() {
    let _ = stream! {
        source(queue([vec![("a", 1u64)]])).reduce_by_key(|a, b| format!("{a}{b}")).print(); //~
    };
}

fn a_union_of_different_records() {
    let _ = stream! {
        let a = source(queue([vec!["a"]]));
        let b = source(queue([vec![1u64]]));
        a.union(b).print(); //~
    };
}

fn print_of_what_is_not_debug() {
    let _ = stream! {
        source(queue([vec![1u64]])).map(|_| Opaque).print(); //~
    };
}

fn a_sink_of_other_records() {
    let out = MemorySink::<String>::new();
    let _ = stream! {
        source(queue([vec![1u64]])).sink(out.clone()); //~
    };
}

fn no_sink_at_all() {
    let _ = stream! {
        source(queue([vec![1u64]])).sink(Vec::<u64>::new()); //~
    };
}

fn no_source_at_all() {
    let _ = stream! {
        source(vec![1u64]).print(); //~
    };
}

fn no_field_of_that_name() {
    let _ = stream! {
        source(queue([vec!["a"]])).map(|l| l.length).print(); //~
    };
}

fn no_such_variable() {
    let _ = stream! {
        source(queue([vec!["a"]])).filter(|l| stopwords.contains(l)).print(); //~
    };
}

fn a_function_of_another_type() {
    let _ = stream! {
        source(queue([vec!["a"]])).map(u64::to_string).print(); //~
    };
}

fn print_of_a_text() {
    let _ = stream! {
        source(queue([vec!["a"]])).print("ten"); //~
    };
}

fn lines_of_what_has_no_text() {
    let _ = stream! {
        source(queue([vec![("a", 1u64)]])).save_as_text_files("out/pairs"); //~
    };
}

fn a_loop_that_changes_the_type() {
    let _ = stream! {
        let s = source(queue([vec![1u64]]));
        for _ in 0..3 { s = s.map(|x| x.to_string()); } //~
        s.print();
    };
}

fn the_type_of_a_record_is_unknown() {
    let _ = stream! {
        source(queue([vec!["1"]])).map(|l| l.parse().unwrap()).print(); //~
    };
}

fn a_question_mark_in_a_map() {
    let _ = stream! {
        source(queue([vec!["1"]])).map(|l| l.parse::<u64>()?).print(); //~
    };
}

fn a_break_out_of_a_closure() {
    let _ = stream! {
        source(queue([vec!["1"]])).map(|l| if l.is_empty() { continue } else { l }).print(); //~
    };
}

fn two_consumers_of_what_is_not_clone() {
    let _ = stream! {
        let s = source(queue([vec![1u64]])).map(|_| Opaque);
        s.for_each(|_| ()); //~
        s.for_each(|_| ());
    };
}

fn main() {}
