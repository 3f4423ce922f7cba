//! Our own sinks.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use millstream::prelude::*;
use millstream::sink::{ConsoleSink, text_file_sink};
use millstream::testing::sink_contract;

#[test]
fn memory_sink() {
    let out = MemorySink::new();
    sink_contract(|| out.clone(), || out.records(), |n| format!("r{n}"));
}

/// The lines of all folders that a reader looks into: those whose names don't begin with a dot.
fn lines(folder: &Path) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut lines = Vec::new();
    for entry in entries {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_string();
        if path.is_dir() && !name.starts_with('.') {
            lines.extend(self::lines(&path));
        } else if name.starts_with("part-") {
            let text = std::fs::read_to_string(&path).expect("it is text");
            lines.extend(text.lines().map(|line| line.parse::<u64>().expect("a number")));
        }
    }
    lines
}

#[test]
fn text_file_sink_() {
    let folder = tempfile::tempdir().expect("a folder");
    sink_contract(
        || text_file_sink(folder.path().join("out/n")),
        || lines(&folder.path().join("out")),
        |n| n,
    );
}

/// What is printed, for all to see.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nothing panics").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn console_sink() {
    let printed = Printed::default();
    let visible = || {
        let text = String::from_utf8(printed.0.lock().expect("nothing panics").clone()).expect("it is text");
        text.lines().filter_map(|line| line.parse::<u64>().ok()).collect()
    };
    sink_contract(|| ConsoleSink::with_writer(usize::MAX, printed.clone()), visible, |n| n);
}
