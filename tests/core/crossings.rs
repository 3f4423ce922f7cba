//! What can cross to another process, and that nothing has to.

use millstream::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::sorted;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key, Serialize, Deserialize)]
struct Page(String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Seen {
    Never,
    Times { n: u64, last: Option<Page> },
}

/// Neither of serde's traits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
struct Plain(u64);

fn refusal(pipeline: &Pipeline<'_>) -> String {
    pipeline.check_serializable().expect_err("something has no serde").to_string()
}

#[test]
fn serde_types_can_cross_every_exchange() {
    let pipeline = stream! { <Fine>
        let a = source(queue([vec!["x"]]));
        let b = source(queue([vec!["y"]]));
        let pages = a.union(b).map(Page);
        let seen = pages
            .map(|p| (p.clone(), Seen::Times { n: 1, last: Some(p) }))
            .reduce_by_key(|a, b| if a == Seen::Never { b } else { a });
        seen.for_each(drop);
        pages.count_by_value().print();
        pages.count().print();
        pages.distinct().print();
        let keyed = pages.map(|p| (p.clone(), p));
        keyed.group_by_key().print();
        keyed.aggregate_by_key(0u64, |n, _| n + 1, |a, b| a + b).join(keyed.fold_by_key(0u8, |n, _| n)).print();
        keyed.left_semi_join(keyed.map(|(k, _)| (k, std::cell::Cell::new(1u8)))).cogroup(keyed).print();
        pages.key_by(|p| Keyed(p.0.clone())).map_values(|_| 1u8).reduce_by_key(u8::max).for_each(drop);
    };
    pipeline.check_serializable().expect("all are serde types");
}

#[test]
fn each_exchange_without_serde_is_named_with_what_to_write() {
    let pipeline = stream! { <Visits>
        let a = source(from_iter(0..3u64));
        let b = source(from_iter(0..3u64));
        let all = a.map(Plain).union(b.map(Plain));
        let counts = all.map(|p| (p, 1u64)).reduce_by_key(|a, b| a + b);
        counts.for_each(drop);
        all.count_by_value().for_each(drop);
        all.count().print();
    };
    assert_eq!(
        refusal(&pipeline),
        "pipeline `Visits` can't run on a cluster: records are written as bytes where they are \
         exchanged, and these can't be:\n\
         - `all/union`: records of `core::crossings::Plain`\n\
         - `counts/reduce_by_key`: records of `(core::crossings::Plain, u64)`\n\
         - `all/count_by_value`: records of `core::crossings::Plain`\n\
         write `#[derive(Serialize, Deserialize)]` (of the crate `serde`) on your types among them, hold `String` where \
         there is `&str`, and in a generic function give its parameters the bounds `T: Serialize + DeserializeOwned`"
    );
}

#[test]
fn types_that_never_leave_the_process_need_no_serde() {
    let got = sorted(|out| {
        stream! {
            let plain = source(queue([vec![2u64, 1, 2]])).map(Plain);
            plain.map(|p| (p, Plain(1))).reduce_by_key(|a, b| Plain(a.0 + b.0)).sink(out);
        }
    });
    assert_eq!(got, [[(Plain(1), Plain(1)), (Plain(2), Plain(2))]]);
}

#[test]
fn records_that_only_reach_an_output_are_not_asked_for_serde() {
    let out = MemorySink::<Plain>::new();
    let pipeline = stream! { source(from_iter(0..3u64)).map(Plain).sink(out); };
    pipeline.check_serializable().expect("nothing is exchanged");
}

#[test]
fn a_static_str_may_be_a_value_and_is_refused_by_name() {
    let got = sorted(|out| {
        stream! {
            let words = source(queue([vec!["a b a"]])).flat_map(|l| l.split(' '));
            words.map(|w| (w, "word")).reduce_by_key(|a, _| a).map(|(w, kind)| (w, kind.len())).sink(out);
        }
    });
    assert_eq!(got, [[("a".to_string(), 4), ("b".to_string(), 4)]]);
    let pipeline = stream! {
        let kinds = source(from_iter(0..3u64)).map(|n| (n, "n")).reduce_by_key(|a, _| a);
        kinds.for_each(drop);
    };
    let message = refusal(&pipeline);
    assert!(message.contains("- `kinds/reduce_by_key`: records of `(u64, &str)`"), "{message}");
}

/// Had they been probed where the tails are made, the open types would have been taken for serde types, and rustc would
/// demand it of `Plain`.
#[test]
fn types_that_are_known_only_from_a_later_statement_are_probed_too() {
    let pipeline = stream! {
        let firsts = source(from_iter(0..3u64)).map(|n| (n, None)).reduce_by_key(Option::<Plain>::or);
        firsts.for_each(drop);
        let small = source(from_iter(0..3u64)).map(|n| (n, 1)).reduce_by_key(|a, b| a + b);
        small.sink(MemorySink::<(u64, u16)>::new());
    };
    let message = refusal(&pipeline);
    assert!(
        message.contains(
            "- `firsts/reduce_by_key`: records of `(u64, core::option::Option<core::crossings::Plain>)`"
        ),
        "{message}"
    );
    assert!(!message.contains("small"), "{message}");
}

#[test]
fn a_generic_function_is_judged_by_its_bounds() {
    fn bare<T: Key<Owned = T> + Clone + Send + Sync + 'static>(records: Vec<T>) -> Pipeline<'static> {
        stream!(move { source(from_iter(records)).count_by_value().for_each(drop); })
    }
    fn bound<T>(records: Vec<T>) -> Pipeline<'static>
    where
        T: Key<Owned = T> + Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    {
        stream!(move { source(from_iter(records)).count_by_value().for_each(drop); })
    }
    assert!(refusal(&bare(vec![1u64])).contains("T: Serialize + DeserializeOwned"));
    bound(vec![1u64]).check_serializable().expect("the bound says that it can be");
}
