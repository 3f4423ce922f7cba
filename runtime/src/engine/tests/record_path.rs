//! What a record meets between its source and its sink: no lock and no dynamic call. Both are counted, for as many
//! records and for four times as many.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

use crate::pipeline::*;
use crate::prelude::*;
use crate::source::{Offer, SourceContext};
use crate::state::Store;
use crate::sync::locks;
use crate::tick::{OffsetRange, Positions, Tick};
use crate::{BoxError, Result};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Something behind a `dyn`, whose calls on the way of records are counted. (All tasks of the test engine run on the
/// caller's thread.)
struct Counted<T>(T);

fn call() {
    CALLS.set(CALLS.get() + 1);
}

impl ErasedSource for Counted<Box<dyn ErasedSource>> {
    fn open(self: Box<Self>, cx: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError> {
        Ok(Arc::new(Counted(self.0.open(cx)?)))
    }
}

impl ErasedReader for Counted<Arc<dyn ErasedReader>> {
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.0.available(limit)
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut dyn Any) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        call();
        self.0.read(range, &mut |batch| {
            call();
            visit(batch)
        })
    }
    fn grain(&self) -> u64 {
        self.0.grain()
    }
    fn freeze(&self) {
        self.0.freeze();
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.0.seek(positions)
    }
    fn release(&self, positions: &Positions) {
        self.0.release(positions);
    }
    fn close(&self) {
        self.0.close();
    }
}

impl StageBody for Counted<Box<dyn StageBody + '_>> {
    fn open<'s>(&'s self, cx: &TaskContext) -> Box<dyn StageRun + 's> {
        call();
        Box::new(Counted(self.0.open(cx)))
    }
}

impl StageRun for Counted<Box<dyn StageRun + '_>> {
    fn batch(&mut self, batch: &mut dyn Any) -> Result<(), BoxError> {
        call();
        self.0.batch(batch)
    }
    fn close(self: Box<Self>) -> Vec<Vec<Bucket>> {
        call();
        self.0.close()
    }
}

impl HeadOperator for Counted<Box<dyn HeadOperator + '_>> {
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        call();
        self.0.tick(cx, store, inputs)
    }
}

impl Outlet for Counted<Box<dyn Outlet + '_>> {
    fn detail(&self) -> Option<String> {
        self.0.detail()
    }
    fn delivery(&self) -> crate::sink::Delivery {
        self.0.delivery()
    }
    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        self.0.open(epoch, last_tick)
    }
    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.0.begin(tick)
    }
    fn write(&mut self, partition: usize, bucket: Bucket) -> Result<(), BoxError> {
        call();
        self.0.write(partition, bucket)
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.0.commit(tick)
    }
    fn abort(&mut self, tick: &Tick) {
        self.0.abort(tick);
    }
}

/// The pipeline, with every dynamic call of it counted.
fn counted(pipeline: Pipeline<'_>) -> Pipeline<'_> {
    let mut pipeline = pipeline;
    for node in &mut pipeline.sources {
        let source = std::mem::replace(&mut node.source, Box::new(Nothing));
        node.source = Box::new(Counted(source));
    }
    let stages = std::mem::take(&mut pipeline.stages).into_iter().map(|node| StageNode {
        head: match node.head {
            Head::Operator { op, tasks, inputs, crossings } => {
                Head::Operator { op: Box::new(Counted(op)), tasks, inputs, crossings }
            }
            source @ Head::Source(_) => source,
        },
        body: Box::new(Counted(node.body)),
        tails: node.tails,
    });
    pipeline.stages = stages.collect();
    let outlets = std::mem::take(&mut pipeline.outlets).into_iter();
    pipeline.outlets =
        outlets.map(|node| OutletNode { outlet: Box::new(Counted(node.outlet)), ..node }).collect();
    pipeline
}

/// A stand-in while a source is wrapped.
struct Nothing;

impl ErasedSource for Nothing {
    fn open(self: Box<Self>, _: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError> {
        Err("nobody opens it".into())
    }
}

/// Locks and dynamic calls of a run over one tick.
fn costs(pipeline: Pipeline<'_>) -> (u64, u64) {
    let before = (locks(), CALLS.get());
    Engine::test().partitions(2).run(counted(pipeline)).expect("it runs");
    (locks() - before.0, CALLS.get() - before.1)
}

fn word_count(lines: Vec<&'static str>) -> Pipeline<'static> {
    stream! {
        let counts = source(queue([lines]))
            .flat_map(|line| line.split(' '))
            .filter(|word| !word.is_empty())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.sink(MemorySink::<(String, u64)>::new());
    }
}

fn chain(lines: Vec<&'static str>) -> Pipeline<'static> {
    stream! {
        let words = source(queue([lines])).flat_map(|line| line.split(' ')).inspect(|w| assert!(w.len() < 9));
        let (long, short) = words.split(|w| w.len() > 1);
        let (numbers, bad) = short.try_map(str::parse::<u64>);
        for _ in 0..3 { numbers = numbers.map(|n| n + 1); }
        let lengths = long.key_by(|w| w.len()).map_values(|w| w.len() as u64).values();
        numbers.union(lengths).sink(MemorySink::<u64>::new());
        bad.map(|b| b.record).count_by_value().print(0);
    }
}

#[test]
fn a_record_meets_no_lock_and_no_dynamic_call() {
    let lines = |n: usize| ["a bb a 1 ", "", "ccc a-b 22 3"].repeat(n);
    for (name, make) in [("word count", word_count as fn(_) -> _), ("a chain", chain as fn(_) -> _)] {
        let (few, many) = (costs(make(lines(100))), costs(make(lines(400))));
        assert_eq!(few, many, "{name}: locks and calls of 300 lines and of 1200");
        assert!(few.0 > 0 && few.1 > 0, "they are counted: {few:?}");
        println!("{name}: {few:?}");
    }
}

/// Code without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The `use`s and paths in which a lock is named that is not ours, whose calls are counted.
fn other_locks(code: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let names_lock = |text: &str| text.split(|c| !is_name(c)).any(|word| ["Mutex", "RwLock"].contains(&word));
    let uses = code.split(';').filter_map(|statement| statement.rsplit_once("use ").map(|(_, path)| path));
    // A path that begins with the lock's own name was brought in by one of the `use`s.
    let paths = code.split(|c: char| !is_name(c) && c != ':').filter(|path| path.contains("::"));
    let paths = paths.filter(|path| !path.starts_with("Mutex::") && !path.starts_with("RwLock::"));
    uses.chain(paths).filter(|path| names_lock(path) && !path.starts_with("crate::sync::")).collect()
}

#[test]
fn no_other_locks_are_used_than_those_that_are_counted() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut looked_at) = (vec![source.clone()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("it is a folder") {
            let path = entry.expect("it can be listed").path();
            let own = path.strip_prefix(&source).expect("it lies there");
            if own.iter().any(|part| part == "tests" || part == "tests.rs" || part == "sync.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = code(&std::fs::read_to_string(&path).expect("it is text"));
            assert_eq!(other_locks(&text), [""; 0], "{}", own.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 100, "{looked_at} files");
}

#[test]
fn another_lock_is_noticed_however_it_is_named() {
    for code in [
        "use std::sync::{\n    Arc,\n    Mutex,\n};",
        "use std::sync::Mutex as Lock;",
        "static M: std::sync::Mutex<u8> = std::sync::Mutex::new(0);",
        "use std::sync;\nfn f(m: &sync::RwLock<u8>) {}",
    ] {
        assert!(!other_locks(code).is_empty(), "{code}");
    }
    for code in ["use crate::sync::Mutex;", "use std::sync::{Arc, MutexGuard};", "crate::sync::Mutex::new(0)"]
    {
        assert_eq!(other_locks(code), [""; 0], "{code}");
    }
}
