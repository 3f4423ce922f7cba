//! JSON lines to Parquet, exactly once. At the root of the repository:
//!
//! ```text
//! cargo run --release -p millstream-examples --features files --example json_to_parquet
//! cargo run --release -p millstream-examples --features files --example json_to_parquet -- FOLDER OUT
//! cargo run --release -p millstream-examples --features files --example json_to_parquet -- --plan
//! ```
//!
//! Without arguments it reads the messages that are shipped, and writes to `target/messages`. With a folder, it reads what is there
//! and what appears, until Ctrl-C; it may be killed at any time, and goes on where it was, which is kept in `OUT-checkpoint`. A
//! minute's rows become visible together, and the last ones at the end. `OUT` may be a URL such as `s3://bucket/messages`, with
//! the feature of its store.

use millstream::prelude::*;
use millstream::sink::parquet_sink;
use millstream::source::{BadRow, Source, json_directory, json_files};
use millstream_examples::data;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    id: u64,
    user: String,
    text: String,
}

fn archive<S>(input: S, out: &str) -> Pipeline<'static>
where
    S: Source,
    for<'a> S::Batch: millstream::batch::Batch<Item<'a> = Result<Message, BadRow>>,
{
    let sink = parquet_sink(out).partition_by("user", |message: &Message| message.user.clone());
    // One folder a minute at most, or a larger one once it has 64 MiB.
    let sink = sink.roll(64 << 20, minutes(1));
    stream!(move { <Archive>
        let rows = source(input);
        let (messages, bad) = rows.try_map(|row| row);
        messages.sink(sink).id("parquet");
        bad.for_each(|bad| eprintln!("{}", bad.error));
    })
}

fn main() -> millstream::Result<()> {
    let shipped = || json_files::<Message>(data("messages.jsonl"));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            Engine::local().trigger(Trigger::AvailableNow).run(archive(shipped(), "target/messages"))?;
            println!("written to target/messages");
            Ok(())
        }
        ["--plan"] => {
            println!("{}", archive(shipped(), "target/messages").plan());
            Ok(())
        }
        [folder, out] => Engine::local()
            .batch_interval(secs(1))
            .checkpoint(format!("{}-checkpoint", out.trim_end_matches('/')))
            .run(archive(json_directory::<Message>(folder), out)),
        _ => {
            eprintln!("usage: json_to_parquet [FOLDER OUT | --plan]");
            std::process::exit(2)
        }
    }
}

#[test]
fn the_messages_that_are_shipped_are_in_the_files_but_for_the_bad_ones() {
    use millstream::source::parquet_files;

    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let engine = || Engine::local().trigger(Trigger::AvailableNow);
    let input = json_files::<Message>(data("messages.jsonl")).max_bytes_per_tick(500);
    engine().run(archive(input, out.to_str().expect("text"))).expect("it writes");

    let read = MemorySink::new();
    let pipeline = stream! {
        source(parquet_files::<Message>(out.join("batch=*/user=*/*.parquet"))).flatten().sink(read.clone());
    };
    engine().run(pipeline).expect("it reads");
    let mut got = read.records();
    got.sort_by_key(|message| message.id);

    let text = std::fs::read_to_string(data("messages.jsonl")).expect("it is shipped");
    let good: Vec<Message> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(text.lines().count() - good.len(), 2, "two are bad");
    assert_eq!(got, good);
}
