//! Pipelines over files outlive crashes at any tick.

use millstream::prelude::*;
use millstream::sink::{json_sink, parquet_sink};
use millstream::source::{csv_files, json_files, parquet_files};
use millstream::testing::restarts_change_nothing;
use millstream_files_tests::Order;

use crate::places::{files, memory, write};

#[test]
fn of_json_lines_csv_and_parquet() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let orders = || vec![Order::all(0..7), Order::all(7..11)];
    let url = memory();
    write(orders(), json_sink(at("json").to_str().expect("text")));
    write(orders(), parquet_sink(url.clone()));
    let rows: String = (0..9).map(|n| format!("{n},\"a\nb\"\n")).collect();
    std::fs::write(at("a.csv"), format!("n,text\n{rows}")).expect("it is written");
    let json = files(&at("json"));
    restarts_change_nothing(move |out| {
        let json = json.clone();
        stream!(move {
            let rows = source(json_files::<Order>(json).max_records_per_tick(3)).flatten();
            rows.map(|order| (order.country, 1u64)).running_count().sink(out);
        })
    });
    restarts_change_nothing(move |out| {
        let parquet = format!("{url}/batch=*/*");
        stream!(move {
            let rows = source(parquet_files::<Order>(parquet).max_records_per_tick(3)).flatten();
            rows.map(|order| (order.country, 1u64)).running_count().sink(out);
        })
    });
    let csv = at("a.csv");
    restarts_change_nothing(move |out| {
        let csv = csv.clone();
        stream!(move {
            let rows = source(csv_files::<(u64, String)>(csv).max_records_per_tick(2)).flatten();
            rows.map(|(n, text)| (text, n)).running_reduce(|a, b| a + b).sink(out);
        })
    });
}
