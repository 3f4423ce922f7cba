//! The program that is killed. Its arguments: `file PATH`, `windows PATH`, `joins PATH` or `socket ADDRESS`, the checkpoint, the prefix of its
//! output, the number of partitions, and perhaps a trap.

use std::process::ExitCode;

use millstream::BoxError;
use millstream::engine::TraceEvent;
use millstream::prelude::*;
use millstream::sink::text_file_sink;
use millstream_kill_tests::joins;
use millstream_kill_tests::pipeline::pipeline;
use millstream_kill_tests::trap::{self, Phase, passes};
use millstream_kill_tests::watched::{WatchedSink, WatchedSource};
use millstream_kill_tests::windows::{self, Hurrying};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let [kind, input, checkpoint, out, partitions, trap @ ..] = arguments else {
        return Err(
            "usage: file PATH | windows PATH | joins PATH | socket ADDRESS, then CHECKPOINT OUT PARTITIONS [TRAP]"
                .into(),
        );
    };
    if let [trap] = trap {
        trap::set(trap.parse()?);
    }
    let sink = WatchedSink(text_file_sink(out));
    let pipeline = match kind.as_str() {
        "socket" => pipeline(text_socket(input.clone()).max_bytes_per_tick(600), sink),
        "windows" => windows::pipeline(WatchedSource(text_files(input).max_bytes_per_tick(600)), sink),
        "joins" => joins::pipeline(WatchedSource(text_files(input).max_bytes_per_tick(600)), sink),
        _ => pipeline(WatchedSource(text_files(input).max_bytes_per_tick(600)), sink),
    };
    let engine = Engine::local()
        .partitions(partitions.parse()?)
        .threads(2)
        .batch_interval(millis(4))
        .checkpoint(checkpoint)
        .checkpoint_interval(millis(15))
        .on_trace(|event| match event {
            TraceEvent::Started { stage, .. } if *stage > 0 => passes(Phase::Exchange),
            TraceEvent::Finished { stage: 0, .. } => passes(Phase::Exchange),
            _ => {}
        });
    let engine = if matches!(kind.as_str(), "windows" | "joins") { Hurrying::engine(engine) } else { engine };
    Ok(engine.run(pipeline)?)
}
