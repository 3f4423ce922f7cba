//! Names: the macro's, the user's, and those of closures that were inlined before.

use millstream::prelude::*;

use crate::support::{block_on, ordered, sorted};

#[test]
fn a_later_closure_means_the_variable_outside_and_not_an_earlier_parameter() {
    let w = 100;
    let got = ordered(|out| {
        stream! { source(queue([vec![1, 2]])).map(|w| w * 2).map(|x| x + w).filter(|x| *x != w).sink(out); }
    });
    assert_eq!(got, [[102, 104]]);
}

#[test]
fn it_does_so_in_struct_shorthand_format_strings_and_nested_closures() {
    #[derive(Clone, Debug, PartialEq)]
    struct Named {
        w: String,
        x: i32,
    }
    let w = String::from("outer");
    let got = ordered(|out| {
        stream! {
            source(queue([vec![1]]))
                .map(|w| w + 1)
                .map(|x| Named { w: w.clone(), x })
                .map(|n| (format!("{w}/{:>1$}", n.w, n.x as usize), [0].iter().flat_map(|_| (0..1).map(|_| w.len())).sum::<usize>()))
                .sink(out);
        }
    });
    assert_eq!(got, [[("outer/outer".to_string(), 5usize)]]);
}

#[test]
fn a_hidden_parameter_still_means_itself_in_its_own_closure() {
    #[derive(Clone, Debug, PartialEq)]
    struct Point {
        x: i32,
        y: i32,
    }
    let (x, y) = (1000, 2000);
    let got = ordered(|out| {
        stream! {
            source(queue([vec![Point { x: 1, y: 2 }]]))
                .map(|Point { x, y }| { let inner = |z: i32| x + y + z; (inner(0), format!("{x}|{y:03}"), Point { x, y }.x) })
                .map(|(a, b, c)| (a + x, format!("{b} {y}"), c))
                .sink(out);
        }
    });
    assert_eq!(got, [[(1003, "1|002 2000".to_string(), 1)]]);
}

#[test]
fn names_are_hidden_across_flat_map_filter_map_and_key_by() {
    let (a, b, c) = (10, 20, 30);
    let got = ordered(|out| {
        stream! {
            source(queue([vec![1]]))
                .flat_map(|a| [a, a + 1])
                .filter_map(|b| Some(b + a))
                .key_by(|c| c + b)
                .map_values(|a| a + c)
                .map(|(b, n)| (b, n + a + c))
                .sink(out);
        }
    });
    assert_eq!(got, [[(31, 81), (32, 82)]]);
}

#[test]
fn a_function_by_the_name_of_an_earlier_parameter_is_the_function() {
    fn half(n: i32) -> i32 {
        n / 2
    }
    let got = ordered(
        |out| stream! { source(queue([vec![8]])).map(|half| half + 2).map(half).map(|n| half(n)).sink(out); },
    );
    assert_eq!(got, [[2]]);
}

#[test]
fn closures_behind_a_union_and_in_a_for_mean_the_variable_outside() {
    let n = 1000;
    let got = ordered(|out| {
        stream! {
            let s = source(queue([vec![1]]));
            let a = s.map(|n| n + 1);
            let b = s.map(|n| n + 2);
            let all = a.union(b).map(|x| x + n);
            for i in 0..2 { all = all.map(|x| x + n + i); }
            all.sink(out);
        }
    });
    assert_eq!(got, [[3003, 3004]]);
}

#[test]
fn the_macros_names_and_the_users_never_meet() {
    let (batch, builder, item, key, value, record, error, pipeline) = (1, 2, 3, 4, 5, 6, 7, 8);
    let (to_4, operand_0, operand_1, merged_3, rt, core, kept, tick) = (9, 10, 11, 12, 13, 14, 15, 16);
    let sum = batch + builder + item + key + value + record + error + pipeline + to_4 + operand_0 + operand_1;
    let sum = sum + merged_3 + rt + core + kept + tick;
    let got = sorted(|out| {
        stream! {
            let lines = source(queue([vec![("a", 1), ("b", 2)]]));
            let (good, bad) = lines.try_map(|(key, value)| if value > 0 { Ok((key, value + batch + builder)) } else { Err(error) });
            bad.for_each(|bad| drop((bad.error, bad.record)));
            let one = good.map_values(|value| value + item + key);
            let two = good.map_values(|n| n + value + record + error + pipeline);
            let all = one.union(two).map_values(|v| v + to_4 + operand_0 + operand_1 + merged_3 + rt + core);
            for _ in 0..1 { all = all.filter_map(|p| Some(p)).map_values(|v| v + kept + tick); }
            all.reduce_by_key(|a, b| a + b).sink(out);
        }
    });
    let twice = |n| 2 * (n + 3 + 9 + 10 + 11 + 12 + 13 + 14 + 15 + 16) + 7 + 26;
    assert_eq!(got, [[("a".to_string(), twice(1)), ("b".to_string(), twice(2))]]);
    assert_eq!(sum, 136);
}

#[test]
fn streams_may_have_the_macros_names() {
    let got = ordered(|out| {
        stream! {
            let builder = source(queue([vec![1]]));
            let batch = builder.map(|batch_| batch_ + 1);
            let to_3 = batch.map(|to| to + 1);
            let operand_0 = to_3.union(batch);
            let pipeline = operand_0.map(|p| p * 10);
            pipeline.sink(out);
        }
    });
    assert_eq!(got, [[30, 20]]);
}

#[test]
fn a_stream_may_have_the_name_of_a_parameter() {
    let got = ordered(|out| {
        stream! {
            let line = source(queue([vec!["a b"]]));
            let word = line.flat_map(|line| line.split(' '));
            word.map(|word| word.len()).sink(out);
        }
    });
    assert_eq!(got, [[1, 1]]);
}

mod shadows {
    //! A scope in which the standard names mean other things.
    #![allow(dead_code, non_camel_case_types)]

    use ::millstream::prelude::{MemorySink, Pipeline, queue, stream};

    pub struct Option;
    pub struct Result;
    pub struct Vec;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Clone;
    pub struct Stream;
    pub mod core {}
    pub mod std {}
    pub mod rt {}
    pub mod plan {}
    pub fn drop() {}
    pub fn at() {}
    pub fn pipeline(out: MemorySink<(::std::string::String, u64)>) -> Pipeline<'static> {
        fn parse(text: &str) -> ::std::result::Result<u64, ::std::num::ParseIntError> {
            text.parse()
        }
        stream! {
            let lines = source(queue([[::std::string::String::from("1 x 22")]]));
            let (numbers, bad) = lines.flat_map(|l| l.split(' ')).try_map(parse);
            bad.for_each(|bad| assert_eq!(bad.record, "x"));
            let all = numbers.filter(|n| *n > 0).filter_map(|n| n.checked_add(1)).union(numbers).inspect(|_| ());
            for _ in 0..1 { all = all.filter_map(|n| n.checked_mul(2)); }
            all.key_by(|n| n.to_string()).map_values(|n| n).reduce_by_key(u64::max).sink(out);
        }
    }
}

#[test]
fn standard_names_may_mean_other_things() {
    let got = sorted(shadows::pipeline);
    let pair = |n: u64| (n.to_string(), n);
    assert_eq!(got, [[pair(2), pair(4), pair(44), pair(46)]]);
}

mod millstream_of_our_own {
    /// A module by the crate's name, and one of ours by another.
    pub mod millstream {
        pub struct Nothing;
    }
    pub mod inner {
        pub use ::millstream as mill;
    }
}

#[test]
fn a_module_by_the_crates_name_is_not_in_the_way() {
    use millstream_of_our_own::millstream;
    let _ = millstream::Nothing;
    let got = ordered(|out| stream! { source(queue([vec![1]])).map(|n| n + 1).sink(out); });
    assert_eq!(got, [[2]]);
}

#[test]
fn a_re_exported_crate_is_named_by_its_path() {
    use millstream_of_our_own::inner;
    let got = sorted(|out| {
        inner::mill::stream! {
            #![millstream(crate = crate::hygiene::millstream_of_our_own::inner::mill)]
            <Renamed>
            let a = source(queue([vec!["a"]])).map(|w| (w, 1)).reduce_by_key(|a, b| a + b);
            a.sink(out);
        }
    });
    assert_eq!(got, [[("a".to_string(), 1)]]);
}

macro_rules! pipeline_of {
    ($name:ident, $input:expr, $f:expr, |$x:ident| $body:expr, $out:expr) => {
        stream! { <FromMacro>
            let $name = source($input);
            let changed = $name.map($f).map(|$x| $body);
            changed.map(|w| w + 1).sink($out);
        }
    };
}

#[test]
fn a_macro_makes_a_pipeline_of_its_callers_parts() {
    let w = 5;
    let add = 7;
    let got = ordered(|out| pipeline_of!(s, queue([vec![1]]), |n| n * 10 + add, |w2| w2 + w, out));
    assert_eq!(got, [[23]]);
}

macro_rules! with_its_own_names {
    ($input:expr, $n:ident, $body:expr) => {{
        let out = MemorySink::new();
        let w = 1;
        let pipeline = stream! { source($input).map(|$n| $body).map(|x| x + w).sink(out.clone()); };
        Engine::test().run(pipeline).expect("it runs");
        out.records()
    }};
}

#[test]
fn a_macros_variable_and_its_callers_of_one_name_are_two() {
    let out = 100;
    assert_eq!(with_its_own_names!(queue([vec![1]]), w, w + out), [102]);
}

#[test]
fn two_pipelines_stand_in_one_function_and_one_inside_the_other() {
    let out = MemorySink::new();
    let one = stream! { <One> source(queue([vec![1]])).map(|n| n + 1).sink(out.clone()); };
    let two = stream! { <Two>
        source(queue([vec![10]]))
            .map(|n| {
                let inner = MemorySink::new();
                let pipeline = stream! { source(queue([vec![n]])).map(|n| n + 1).sink(inner.clone()); };
                Engine::test().run(pipeline).expect("it runs");
                inner.records()[0]
            })
            .sink(out.clone());
    };
    assert_eq!((one.name(), two.name()), (Some("One"), Some("Two")));
    Engine::test().run(one).expect("it runs");
    out.assert_batches([[2]]);
    out.clear();
    Engine::test().run(two).expect("it runs");
    out.assert_batches([[11]]);
}

#[test]
fn any_delimiters_do_and_a_name_comes_from_the_header_or_from_named() {
    let brackets = stream![<B> source(queue([vec![1]])).print(0);];
    let parens = stream!({
        source(queue([vec![1]])).print(0);
    })
    .named("P");
    let header_inside = stream!({ <H> source(queue([vec![1]])).print(0); });
    let owned = stream!(move { <M> source(queue([vec![1]])).print(0); });
    let renamed = stream! { <Old> source(queue([vec![1]])).print(0); }.named("New");
    let nameless = stream! { source(queue([vec![1]])).print(0); };
    let names =
        [brackets, parens, header_inside, owned, renamed, nameless].map(|p| p.name().map(String::from));
    let expected =
        [Some("B"), Some("P"), Some("H"), Some("M"), Some("New"), None].map(|n| n.map(String::from));
    assert_eq!(names, expected);
}

struct Counter {
    step: u64,
}

impl Counter {
    const START: u64 = 5;

    fn pipeline(&self, out: MemorySink<u64>) -> Pipeline<'_> {
        stream! { source(queue([vec![Self::START]])).map(|n| n + self.step).sink(out); }
    }
}

#[test]
fn self_means_the_method_in_which_the_pipeline_stands() {
    let counter = Counter { step: 2 };
    assert_eq!(ordered(|out| counter.pipeline(out)), [[7]]);
}

#[test]
fn a_pipeline_stands_in_an_async_function() {
    async fn run(text: &str, out: MemorySink<usize>) -> millstream::Result<()> {
        let n = text.len();
        let pipeline = stream!(move { source(queue([vec![1]])).map(|x| x + n).sink(out); });
        Engine::local().trigger(Trigger::AvailableNow).start(pipeline)?.join().await
    }
    let out = MemorySink::new();
    block_on(run("four", out.clone())).expect("it runs");
    out.assert_batches([[5]]);
}

#[test]
fn a_raw_identifier_names_a_stream_and_a_parameter() {
    let got = ordered(|out| {
        stream! {
            let r#type = source(queue([vec![1]]));
            r#type.map(|r#fn| r#fn + 1).sink(out);
        }
    });
    assert_eq!(got, [[2]]);
}

#[test]
fn lint_attributes_pass_through() {
    let got = ordered(|out| {
        stream! {
            #[allow(unused_variables, clippy::no_effect_underscore_binding)]
            let a = source(queue([vec![1]])).map(|n| { let unused = 1; n });
            #[expect(clippy::needless_return, reason = "for the test")]
            let b = a.map(|n| { return n; });
            #[allow(unused_variables)]
            b.key_by(|n| n).reduce_by_key(|a, b| a).map(|(_, n)| n).sink(out);
        }
    });
    assert_eq!(got, [[1]]);
}
