//! Serves a text file on a TCP port, line by line: a peer for the examples that read a socket.
//!
//! ```text
//! … -- publish [FILE [PORT [LINES_PER_SECOND]]]        by default examples/data/alice.txt, 7777, 10
//! ```
//!
//! Everyone who connects gets the file from its beginning, and is hung up on at its end. Ctrl-C ends it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use millstream::BoxError;

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "publish",
    about: "[FILE [PORT [LINES_PER_SECOND]]]: serves a text file on a TCP port, line by line",
    plan: None,
    run,
};

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let argument = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or(default.into());
    let path = arguments.first().map_or_else(|| data("alice.txt"), Into::into);
    let port: u16 = argument(1, "7777").parse()?;
    let rate: f64 = argument(2, "10").parse()?;
    if rate <= 0.0 || !rate.is_finite() {
        return Err(format!("{rate} lines a second: it must be a number above 0").into());
    }
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("serving {} on {}, {rate} lines a second", path.display(), listener.local_addr()?);
    for connection in listener.incoming() {
        let (connection, file) = (connection?, File::open(&path)?);
        std::thread::spawn(move || send(BufReader::new(file), connection, Some(rate)));
    }
    Ok(())
}

/// Sends the lines, so many a second (`None`: as fast as the peer takes them).
pub fn send(lines: impl BufRead, mut to: impl Write, rate: Option<f64>) -> io::Result<()> {
    for line in lines.lines() {
        writeln!(to, "{}", line?)?;
        if let Some(rate) = rate {
            to.flush()?;
            std::thread::sleep(Duration::from_secs_f64(1.0 / rate));
        }
    }
    to.flush()
}

#[test]
fn it_sends_all_lines_also_the_last_one_without_its_end() {
    let mut sent = Vec::new();
    send("a\n\nb".as_bytes(), &mut sent, None).expect("it is memory");
    assert_eq!(sent, b"a\n\nb\n");
}
