//! Names that meet only after the closures are inlined: each of these once gave a wrong result or a false error.

use millstream::prelude::*;

use crate::support::ordered;

#[test]
fn a_hidden_parameter_called_key_is_not_the_pairs_key() {
    let key = 1000;
    let got = ordered(|out| {
        stream! {
            source(queue([vec![(1, 10)]])).map_values(|key| key + 1).map(|(k, v)| (k, v + key)).sink(out);
        }
    });
    assert_eq!(got, [[(1, 1011)]]);
}

#[test]
fn a_hidden_parameter_called_record_is_not_the_bad_record() {
    let record = 7;
    let got = ordered(|out| {
        stream! {
            let (good, bad) = source(queue([vec![(1, 2), (3, 4)]]))
                .try_map(|(record, y)| if record == 1 { Ok(record + y) } else { Err("no") });
            let sums = good.map(|n| (n + record, 0));
            sums.union(bad.map(|b| b.record)).sink(out);
        }
    });
    assert_eq!(got, [[(10, 0), (3, 4)]]);
}

#[test]
fn hidden_parameters_may_be_called_like_the_expansions_own_names() {
    let (to_3, operand_0, value, error, kept, map_2) = (1, 2, 3, 4, 5, 6);
    let got = ordered(|out| {
        stream! {
            source(queue([vec![10]]))
                .map(|to_3| to_3)
                .map(|operand_0| operand_0)
                .map(|value| value)
                .filter_map(|kept| Some(kept))
                .map(|error| error)
                .key_by(|map_2| map_2)
                .map(|(_, n)| n + to_3 + operand_0 + value + error + kept + map_2)
                .sink(out);
        }
    });
    assert_eq!(got, [[31]]);
}

#[test]
fn what_a_macro_is_handed_keeps_its_meaning() {
    macro_rules! pipeline {
        ($input:expr, $e:expr, $out:expr) => {
            stream! { source($input).map(|w| w * 10 + $e).map(|x| x + $e).sink($out); }
        };
    }
    let w = 1000;
    let got = ordered(|out| pipeline!(queue([vec![1]]), w, out));
    assert_eq!(got, [[2010]]);
}

#[test]
fn a_later_closure_may_bind_a_name_of_its_own_inside() {
    let limit = 3;
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["ab c"]]))
                .map(|w| format!("{w} {limit}"))
                .map(|text| text.split(' ').map(|w| w.len()).sum::<usize>())
                .sink(out);
        }
    });
    assert_eq!(got, [[4]]);
}

#[test]
fn a_looking_closures_format_string_may_mix_names() {
    struct Event {
        line: u32,
    }
    let prefix = "seen";
    let got = ordered(|out| {
        stream! {
            source(queue([vec![1u32]]))
                .inspect(|line| assert_eq!(format!("{prefix} {line}"), "seen 1"))
                .map(|n| Event { line: n })
                .map(|e| e.line)
                .sink(out);
        }
    });
    assert_eq!(got, [[1]]);
}

#[test]
fn a_function_in_a_variable_is_evaluated_once_and_kept() {
    fn changed(f: fn(u64) -> u64, out: MemorySink<u64>) -> Pipeline<'static> {
        stream! { source(queue([vec![20]])).map(f).sink(out); }
    }
    let out = MemorySink::new();
    Engine::test().run(changed(|n| n + 1, out.clone())).expect("it runs");
    out.assert_batches([vec![21]]);
}

#[test]
fn a_type_called_bool_is_not_in_the_way() {
    #[expect(non_camel_case_types, reason = "that is the point")]
    type bool = u8;
    let got = ordered(|out| stream! { source(queue([vec![1 as bool, 2]])).filter(|n| *n > 1).sink(out); });
    assert_eq!(got, [[2]]);
}

#[test]
fn keyed_output_comes_in_one_order_whatever_the_number_of_partitions() {
    let words: Vec<String> = (0..300).map(|i| format!("w{}", i * i % 97)).collect();
    let run = |partitions| {
        let out = MemorySink::<(u64, String)>::new();
        let input = words.clone();
        let sink = out.clone();
        let pipeline = stream! {
            source(queue([input]))
                .count_by_value()
                .map(|(word, n)| (n % 3, word))
                .reduce_by_key(|a, b| a + " " + &b)
                .sink(sink);
        };
        Engine::test().partitions(partitions).run(pipeline).expect("it runs");
        out.records()
    };
    let one = run(1);
    for partitions in [2, 3, 7, 128] {
        assert_eq!(run(partitions), one, "{partitions} partitions");
    }
}
