//! All example programs in one binary: see the crate's documentation.

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    millstream_examples::main(&arguments)
}
