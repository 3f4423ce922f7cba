//! What `tests/peers/run.py` calls: `files FOLDER MEGABYTES` makes the files and describes them, `rows FOLDER MEGABYTES WORKLOAD…` runs
//! Millstream's rows.

use std::path::Path;
use std::process::ExitCode;

use millstream_bench::peers::{Files, rows};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder, megabytes, wanted @ ..] = arguments.as_slice() else {
        eprintln!("peers files|rows FOLDER MEGABYTES [WORKLOAD…]");
        return ExitCode::FAILURE;
    };
    let megabytes = megabytes.parse().unwrap_or(1000);
    let done = Files::make(Path::new(folder), megabytes).and_then(|files| match what.as_str() {
        "rows" => rows(&files, wanted),
        _ => files.describe().map(|described| println!("{described}")),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
