//! The line on the terminal that shows how far a bounded run is.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::source::Total;

/// A run that is shorter shows nothing, and the line changes no more often.
const FIRST: Duration = Duration::from_millis(500);
const EVERY: Duration = Duration::from_millis(100);

/// How wide the bar itself is, and how much of a name is shown: all together it stays within 80 columns or so. A
/// narrower terminal cuts the line off, since it is told not to wrap it.
const WIDTH: usize = 20;
const NAME: usize = 16;

const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";
const CLEAR: &str = "\r\x1b[K";

/// Whether this is the place for one: the main thread of a program (so there is one at most, and none in tests) whose
/// standard error is a terminal that understands.
pub(crate) fn is_welcome() -> bool {
    let understands = if cfg!(windows) {
        std::env::var_os("WT_SESSION").is_some()
    } else {
        std::env::var_os("TERM").is_some_and(|term| term != "dumb")
    };
    understands && std::thread::current().name() == Some("main") && io::stderr().is_terminal() && !is_test()
}

/// With `--test-threads=1` tests run on the main thread too; but cargo puts their programs into a folder `deps`.
fn is_test() -> bool {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().and_then(|folder| folder.file_name()).is_some_and(|folder| folder == "deps")
}

pub(crate) struct Bar {
    out: Box<dyn Write + Send>,
    name: String,
    totals: Vec<Total>,
    /// By source.
    done: Vec<u64>,
    ticks: u64,
    begun: Timestamp,
    drawn: Option<Timestamp>,
    visible: bool,
    /// Outputs may write to the same terminal: the line makes way for each tick's.
    shares_terminal: bool,
}

impl Bar {
    /// `None` if a source can't say how much there is.
    pub fn new(
        out: Box<dyn Write + Send>,
        name: Option<&str>,
        totals: Vec<Option<Total>>,
        now: Timestamp,
        shares_terminal: bool,
    ) -> Option<Bar> {
        let totals: Vec<Total> = totals.into_iter().collect::<Option<_>>()?;
        if totals.iter().all(|total| total.amount() == 0) {
            return None;
        }
        let mut name: String =
            name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(NAME).collect();
        if !name.is_empty() {
            name.push(' ');
        }
        let done = vec![0; totals.len()];
        Some(Bar {
            out,
            name,
            totals,
            done,
            ticks: 0,
            begun: now,
            drawn: None,
            visible: false,
            shares_terminal,
        })
    }

    /// Before outputs are written.
    pub fn make_way(&mut self) {
        if self.shares_terminal {
            self.clear();
        }
    }

    /// A tick is committed, which read this much of each source.
    pub fn committed(&mut self, units: &[u64], now: Timestamp) {
        self.ticks += 1;
        for (done, read) in self.done.iter_mut().zip(units) {
            *done += read;
        }
        let due = match self.drawn {
            None => now.since(self.begun) >= FIRST,
            Some(drawn) => now.since(drawn) >= EVERY,
        };
        // What made way comes back at once: it would flicker otherwise.
        if due || (self.drawn.is_some() && !self.visible) {
            self.draw(now);
        }
    }

    /// The cursor is left at the line's beginning, so that whatever else is written there writes over it.
    fn draw(&mut self, now: Timestamp) {
        let text = format!("{CLEAR}{NO_WRAP}{}{WRAP}\r", self.line(now));
        self.write(&text);
        self.drawn = Some(now);
        self.visible = true;
    }

    fn clear(&mut self) {
        if self.visible {
            self.write(CLEAR);
            self.visible = false;
        }
    }

    fn write(&mut self, text: &str) {
        // Nothing is lost with it.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    /// The amounts of sources that count alike are added up; of bytes and records, what is less far counts: the run
    /// ends with it.
    fn line(&self, now: Timestamp) -> String {
        let seconds = now.since(self.begun).as_secs_f64().max(0.001);
        let mut fraction = 1.0f64;
        let mut amounts = String::new();
        for unit in [Total::Bytes as fn(u64) -> Total, Total::Records] {
            let of_unit = |total: &Total| *total == unit(total.amount());
            let sources = || self.totals.iter().zip(&self.done).filter(|(total, _)| of_unit(total));
            if sources().next().is_none() {
                continue;
            }
            let all: u64 = sources().map(|(total, _)| total.amount()).fold(0, u64::saturating_add);
            let done: u64 = sources().map(|(_, done)| *done).fold(0, u64::saturating_add).min(all);
            if all > 0 {
                fraction = fraction.min(done as f64 / all as f64);
            }
            let rate = unit((done as f64 / seconds) as u64);
            let done = unit(done).to_string();
            let done = done.strip_suffix(" records").unwrap_or(&done);
            let _ = write!(amounts, ", {rate}/s, {done} of {}", unit(all));
        }
        let full = (fraction * WIDTH as f64) as usize;
        let bar = format!("{}{}", "=".repeat(full), if full < WIDTH { ">" } else { "" });
        let left = if fraction > 0.0 { duration(seconds * (1.0 - fraction) / fraction) } else { "?".into() };
        let ticks = if self.ticks == 1 { "tick" } else { "ticks" };
        let percent = (fraction * 100.0) as u64;
        format!("{}{percent:>3}% [{bar:<WIDTH$}]  {left} left{amounts}, {} {ticks}", self.name, self.ticks)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests;
