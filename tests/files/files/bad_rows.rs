//! Rows that can't be read are told with their places, and none is lost.

use millstream::prelude::*;
use millstream::sink::parquet_sink;
use millstream::source::{RowPlace, csv_files, json_files, parquet_files};
use serde::{Deserialize, Serialize};

use crate::places::{read, write};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i64,
}

#[test]
fn of_json_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    // Far enough in the file that the lines before are counted, not guessed.
    let text: String = (0..40_000).map(|n| format!("{{\"x\": {n}}}\n")).collect();
    let bad = "{\"x\": }\n\n  \n{\"y\": 1}\n[\n\u{e9}\n";
    std::fs::write(folder.path().join("a.jsonl"), format!("{text}{bad}{{\"x\": 1}}")).expect("it is written");
    let (good, bad) = read(json_files::<Point>(folder.path().join("a.jsonl")).max_bytes_per_tick(100_000));
    assert_eq!(good.len(), 40_001);
    let told: Vec<_> = bad.iter().map(|row| (row.place, row.reason.as_str(), row.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (RowPlace::Line(40_001), "expected value at column 7", "{\"x\": }"),
            (RowPlace::Line(40_004), "missing field `x` at column 8", "{\"y\": 1}"),
            (RowPlace::Line(40_005), "EOF while parsing a list at column 1", "["),
            (RowPlace::Line(40_006), "expected value at column 1", "\u{e9}"),
        ]
    );
    assert!(
        bad[0].to_string().ends_with("a.jsonl, line 40001: expected value at column 7: {\"x\": }"),
        "{}",
        bad[0]
    );
}

#[test]
fn of_csv() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "x,y\n1,a\n\n\n?,b\n2\n3,\"c\nd\"\n4,\"e\",f\n5,g\n";
    std::fs::write(folder.path().join("a.csv"), text).expect("it is written");
    let (good, bad) = read(csv_files::<Point>(folder.path().join("a.csv")));
    assert_eq!(good, [1, 3, 5].map(|x| Point { x }));
    let told: Vec<_> = bad.iter().map(|row| (row.place, row.reason.as_str(), row.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (RowPlace::Line(5), "field `x`: invalid digit found in string", "?,b"),
            (RowPlace::Line(6), "1 fields, and the header has 2", "2"),
            (RowPlace::Line(9), "3 fields, and the header has 2", "4,\"e\",f"),
        ]
    );
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("x\n1\n\"2\n{}", "3\n".repeat(1_000_000));
    std::fs::write(folder.path().join("a.csv"), text).expect("it is written");
    let rows = csv_files::<Point>(folder.path().join("a.csv"));
    let pipeline = stream! { source(rows).count().print(); };
    let error = Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect_err("it is no CSV");
    assert!(error.to_string().contains("the record at line 3 is longer than 1048576 bytes"), "{error}");
}

#[test]
fn of_parquet() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Perhaps {
        x: Option<i64>,
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let rows = [Some(1), None, Some(3)].map(|x| Perhaps { x }).to_vec();
    write(vec![rows], parquet_sink(out.to_str().expect("text")));
    let (good, bad) = read(parquet_files::<Point>(out.join("*/*")));
    assert_eq!(good, [Point { x: 1 }, Point { x: 3 }]);
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].place, RowPlace::Row { group: 0, row: 1 });
    assert!(bad[0].file.ends_with(".parquet"), "{}", bad[0]);

    std::fs::write(folder.path().join("no.parquet"), "this is no Parquet file").expect("it is written");
    let source = parquet_files::<Point>(folder.path().join("no.parquet"));
    let pipeline = stream! { source(source).count().print(); };
    let error =
        Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect_err("it is none").to_string();
    assert!(
        error.contains("no.parquet` can't be read as Parquet") && error.contains("move them in"),
        "{error}"
    );
}

#[test]
fn secrets_of_a_url_are_in_no_plan_and_no_error() {
    let url = "gs://key:secret@bucket/a?sig=secret";
    let pipeline = stream! { <Secret>
        source(json_files::<Point>(url)).count().sink(millstream::sink::json_sink(url));
    };
    let plan = pipeline.plan().to_string();
    assert!(
        plan.contains("json_files(gs://bucket/a)") && plan.contains("json_sink(gs://bucket/a)"),
        "{plan}"
    );
    assert!(!plan.contains("secret"), "{plan}");
    let error = Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect_err("no feature `gcp`");
    assert!(!error.to_string().contains("secret") && error.to_string().contains("gcp"), "{error}");
}
