//! Looks into the checkpoints of a folder, or of what a URL names.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = millstream::__ckpt(&args, &mut out);
    let flushed = out.flush();
    match (done, flushed) {
        (Ok(true), Ok(())) => ExitCode::SUCCESS,
        (Ok(false), Ok(())) => ExitCode::FAILURE,
        // A reader that has seen enough (`head`) is no error.
        (Err(error), _) if is_closed(&*error) => ExitCode::SUCCESS,
        (Ok(_), Err(error)) if is_closed(&error) => ExitCode::SUCCESS,
        (Err(error), _) => failed(&*error),
        (Ok(_), Err(error)) => failed(&error),
    }
}

fn is_closed(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("millstream-ckpt: {error}");
    ExitCode::from(2)
}
