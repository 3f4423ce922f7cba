//! What closures capture, and how long things live.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use millstream::prelude::*;
use millstream::source::{Queue, Source};

use crate::support::{block_on, ordered, sorted};

#[test]
fn a_pipeline_borrows_a_local_that_is_there_again_afterwards() {
    let mut stopwords: HashSet<String> = HashSet::from(["the".to_string()]);
    let out = MemorySink::new();
    let pipeline = stream! {
        source(queue([vec!["the mill", "the stream"]]))
            .flat_map(|l| l.split(' '))
            .filter(|w| !stopwords.contains(*w))
            .sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([["mill", "stream"]]);
    assert!(stopwords.insert("a".to_string()));
}

#[test]
fn the_local_engine_runs_a_pipeline_that_borrows() {
    let limit = String::from("3");
    let got = ordered(|out| {
        stream! { source(queue([vec![1, 7]])).filter(|n| *n < limit.parse().unwrap_or(0)).sink(out); }
    });
    assert_eq!(got, [[1]]);
    drop(limit);
}

#[test]
fn two_stages_borrow_one_local() {
    let add = [10u64];
    let got = sorted(|out| {
        stream! {
            let counts = source(queue([vec!["a", "b", "a"]])).map(|w| (w, add[0])).reduce_by_key(|a, b| a.max(add[0]) + b);
            counts.map_values(|n| n + add[0]).sink(out);
        }
    });
    assert_eq!(got, [[("a".to_string(), 30), ("b".to_string(), 20)]]);
    assert_eq!(add, [10]);
}

fn owned(prefix: String, out: MemorySink<String>) -> Pipeline<'static> {
    stream!(move {
        let lines = source(queue([vec!["a", "b"], vec!["c"]]));
        lines.filter(|l| !l.is_empty()).map(|l| format!("{prefix}{l}")).sink(out);
    })
}

#[test]
fn an_owned_pipeline_leaves_its_function_and_is_started() {
    let out = MemorySink::new();
    let job =
        Engine::local().trigger(Trigger::Eager).start(owned("> ".into(), out.clone())).expect("it starts");
    block_on(job.join()).expect("it ends");
    out.assert_batches([vec!["> a", "> b"], vec!["> c"]]);

    let out = MemorySink::new();
    let mut job = Engine::test().start(owned("- ".into(), out.clone())).expect("it starts");
    job.tick().expect("it runs");
    out.assert_batches([vec!["- a", "- b"]]);
    job.tick().expect("it runs");
    out.assert_batches([vec!["- a", "- b"], vec!["- c"]]);
}

#[test]
fn one_move_closure_makes_its_stage_own_what_it_captures() {
    fn make(prefix: String, out: MemorySink<String>) -> Pipeline<'static> {
        stream! { source(queue([vec!["a"]])).map(move |l| format!("{prefix}{l}")).sink(out); }
    }
    let out = MemorySink::new();
    let mut job = Engine::test().start(make("x".into(), out.clone())).expect("it starts");
    job.run_to_end().expect("it runs");
    out.assert_batches([["xa"]]);
}

#[test]
fn move_also_owns_what_reducers_and_outputs_capture() {
    fn make(add: u64, seen: std::sync::mpsc::Sender<(String, u64)>) -> Pipeline<'static> {
        stream!(move {
            let sums = source(queue([vec![("a", 1), ("a", 2)]])).reduce_by_key(|a, b| a + b + add);
            sums.for_each(|pair| seen.send(pair));
        })
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let job = Engine::local()
        .partitions(1)
        .trigger(Trigger::AvailableNow)
        .start(make(100, sender))
        .expect("it starts");
    job.wait().expect("it runs");
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [("a".to_string(), 103)]);
}

#[test]
fn results_borrow_from_lines() {
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["  key = value # note ", "nothing"]]))
                .map(|l| l.split('#').next().unwrap_or(l))
                .filter_map(|l| l.split_once('='))
                .map(|(k, v)| (k.trim(), v.trim()))
                .sink(out);
        }
    });
    assert_eq!(got, [[("key".to_string(), "value".to_string())]]);
}

#[derive(Clone)]
struct Person {
    name: String,
    tags: Vec<String>,
}

fn people() -> Queue<Person> {
    let person = |name: &str, tags: &[&str]| Person {
        name: name.into(),
        tags: tags.iter().map(|t| t.to_string()).collect(),
    };
    queue([vec![person("Ada", &["x", "y"]), person("Bo", &[])]])
}

#[test]
fn a_result_borrows_a_field_of_an_owned_record() {
    let got = ordered(|out| {
        stream! { source(people()).map(|p| &p.name).map(|n| n.as_str()).map(|n| (n, n.len())).sink(out); }
    });
    assert_eq!(got, [[("Ada".to_string(), 3), ("Bo".to_string(), 2)]]);
}

#[test]
fn a_lazy_iterator_captures_the_parameter() {
    let got = ordered(|out| {
        stream! {
            source(people()).flat_map(|p| p.tags.iter().map(|t| format!("{}:{t}", p.name))).sink(out);
        }
    });
    assert_eq!(got, [["Ada:x", "Ada:y"]]);

    let got = ordered(|out| {
        stream! {
            source(people()).flat_map(|p| (0..p.tags.len()).map(move |i| p.tags[i].to_uppercase())).sink(out);
        }
    });
    assert_eq!(got, [["X", "Y"]]);
}

#[test]
fn several_consumers_borrow_from_one_record() {
    let got = ordered(|out| {
        stream! {
            let people = source(people());
            let names = people.map(|p| &p.name).map(|n| n.len());
            let tags = people.flat_map(|p| &p.tags).map(|t| t.len() * 10);
            names.union(tags).sink(out);
        }
    });
    assert_eq!(got, [[3, 10, 10, 2]]);
}

#[test]
fn return_and_question_mark_mean_the_closure() {
    macro_rules! skip_if {
        ($condition:expr) => {
            if $condition {
                return None;
            }
        };
    }
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["1 2", "x 1", "7", "3 30", "0 0"]]))
                .filter_map(|l| {
                    let (a, b) = l.split_once(' ')?;
                    let sum = a.parse::<u32>().ok()? + b.parse::<u32>().ok()?;
                    skip_if!(sum == 0);
                    Some(sum)
                })
                .map(|n| {
                    if n > 10 {
                        return -1;
                    }
                    i64::from(n)
                })
                .filter(|n| { if *n == 0 { return false; } true })
                .sink(out);
        }
    });
    assert_eq!(got, [[3, -1]]);
}

#[test]
fn question_mark_makes_the_error_of_a_try_map() {
    fn parse(line: &str) -> Result<(u32, u32), String> {
        let (a, b) = line.split_once(' ').ok_or("no blank")?;
        let number = |text: &str| text.parse::<u32>().map_err(|e| e.to_string());
        Ok((number(a)?, number(b)?))
    }
    let bad = MemorySink::new();
    let good = MemorySink::new();
    let pipeline = stream! {
        let lines = source(queue([vec!["1 2", "12", "3 x"]]));
        let (pairs, rest) = lines.try_map(parse);
        let (sums, overflow) = pairs.try_map(|(a, b)| -> Result<u32, &'static str> {
            let sum = a.checked_add(b).ok_or("too much")?;
            Ok(sum)
        });
        overflow.for_each(|bad| panic!("{}", bad.error));
        sums.sink(good.clone());
        rest.map(|b| format!("{}: {}", b.record, b.error)).sink(bad.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    good.assert_batches([[3]]);
    bad.assert_batches([["12: no blank", "3 x: invalid digit found in string"]]);
}

#[test]
fn operands_are_evaluated_once_and_in_the_order_of_the_text() {
    let log = RefCell::new(Vec::new());
    let note = |what: &'static str| log.borrow_mut().push(what);
    let out = MemorySink::new();
    let pipeline = stream! {
        let a = source({ note("a"); queue([vec![1, 2, 3, 4]]) });
        let b = source({ note("b"); queue([vec![5]]) });
        let some = a.filter({ note("filter"); |n: &i32| n % 2 == 0 });
        for _ in { note("range"); 0..2 } { some = some.map(|n| n + 1); }
        some.union(b).print({ note("print"); 0 });
        some.sink({ note("sink"); out.clone() });
    };
    assert_eq!(*log.borrow(), ["a", "b", "filter", "range", "print", "sink"]);
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(log.borrow().len(), 6);
    out.assert_batches([[4, 6]]);
}

#[test]
fn functions_that_were_made_are_operands() {
    fn above(limit: i64) -> impl Fn(&i64) -> bool {
        move |n| *n > limit
    }
    let calls = Cell::new(0);
    let times = |factor: i64| {
        calls.set(calls.get() + 1);
        move |n: i64| n * factor
    };
    let reducers = [i64::wrapping_add as fn(i64, i64) -> i64];
    let out = MemorySink::new();
    let pipeline = stream! {
        let n = source(queue([vec![1, 2, 3]])).filter(above(1)).map(times(10));
        n.map(times(2)).key_by(|_| ()).reduce_by_key(reducers[0]).map(|((), n)| n).sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([[100]]);
    assert_eq!(calls.get(), 2);
}

fn from_text(text: &str, out: MemorySink<u64>) -> Result<(), Box<dyn std::error::Error>> {
    fn add(text: &str) -> Result<impl Fn(u64) -> u64, std::num::ParseIntError> {
        let n: u64 = text.parse()?;
        Ok(move |x| x + n)
    }
    let pipeline = stream! { source(queue([vec![text.parse::<u64>()?]])).map(add(text)?).sink(out); };
    Ok(Engine::test().run(pipeline)?)
}

#[test]
fn question_mark_in_an_operand_leaves_the_enclosing_function() {
    let out = MemorySink::new();
    from_text("21", out.clone()).expect("a number");
    out.assert_batches([[42]]);
    assert!(from_text("x", out).is_err());
}

struct Config {
    input: Option<Queue<&'static str>>,
    limit: usize,
    words: Vec<&'static str>,
}

impl Config {
    fn pipeline<'a>(&'a mut self, out: &MemorySink<String>) -> Pipeline<'a> {
        stream! {
            source(self.input.take().expect("it is there"))
                .filter(|w| w.len() < self.limit)
                .filter(|w| self.words.contains(w))
                .sink(out.clone());
        }
    }
}

#[test]
fn operands_and_closures_use_fields_of_self() {
    let mut config =
        Config { input: Some(queue([vec!["a", "bbb", "c"]])), limit: 3, words: vec!["a", "bbb"] };
    let out = MemorySink::new();
    let pipeline = config.pipeline(&out);
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([["a"]]);
    assert!(config.input.is_none());
}

#[test]
fn operands_await_in_the_enclosing_async_function() {
    async fn load() -> Queue<u32> {
        tokio::task::yield_now().await;
        queue([vec![1, 2]])
    }
    async fn build(out: MemorySink<u32>) -> Result<Pipeline<'static>, std::io::Error> {
        Ok(
            stream!(move { source(load().await).map(|n| n + 1).sink({ tokio::task::yield_now().await; out }); }),
        )
    }
    let out = MemorySink::new();
    block_on(async {
        let job = Engine::local().trigger(Trigger::AvailableNow).start(build(out.clone()).await?)?;
        job.join().await
    })
    .expect("it runs");
    out.assert_batches([[2, 3]]);
}

#[test]
fn a_future_that_builds_a_pipeline_is_send() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let out = MemorySink::new();
    let sink = out.clone();
    let build = is_send(async move {
        let pipeline =
            stream!(move { source(queue([vec![1]])).sink({ tokio::task::yield_now().await; sink }); });
        Engine::local().trigger(Trigger::AvailableNow).start(pipeline)?.join().await
    });
    block_on(build).expect("it runs");
    out.assert_batches([[1]]);
}

#[test]
fn a_generic_function_takes_any_source_and_closure() {
    fn doubled<'e, S, T, U>(
        input: S,
        change: impl Fn(T) -> U + Send + Sync + 'e,
        out: MemorySink<U>,
    ) -> Pipeline<'e>
    where
        S: Source<Batch = millstream::batch::Rows<T>>,
        T: Send + 'static,
        U: Clone + Send + 'static,
    {
        stream!(move {
            let s = source(input).map(change);
            s.union(s).sink(out);
        })
    }
    let add = 3;
    let out = MemorySink::new();
    Engine::test().run(doubled(queue([vec![1]]), |n: i32| n + add, out.clone())).expect("it runs");
    out.assert_batches([[4, 4]]);
}

#[test]
fn a_const_generic_function_uses_its_parameter() {
    fn first<const N: usize>(out: MemorySink<String>) -> Pipeline<'static> {
        stream! { source(queue([vec!["abc"]])).map(|l| &l[..N]).sink(out); }
    }
    let out = MemorySink::new();
    Engine::test().run(first::<2>(out.clone())).expect("it runs");
    out.assert_batches([["ab"]]);
}

#[test]
fn values_that_are_only_send_cross_an_exchange() {
    let got = sorted(|out| {
        stream! {
            source(queue([vec![1, 2, 3]]))
                .map(|n| (n % 2, Cell::new(n)))
                .reduce_by_key(|a, b| Cell::new(a.get() + b.get()))
                .map_values(|c| c.get())
                .sink(out);
        }
    });
    assert_eq!(got, [[(0, 2), (1, 4)]]);
}
