use tempfile::TempDir;

use super::*;
use crate::checkpoint::{Checkpoint, LoggedTick, OperatorState, SourceState, Start};
use crate::state::slots::{SlotWriter, encode, whole};
use crate::state::{Frozen, Piece, Schema};
use crate::tick::{Tick, TickPlan};
use crate::wait::block_on;

struct Bytes(Vec<u8>);

impl Frozen for Bytes {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        out.extend(self.0);
        Ok(())
    }
}

/// Words and how often they came, at these places of a group that has so many.
fn counts(full: bool, keys: usize, slots: &[(usize, Option<&str>, u64)]) -> Piece {
    let mut bytes = Vec::new();
    let mut writer = SlotWriter::new(&mut bytes, full, &[], keys, slots.len(), false);
    for (at, word, count) in slots {
        writer.slot(*at, |_| (), word.as_ref(), count).unwrap();
    }
    Piece { group: 3, full, keys: keys as u64, frozen: Box::new(Bytes(bytes)) }
}

/// Words with what the operator keeps for the group and for each of them.
fn seen(fields: u8, slots: &[(&str, i64)]) -> Piece {
    let mut bytes = Vec::new();
    let mut writer = SlotWriter::new(&mut bytes, true, &[fields], slots.len(), slots.len(), true);
    for (at, (word, until)) in slots.iter().enumerate() {
        writer.slot(at, |out| encode(until, out).unwrap(), Some(word), &()).unwrap();
    }
    Piece { group: 7, full: true, keys: slots.len() as u64, frozen: Box::new(Bytes(bytes)) }
}

fn total(n: f64) -> Piece {
    Piece { group: 0, full: true, keys: 1, frozen: Box::new(Bytes(whole(&n).unwrap())) }
}

fn operator(name: &str, schema: &str, pieces: Vec<Piece>) -> OperatorState {
    OperatorState { name: name.into(), schema: Schema(schema.into()), pieces }
}

/// Two checkpoints, the second one a delta.
fn written() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap(), "WordCount").unwrap();
    let mut start = block_on(Start::take(&storage, Timestamp::from_millis(0), 0)).unwrap();
    for number in 0..2 {
        let tick = Tick { number, time: Timestamp::from_millis(1_000), epoch: start.log.epoch() };
        let record = TickPlan { tick, ..TickPlan::default() }.into();
        let logged = LoggedTick { record, sources: Vec::new(), notes: Vec::new(), read: Vec::new() };
        let log_from = block_on(start.log.append(&[logged])).unwrap();
        let pieces = match number {
            0 => counts(true, 3, &[(0, Some("mill"), 2), (1, Some("a \"stream\""), 1), (2, Some("old"), 9)]),
            // The first one and the last were removed, another took the first place; the second came once more.
            _ => counts(false, 2, &[(0, Some("new"), 4), (1, None, 2)]),
        };
        let checkpoint = Checkpoint {
            tick,
            written: Timestamp::from_millis(1_790_000_000_000),
            sources: vec![SourceState {
                name: "lines".into(),
                positions: [(0, 40), (2, 7)].into(),
                memory: vec![],
            }],
            operators: vec![
                operator("counts/running_count", "key str\nstate u64", vec![pieces]),
                operator(
                    "fresh/drop_duplicates",
                    "group u8\nslot {until: i64}\nkey str\nstate ()",
                    vec![seen(5, &[("x", 70)])],
                ),
                operator("total/running_fold", "state f64", vec![total(0.5)]),
            ],
            log_from,
        };
        block_on(start.checkpoints.write(checkpoint)).unwrap();
    }
    folder
}

fn said(folder: &TempDir, args: &str) -> (Result<bool, String>, String) {
    let mut args: Vec<String> = args.split(' ').map(str::to_owned).collect();
    args.insert(1, folder.path().to_str().unwrap().to_owned());
    let mut out = Vec::new();
    let done = command(&args, &mut out).map_err(|error| error.to_string());
    (done, String::from_utf8(out).unwrap())
}

#[test]
fn ls_has_a_line_a_checkpoint() {
    let (done, out) = said(&written(), "ls");
    assert_eq!(done, Ok(true));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "WordCount");
    assert_eq!(lines[1], "  tick 1  epoch 1  2026-09-21 14:13:20 UTC  4 keys  76 B", "{out}");
    assert!(lines[2].starts_with("  tick 0  epoch 1  2026-09-21 14:13:20 UTC  5 keys  "), "{out}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn show_has_offsets_operators_keys_and_bytes() {
    let (done, out) = said(&written(), "show");
    assert_eq!(done, Ok(true));
    for line in [
        "pipeline  WordCount",
        "tick      1, of epoch 1, for 1970-01-01 00:00:01 UTC",
        "log       from position 0",
        "keys      in 128 groups by xxh3-64",
        "  lines  0: 40, 2: 7",
        "  counts/running_count",
        "    2 keys in 1 groups, 2 pieces, 53 B",
        "    key str",
        "    state u64",
        "  state/00000000000000000000-0000000001-00000  37 B",
    ] {
        assert!(out.lines().any(|found| found == line), "{line}\n{out}");
    }
    let (done, out) = said(&written(), "show WordCount --tick 0");
    assert_eq!(done, Ok(true));
    assert!(out.contains("    3 keys in 1 groups, 1 pieces"), "{out}");
}

#[test]
fn export_has_a_line_a_key() {
    let folder = written();
    let (done, out) = said(&folder, "export WordCount");
    assert_eq!(done, Ok(true));
    assert_eq!(
        out,
        r#"{"operator":"counts/running_count","group":3,"key":"new","state":4}
{"operator":"counts/running_count","group":3,"key":"a \"stream\"","state":2}
{"operator":"fresh/drop_duplicates","group":7,"fields":5}
{"operator":"fresh/drop_duplicates","group":7,"key":"x","state":null,"fields":{"until":70}}
{"operator":"total/running_fold","group":0,"state":0.5}
"#
    );
    let (_, first) = said(&folder, "export --tick 0 --operator counts/running_count");
    assert_eq!(first.lines().count(), 3);
    assert_eq!(
        first.lines().next(),
        Some(r#"{"operator":"counts/running_count","group":3,"key":"mill","state":2}"#)
    );
    let (done, _) = said(&folder, "export --operator counts");
    assert!(
        done.unwrap_err().contains("no operator `counts` has state there; there are counts/running_count, ")
    );
}

#[test]
fn verify_finds_a_changed_byte_in_every_object() {
    let folder = written();
    let (done, out) = said(&folder, "verify");
    assert_eq!(done, Ok(true));
    assert!(out.contains("  6 objects, ") && out.ends_with(": whole\n"), "{out}");
    let mut files = Vec::new();
    for kind in ["log", "state", "manifest"] {
        let entries = std::fs::read_dir(folder.path().join("WordCount").join(kind)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    assert_eq!(files.len(), 6);
    for file in files {
        let before = std::fs::read(&file).unwrap();
        for at in [0, 8, 9, 17, before.len() / 2, before.len() - 1] {
            let mut bytes = before.clone();
            bytes[at] ^= 4;
            std::fs::write(&file, bytes).unwrap();
            let (done, out) = said(&folder, "verify");
            assert_eq!(done, Ok(false), "{out}");
            assert!(out.contains(file.file_name().unwrap().to_str().unwrap()), "{out}");
        }
        std::fs::write(&file, before).unwrap();
    }
}

#[test]
fn an_entry_that_is_being_written_is_no_damage_and_nor_is_one_that_a_fenced_start_has_appended() {
    let folder = written();
    let storage = Storage::open(folder.path().to_str().unwrap(), "WordCount").unwrap();
    let start = || block_on(Start::take(&storage, Timestamp::from_millis(0), 0)).unwrap();
    let append = |start: &mut Start, number| {
        let tick = Tick { number, time: Timestamp::from_millis(1_000), epoch: start.log.epoch() };
        let record = TickPlan { tick, ..TickPlan::default() }.into();
        let logged = LoggedTick { record, sources: Vec::new(), notes: Vec::new(), read: Vec::new() };
        block_on(start.log.append(&[logged])).unwrap();
    };
    let mut second = start();
    append(&mut second, 2);
    append(&mut second, 3);
    let log = folder.path().join("WordCount/log/00000000000000000001-00000000000000000002");
    let before = std::fs::read(&log).unwrap();
    let end = before.iter().rposition(|byte| *byte != 0).unwrap();
    for cut in [0, 30] {
        std::fs::write(&log, &before[..end - cut]).unwrap();
        assert_eq!(said(&folder, "verify").0, Ok(true), "{cut}");
    }
    let mut third = start();
    assert_eq!(third.ticks.len(), 1, "the tick that is cut short was not written");
    append(&mut third, 3);
    // As if the second start had gone on only now.
    std::fs::write(&log, before).unwrap();
    let (done, out) = said(&folder, "verify");
    assert_eq!(done, Ok(true), "{out}");
}

#[test]
fn what_is_asked_wrongly_is_answered_with_what_to_write() {
    let folder = written();
    let refused = |args: &str| said(&folder, args).0.unwrap_err();
    assert!(refused("list").contains("`list` is no command\nusage: "));
    assert!(refused("ls a b").contains("`b` is one argument too many"));
    assert!(refused("show --tick x").contains("`x` is no number of a tick"));
    assert!(refused("show --tick").contains("`--tick` needs a value"));
    assert!(refused("show --all").contains("there is no option `--all`"));
    assert!(refused("show WordCount --tick 9").contains("there is no checkpoint of tick 9"));
    assert!(refused("show Other").contains("there is no checkpoint in"));
    assert!(command(&[], &mut Vec::new()).unwrap_err().to_string().starts_with("usage: "));
    let empty = tempfile::tempdir().unwrap();
    assert!(said(&empty, "ls").0.unwrap_err().contains("there is no checkpoint in"));
    assert_eq!(said(&empty, "--help").0, Ok(true));
}

#[test]
fn of_several_pipelines_one_has_to_be_named() {
    let folder = written();
    std::fs::create_dir_all(folder.path().join("Other/log")).unwrap();
    assert!(said(&folder, "show").0.unwrap_err().contains("say which: Other, WordCount"));
    let (done, out) = said(&folder, "ls");
    assert_eq!(done, Ok(true));
    assert!(out.contains("Other\n  no checkpoint\n"));
}

#[test]
fn times_are_those_of_the_calendar() {
    let time = |millis| utc(Timestamp::from_millis(millis));
    assert_eq!(time(0), "1970-01-01 00:00:00 UTC");
    assert_eq!(time(-1), "1969-12-31 23:59:59 UTC");
    assert_eq!(time(951_782_400_000), "2000-02-29 00:00:00 UTC");
    assert_eq!(time(4_107_542_399_000), "2100-02-28 23:59:59 UTC");
    assert_eq!(time(4_107_542_400_000), "2100-03-01 00:00:00 UTC");
}
