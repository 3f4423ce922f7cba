//! What goes wrong at the ends of a pipeline: its sources and its sinks.

use std::sync::Arc;

use millstream::batch::Rows;
use millstream::prelude::*;
use millstream::sink::{Delivery, Sink, SinkInfo};
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream::{BoxError, Error};

use super::{assert_panic, error_of, numbers};

/// A sink that fails, or panics, where it meets a 13 or a certain call.
struct Fussy {
    at: &'static str,
    panics: bool,
}

impl Fussy {
    fn fail(&self, at: &str) -> Result<(), BoxError> {
        assert!(at != self.at || !self.panics, "the sink fell over");
        if at == self.at { Err("the disk is full: make room".into()) } else { Ok(()) }
    }
}

impl Sink<u64> for Fussy {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "fussy", detail: String::new(), delivery: Delivery::AtLeastOnce }
    }
    fn open(&mut self, _: u64, _: Option<u64>) -> Result<(), BoxError> {
        self.fail("open")
    }
    fn write(&mut self, _: usize, batch: Vec<u64>) -> Result<(), BoxError> {
        if batch.contains(&13) { self.fail("write") } else { Ok(()) }
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        if tick.number == 1 { self.fail("commit") } else { Ok(()) }
    }
}

#[test]
fn a_sinks_errors_and_panics_name_the_sink() {
    for at in ["write", "commit"] {
        let error = error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at, panics: false }); });
        assert!(matches!(error, Error::Sink { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "pipeline, stream `n`, operator `sink`, stage 0, tick 1: the disk is full: make room"
        );
        let error = error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at, panics: true }); });
        assert_panic(
            &error,
            "pipeline, stream `n`, operator `sink`, stage 0, tick 1: panicked: the sink fell over",
        );
    }
    let error =
        error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at: "open", panics: false }); });
    assert_eq!(
        error.to_string(),
        "pipeline, stream `n`, operator `sink`, stage 0: the disk is full: make room"
    );
}

/// A source of one record a tick that fails at some point.
#[derive(Clone, Copy)]
struct Failing(&'static str);

impl Source for Failing {
    type Batch = Rows<u64>;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "failing", detail: self.0.into(), replayable: false }
    }
    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        match self.0 {
            "open" => Err("the door is locked: bring the key".into()),
            "panic" => panic!("the door fell off"),
            at => Ok(Arc::new(FailingReader { at, offered: 0.into() })),
        }
    }
}

struct FailingReader {
    at: &'static str,
    offered: std::sync::atomic::AtomicU64,
}

impl Reader for FailingReader {
    type Batch = Rows<u64>;
    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let start = self.offered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.at == "available" && start == 2 {
            return Err("the well is dry: dig deeper".into());
        }
        let ranges = vec![OffsetRange { partition: 0, start, end: start + 1 }];
        Ok(Offer { ranges, caught_up: start == 5, ended: start == 5, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<u64>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        match (self.at, range.start) {
            ("read", 2) => Err("the page is torn: print it again".into()),
            ("read panics", 2) => panic!("the book burns"),
            _ => visit(&mut Rows::new(vec![range.start])),
        }
    }
    fn seek(&self, _: &Positions) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_source_that_fails_is_named_with_the_tick_where_there_is_one() {
    for (at, expected) in [
        ("open", "pipeline `P`, stream `n`, operator `source`, stage 0: the door is locked: bring the key"),
        ("panic", "pipeline `P`, stream `n`, operator `source`, stage 0: panicked: the door fell off"),
        (
            "available",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: the well is dry: dig deeper",
        ),
        (
            "read",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: the page is torn: print it again",
        ),
        (
            "read panics",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: panicked: the book burns",
        ),
    ] {
        let error =
            error_of(|| stream! { <P> let n = source(Failing(at)); n.map(|n| n + 1).for_each(|_| ()); });
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn input_that_is_not_there_is_named_with_what_to_do() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("its address").to_string()
    };
    let error =
        error_of(|| stream! { <In> let lines = source(text_socket(&nobody)); lines.for_each(|_| ()); })
            .to_string();
    let expected = format!(
        "pipeline `In`, stream `lines`, operator `source`, stage 0: nobody listens on {nobody}: start the server first"
    );
    assert!(error.starts_with(&expected), "{error}");

    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("nowhere").join("*.txt");
    let error =
        error_of(|| stream! { <In> let lines = source(text_files(&missing)); lines.for_each(|_| ()); })
            .to_string();
    assert!(
        error.starts_with("pipeline `In`, stream `lines`, operator `source`, stage 0: no file matches `"),
        "{error}"
    );
    assert!(error.contains("there is no folder `"), "{error}");

    let error =
        error_of(|| stream! { let lines = source(text_files(folder.path())); lines.for_each(|_| ()); })
            .to_string();
    assert!(error.contains("is a folder: to read the files in it, write `"), "{error}");

    let error = error_of(
        || stream! { let lines = source(text_files(folder.path().join("a.txt"))); lines.for_each(|_| ()); },
    );
    assert!(error.to_string().ends_with("/a.txt`: check its name"), "{error}");

    let error = error_of(|| stream! { let lines = source(text_socket("no port")); lines.for_each(|_| ()); })
        .to_string();
    assert!(
        error.contains("`no port` is no address: write host and port, such as `127.0.0.1:7777`"),
        "{error}"
    );
}

#[test]
fn an_output_folder_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("taken");
    std::fs::write(&file, "").expect("it can be written");
    let prefix = file.join("words");
    let error = error_of(
        || stream! { let n = source(queue([vec!["a"]])); n.sink(millstream::sink::text_file_sink(&prefix)); },
    );
    assert!(matches!(error, Error::Sink { .. }), "{error}");
    assert!(error.to_string().contains("taken"), "{error}");
}

#[test]
fn a_folder_that_can_not_be_written_is_an_error_of_the_sink_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("it can be written");
    let error = error_of(|| {
        let prefix = folder.path().join("file/x");
        stream! { <Blocked> source(numbers()).save_as_text_files(prefix); }
    });
    assert!(matches!(error, Error::Sink { .. }), "{error}");
    assert!(error.to_string().contains("operator `save_as_text_files`"), "{error}");
    assert!(error.to_string().contains("choose another prefix"), "{error}");
}
