//! Each stage is a frame of its own, named after its stream, in backtraces (and so in profiles).

use std::backtrace::Backtrace;
use std::sync::{Arc, Mutex};

use millstream::prelude::*;

/// Where a closure ran, as text.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn here(&self) {
        *self.0.lock().expect("nothing panics") = Backtrace::force_capture().to_string();
    }

    /// The names of the functions in which it ran, innermost first, with neither path nor generics. (How much of these
    /// there is depends on the debug information.)
    fn functions(&self) -> Vec<String> {
        let trace = self.0.lock().expect("nothing panics");
        // `   4: core::frames::main::lines::<…>`, with the place on the next line.
        let symbols = trace.lines().filter_map(|line| {
            let (number, symbol) = line.trim_start().split_once(": ")?;
            number.parse::<u32>().ok().map(|_| symbol)
        });
        let plain = symbols.map(|symbol| symbol.split('<').next().unwrap_or_default().trim_end_matches("::"));
        plain.map(|path| path.rsplit("::").next().unwrap_or_default().to_string()).collect()
    }

    #[track_caller]
    fn in_frame(&self, name: &str) {
        let functions = self.functions();
        assert!(functions.iter().any(|function| function == name), "no frame `{name}` in {functions:#?}");
    }
}

#[test]
fn a_closure_runs_in_the_frame_of_its_stage() {
    let (first, second, third) = (Seen::default(), Seen::default(), Seen::default());
    let suffix = String::from("s");
    let pipeline = stream! {
        let lines = source(queue([vec!["a b"]]));
        let words = lines.flat_map(|line| line.split(' ')).inspect(|_| first.here());
        let counts = words.map(|w| format!("{w}{suffix}")).count_by_value();
        counts.inspect(|_| second.here()).count().for_each(|_| third.here());
    };
    Engine::test().run(pipeline).expect("it runs");
    first.in_frame("lines");
    second.in_frame("counts");
    assert!(!first.functions().contains(&"counts".to_string()));
    assert!(!third.functions().contains(&"counts".to_string()), "outputs run behind the stage");
}

#[test]
fn a_stage_in_the_middle_of_a_chain_is_named_after_its_stream_and_operator() {
    let seen = Seen::default();
    let pipeline = stream! {
        let r#type = source(queue([vec![1u64, 2]]));
        let counts = r#type.count_by_value().inspect(|_| seen.here()).map(|(n, _)| n).count();
        counts.print();
    };
    Engine::test().run(pipeline).expect("it runs");
    seen.in_frame("counts_count_by_value");
}

#[test]
fn streams_of_all_kinds_of_names_give_frames() {
    // Names that the frame's own code uses, or that mean something outside.
    fn words(line: &'static str) -> impl Iterator<Item = &'static str> {
        line.split(' ')
    }
    let counts = 2u64;
    let seen = Seen::default();
    let out = MemorySink::new();
    let pipeline = stream! {
        let r#type = source(queue([vec!["a b"]]));
        let words = r#type.flat_map(words).count_by_value();
        let loops = words.map(|(w, n)| (w.len() as u64 * counts, n)).reduce_by_key(|a, b| a + b);
        let counts = loops.map(|(_, n)| n + counts).inspect(|_| seen.here()).count();
        #[allow(non_snake_case)]
        let B = counts.count_by_value();
        let _ = B.count();
        let _unused = B.count();
        B.sink(out.clone());
        source(queue([vec![1]])).count().print();
    };
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(out.batches(), [vec![(1u64, 1u64)]]);
    seen.in_frame("loops");
}
