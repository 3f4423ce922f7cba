//! What a new process knows of what was read before.

use super::*;

/// Opens the source once more, as a new process would.
fn restart(folder: &Folder, a_tick: u64, notes: &[Vec<u8>], position: u64) -> Opened {
    let reader = open(folder.source().max_bytes_per_tick(a_tick));
    notes.iter().for_each(|notes| reader.recall(notes).expect("it is understood"));
    reader.seek(&[(0, position)].into()).expect("it is known");
    reader
}

#[test]
fn what_came_while_it_was_down_is_read_after_a_restart_and_nothing_twice() {
    let folder = Folder::new();
    folder.add("old", "0\n");
    let reader = open(folder.source().new_files_only(true));
    let first = reader.journal();
    folder.add("b", "1\n2\n");
    assert_eq!(tick(&reader), ["1", "2"]);
    let second = reader.journal();
    assert!(reader.journal().is_empty());
    reader.release(&[(0, 4)].into());
    let memory = reader.memory();
    folder.add("a", "3\n");
    for notes in [vec![first.clone(), second.clone()], vec![memory.clone()], vec![memory, second.clone()]] {
        let again = open(folder.source().new_files_only(true));
        notes.iter().for_each(|notes| again.recall(notes).expect("it is understood"));
        again.seek(&[(0, 4)].into()).expect("it is known");
        assert_eq!([tick(&again), tick(&again)], [vec!["3"], vec![]]);
    }
}

#[test]
fn what_came_while_it_was_down_is_new_also_where_nothing_was_there_before() {
    let folder = Folder::new();
    let reader = open(folder.source().new_files_only(true));
    assert_eq!(tick(&reader), NONE);
    let journal = reader.journal();
    assert!(!journal.is_empty(), "it is told that there has been a start");
    folder.add("a", "1\n");
    let again = open(folder.source().new_files_only(true));
    again.recall(&journal).expect("it is understood");
    again.seek(&[].into()).expect("it is the beginning");
    assert_eq!([tick(&again), tick(&again)], [vec!["1"], vec![]]);
    // Where all is read there is nothing to tell.
    assert!(open(Folder::new().source()).journal().is_empty());
}

#[test]
fn a_file_that_was_removed_when_it_had_been_read_is_not_missed_after_a_restart() {
    for (name, bytes) in [("a.gz", gzip(b"1\n2\n")), ("a.zst", zstd(b"1\n2\n")), ("a", b"1\n2\n".to_vec())] {
        let folder = Folder::new();
        folder.add(name, bytes);
        let reader = open(folder.source());
        assert_eq!(tick(&reader), ["1", "2"]);
        let notes = [reader.journal(), reader.memory()];
        folder.remove(name);
        folder.add("b", "3\n");
        for notes in notes {
            let again = restart(&folder, 100, &[notes], 4);
            assert_eq!([tick(&again), tick(&again)], [vec!["3"], vec![]]);
        }
    }
}

#[test]
fn positions_without_what_was_stored_beside_them_are_an_error() {
    let folder = Folder::new();
    folder.add("a", "1\n");
    let reader = open(folder.source());
    let error = reader.seek(&[(0, 2)].into()).expect_err("nothing is known").to_string();
    assert!(error.starts_with("offset 2 lies in no file that is known"), "{error}");
    assert!(lines(&reader, &[OffsetRange { partition: 0, start: 0, end: 2 }]).is_err());
    assert!(reader.recall(&[7, 7]).is_err());
}

proptest! {
    #[test]
    fn a_restart_at_any_tick_reads_the_same_ranges_again_and_then_goes_on(
        files in proptest::collection::vec(("[a-c☃\n]{0,12}", 0u8..3), 0..6),
        later in proptest::collection::vec("[a-c☃\n]{1,12}", 0..3),
        a_tick in 1u64..20,
        down in any::<prop::sample::Index>(),
        back in any::<prop::sample::Index>(),
        released in any::<bool>(),
        removed in any::<bool>(),
    ) {
        let folder = Folder::new();
        for (i, (text, kind)) in files.iter().enumerate() {
            match kind {
                0 => folder.add(&format!("{i}"), text),
                1 => folder.add(&format!("{i}.gz"), gzip(text.as_bytes())),
                _ => folder.add(&format!("{i}.zst"), zstd(text.as_bytes())),
            }
        }
        let reader = open(folder.source().max_bytes_per_tick(a_tick));
        // Some ticks, each with its ranges, its records and its journal; then the process dies.
        let mut ticks = Vec::new();
        let mut memory = reader.memory();
        let checkpoint = back.index(8);
        for n in 0..down.index(8) + 1 {
            let ranges = reader.available(u64::MAX).expect("they are there").ranges;
            let records = lines(&reader, &ranges).expect("it is text");
            ticks.push((ranges, records, reader.journal()));
            if n + 1 == checkpoint {
                if released {
                    let end = ticks.iter().flat_map(|t| &t.0).last().map_or(0, |r| r.end);
                    reader.release(&[(0, end)].into());
                }
                memory = reader.memory();
            }
        }
        // A checkpoint before some of them; the others are in the log.
        let logged = if checkpoint <= ticks.len() { checkpoint } else { 0 };
        let at = |n: usize| ticks[..n].iter().flat_map(|t| &t.0).last().map_or(0, |r| r.end);
        let mut notes = vec![memory];
        notes.extend(ticks[logged..].iter().map(|t| t.2.clone()));
        for (i, text) in later.iter().enumerate() {
            folder.add(&format!("later{i}"), text);
        }
        // What is not read again may be gone.
        let mut end = 0;
        for (i, (text, kind)) in files.iter().enumerate() {
            end += text.len() as u64;
            if removed && end <= at(logged) {
                let path = folder.path().join(format!("{i}{}", ["", ".gz", ".zst"][usize::from(*kind)]));
                fs::remove_file(path).expect("it is there");
            }
        }
        let again = restart(&folder, a_tick, &notes, at(logged));
        again.seek(&[(0, at(ticks.len()))].into()).expect("it is known");
        for (ranges, records, _) in &ticks[logged..] {
            prop_assert_eq!(&lines(&again, ranges).expect("it is text"), records);
        }
        let mut all: Vec<String> = ticks.into_iter().flat_map(|t| t.1).collect();
        loop {
            let offer = again.available(u64::MAX).expect("they are there");
            all.extend(lines(&again, &offer.ranges).expect("it is text"));
            if offer.caught_up {
                break;
            }
        }
        let texts = files.iter().map(|f| &f.0).chain(&later);
        let mut expected: Vec<&str> = texts.flat_map(|text| text.lines()).collect();
        // What was found after the restart is in the order of paths, so also between those of before.
        all.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
    }
}
