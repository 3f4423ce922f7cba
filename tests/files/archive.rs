//! The program that is killed: JSON lines of a folder to Parquet. Its arguments: the folder, the checkpoint, the output, the number
//! of partitions, and `rolled` if ticks are to be gathered.

#[cfg(feature = "formats")]
fn main() -> millstream::Result<()> {
    use millstream::prelude::*;
    use millstream::sink::parquet_sink;
    use millstream::source::json_directory;
    use millstream_files_tests::Order;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, checkpoint, out, partitions, rest @ ..] = &arguments[..] else {
        panic!("FOLDER CHECKPOINT OUT PARTITIONS [rolled]");
    };
    let sink = parquet_sink::<Order>(out).partition_by("country", |order: &Order| order.country.clone());
    let sink = if rest.is_empty() { sink } else { sink.roll(2000, millis(25)) };
    let pipeline = stream! { <Archive>
        let rows = source(json_directory::<Order>(folder.as_str()).max_records_per_tick(5));
        let (orders, bad) = rows.try_map(|row| row);
        orders.sink(sink);
        bad.for_each(|bad| panic!("{}", bad.error));
    };
    Engine::local()
        .partitions(partitions.parse().expect("a number"))
        .threads(2)
        .trigger(Trigger::AvailableNow)
        .checkpoint(checkpoint.as_str())
        .checkpoint_interval(millis(10))
        .run(pipeline)
}

#[cfg(not(feature = "formats"))]
fn main() {}
