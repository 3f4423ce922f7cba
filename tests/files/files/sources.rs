//! Our sources, held to the contract; on a folder and in a store, plain and compressed.

use std::io::Write;
use std::path::Path;

use millstream::sink::{csv_sink, json_sink, parquet_sink};
use millstream::source::{
    BadRow, RecordBatch, csv_directory, csv_files, json_directory, json_files, parquet_directory,
    parquet_files, text_directory, text_files,
};
use millstream::testing::{SourceContract, source_contract};
use millstream_files_tests::Order;

use crate::places::{memory, write};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text).expect("it is in memory");
    gz.finish().expect("it is in memory")
}

fn json(orders: &[Order]) -> String {
    let line = |order: &Order| {
        let note = order.note.as_ref().map_or("null".into(), |note| format!("{note:?}"));
        format!("{{\"id\": {}, \"country\": {:?}, \"note\": {note}}}\r\n\n", order.id, order.country)
    };
    orders.iter().map(line).collect()
}

fn csv(orders: &[Order]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let row = |order: &Order| {
        let note = order.note.as_deref().map_or(String::new(), quoted);
        format!("{note},{},{}\n", order.id, quoted(&order.country))
    };
    let rows: String = orders.iter().map(row).collect();
    format!("\u{FEFF}note,id,country\n{rows}\n")
}

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).expect("it is written");
}

/// Three files, one of them compressed.
fn folder(text: impl Fn(&[Order]) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "a.x", text(&Order::all(0..9)));
    put(folder.path(), "b.x.gz", gzip(text(&Order::all(9..20)).as_bytes()));
    put(folder.path(), "c.x", text(&Order::all(20..21)));
    folder
}

fn good(row: Result<Order, BadRow>) -> Order {
    row.expect("it is a good row")
}

#[test]
fn json_lines() {
    let folder = folder(json);
    let files = || json_files::<Order>(folder.path().join("*"));
    source_contract(files, good, Order::all(0..21));
    source_contract(|| files().max_records_per_tick(2), good, Order::all(0..21));
    source_contract(|| json_directory::<Order>(folder.path()), good, Order::all(0..21));
}

#[test]
fn csv_with_line_ends_in_quotes() {
    let folder = folder(csv);
    let files = || csv_files::<Order>(folder.path().join("*"));
    source_contract(files, good, Order::all(0..21));
    source_contract(|| files().max_records_per_tick(2), good, Order::all(0..21));
    source_contract(|| csv_directory::<Order>(folder.path()), good, Order::all(0..21));
}

#[test]
fn csv_of_another_form() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "a", "1; x ;2.5\n2;y;\"3\"\n3; \"z;\n\" ; 4\n");
    let rows = [(1u64, "x".to_string(), 2.5), (2, "y".into(), 3.0), (3, "\"z".into(), 0.0)];
    let source =
        || csv_files::<(u64, String, f64)>(folder.path().join("a")).delimiter(b';').no_header().trim();
    let first = |row: Result<(u64, String, f64), BadRow>| row.ok();
    source_contract(source, first, [Some(rows[0].clone()), Some(rows[1].clone()), None, None]);
}

#[test]
fn parquet() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let sink = parquet_sink::<Order>(out.to_str().expect("text"));
    write(vec![Order::all(0..9), Order::all(9..20), Order::all(20..21)], sink);
    let files = || parquet_files::<Order>(out.join("*/*.parquet"));
    source_contract(files, good, Order::all(0..21));
    source_contract(|| files().max_records_per_tick(2), good, Order::all(0..21));
    source_contract(|| parquet_directory::<Order>(out.join("*")), good, Order::all(0..21));

    // As Arrow has them: a tick ends where it would with rows.
    let rows = |batch: RecordBatch| (batch.num_columns(), batch.num_rows());
    let batches = || files().columns(["id"]).max_records_per_tick(1).record_batches();
    source_contract(batches, rows, [(1, 1); 21]);
}

#[test]
fn in_an_object_store() {
    let orders = vec![Order::all(0..9), Order::all(9..20)];
    let url = memory();
    write(orders.clone(), json_sink(url.clone()));
    source_contract(|| json_files::<Order>(format!("{url}/batch=*/*.jsonl")), good, Order::all(0..20));
    source_contract(|| json_directory::<Order>(format!("{url}/batch=*/")), good, Order::all(0..20));
    let lines = |url: &str| format!("{url}/batch=*");
    SourceContract::new(|| text_files(format!("{}/*", lines(&url))), |_| (), vec![(); 20]).check();
    SourceContract::new(|| text_directory(lines(&url)), |_| (), vec![(); 20]).check();

    let url = memory();
    write(
        orders.clone(),
        csv_sink(url.clone()).partition_by("country", |order: &Order| order.country.clone()),
    );
    source_contract(|| csv_files::<Order>(format!("{url}/batch=*/*/*.csv")), good, Order::all(0..20));
    source_contract(|| csv_directory::<Order>(format!("{url}/batch=*/country=*")), good, Order::all(0..20));

    let url = memory();
    write(orders, parquet_sink(url.clone()));
    source_contract(|| parquet_files::<Order>(format!("{url}/batch=*/*")), good, Order::all(0..20));
}
