//! The bytes that the book shows.

use super::engine::{storage, wait};
use crate::checkpoint::envelope::{self, Kind};
use crate::checkpoint::log::{Entry, Fence, Ticks};
use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::name::SegmentName;
use crate::checkpoint::segment::{End, Head, entries};
use crate::checkpoint::testing::FaultStore;
use crate::checkpoint::{Checkpoint, LoggedTick, OperatorState, SourceState, Start};
use crate::clock::Timestamp;
use crate::state::slots::SlotWriter;
use crate::state::{Frozen, Piece, Schema};
use crate::tick::{OffsetRange, SourcePlan, Tick, TickPlan};

const BOOK: &str = include_str!("../../../../book/src/checkpoint-format.md");

/// The bytes of the book's example of that name: what follows the bar of each line is a comment.
fn example(name: &str) -> Vec<u8> {
    let begin = format!("```text\n{name}\n");
    let (_, rest) = BOOK.split_once(&begin).unwrap_or_else(|| panic!("the book has no example `{name}`"));
    let (lines, _) = rest.split_once("```").expect("a block ends");
    let hex = lines.lines().flat_map(|line| line.split('|').next().unwrap_or_default().split_whitespace());
    hex.map(|byte| u8::from_str_radix(byte, 16).expect("two digits a byte")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

struct Bytes(Vec<u8>);

impl Frozen for Bytes {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), crate::BoxError> {
        out.extend(self.0);
        Ok(())
    }
}

#[test]
fn the_examples_of_the_book_are_what_is_written() {
    let fence = Fence { epoch: 1, started: Timestamp::from_millis(1000), nonce: 7 };
    let fence = envelope::write(Kind::Fence, &fence).unwrap();
    assert_eq!(hex(&example("log/00000000000000000000")), hex(&fence));

    let tick = Tick { number: 0, time: Timestamp::from_millis(2000), epoch: 1 };
    let range = OffsetRange { partition: 0, start: 0, end: 300 };
    let logged = LoggedTick {
        record: TickPlan { tick, sources: vec![SourcePlan::each(&[range])], ..TickPlan::default() }.into(),
        sources: vec!["lines".into()],
        notes: vec![vec![]],
        read: vec![],
    };
    let ticks = envelope::write(Kind::Ticks, &Ticks { epoch: 1, ticks: vec![logged.clone()] }).unwrap();
    assert_eq!(hex(&example("log/00000000000000000001")), hex(&ticks));

    let segment = SegmentName { fence: 0, tick: 0 };
    let head = Head { epoch: 2, ends: vec![End { segment, bytes: 514 }] };
    let head = envelope::write(Kind::Segment, &head).unwrap();
    assert_eq!(hex(&example("log/00000000000000000001-00000000000000000004")), hex(&head));

    // A checkpoint of one word that came twice, as a start writes it.
    let mut piece = Vec::new();
    SlotWriter::new(&mut piece, true, &[], 1, 1, false).slot(0, |_| (), Some(&"mill"), &2u64).unwrap();
    let store = FaultStore::new();
    let objects = wait(async {
        let mut start = Start::take(&storage(&store), Timestamp::from_millis(1000), 0).await.unwrap();
        let log_from = start.log.append(&[logged]).await.unwrap();
        let pieces = vec![Piece { group: 3, full: true, keys: 1, frozen: Box::new(Bytes(piece)) }];
        let checkpoint = Checkpoint {
            tick,
            written: Timestamp::from_millis(2001),
            sources: vec![SourceState { name: "lines".into(), positions: [(0, 300)].into(), memory: vec![] }],
            operators: vec![OperatorState {
                name: "counts/running_count".into(),
                schema: Schema("key str\nstate u64".into()),
                pieces,
            }],
            log_from,
        };
        start.checkpoints.write(checkpoint).await.unwrap();
        store.objects().await
    });
    let object = |name: &str| {
        let found = objects.iter().find(|(path, _)| path.as_ref() == format!("Numbers/{name}"));
        found.map(|(_, object)| object.clone()).unwrap_or_else(|| panic!("there is no {name}"))
    };
    for name in ["state/00000000000000000000-0000000001-00000", "manifest/00000000000000000000-0000000001"] {
        assert_eq!(hex(&example(name)), hex(&object(name)), "{name}");
    }
}

#[test]
fn the_examples_of_the_book_can_be_read() {
    assert!(matches!(Entry::read(&example("log/00000000000000000000")), Ok(Entry::Fence(_))));
    assert!(matches!(Entry::read(&example("log/00000000000000000001")), Ok(Entry::Ticks(_))));
    let segment =
        [example("log/00000000000000000001-00000000000000000004"), example("log/00000000000000000001")];
    let entries: Vec<_> = entries(&segment.concat()).map(|frame| frame.what.unwrap().is_some()).collect();
    assert_eq!(entries, [false, true]);
    assert!(envelope::open(&example("state/00000000000000000000-0000000001-00000")).is_ok());
    let name = crate::checkpoint::name::ManifestName { epoch: 1, tick: 0 };
    assert!(Manifest::read(name, &example("manifest/00000000000000000000-0000000001")).is_ok());
}
