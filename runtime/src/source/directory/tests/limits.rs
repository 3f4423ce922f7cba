//! How much a tick takes.

use super::*;
use crate::batch::Batch;

/// The records of a tick that keeps to a limit on bytes.
fn within<B: Batch>(
    reader: &dyn Reader<Batch = B>,
    max_bytes: u64,
    mut each: impl FnMut(&mut B),
) -> Result<bool, TestCaseError> {
    let offer = reader.available(u64::MAX).expect("they are there");
    prop_assert!(offer.ranges.iter().map(OffsetRange::len).sum::<u64>() <= max_bytes);
    for range in offer.ranges {
        reader
            .read(range, &mut |batch| {
                each(batch);
                Ok(())
            })
            .expect("it can be read");
    }
    Ok(offer.caught_up)
}

#[test]
fn a_tick_keeps_to_bytes_and_files_and_a_long_file_takes_several() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        folder.add(name, format!("{name}1\n{name}2\n"));
    }
    let bytes = open(folder.source().max_bytes_per_tick(5));
    let ticks: Vec<_> = (0..5).map(|_| tick(&bytes)).collect();
    assert_eq!(ticks, [vec!["a1", "a2"], vec!["b1", "b2"], vec!["c1"], vec!["c2"], vec![]]);

    let files = open(folder.source().max_files_per_tick(2));
    let first = files.available(u64::MAX).expect("they are there");
    assert!(!first.caught_up);
    assert_eq!(lines(&files, &first.ranges).expect("it is text"), ["a1", "a2", "b1", "b2"]);
    assert_eq!(tick(&files), ["c1", "c2"]);

    let engine = open(folder.source());
    let offer = engine.available(7).expect("they are there");
    assert_eq!(offer.ranges, [OffsetRange { partition: 0, start: 0, end: 7 }]);
}

#[test]
fn a_limit_on_records_holds_for_all_files_together_compressed_ones_too() {
    let folder = Folder::new();
    folder.add("a", "1\n2\n3");
    folder.add("b.gz", gzip(b"4\n5\n"));
    folder.add("c", "6\n");
    let reader = open(folder.source().max_records_per_tick(2));
    let ticks: Vec<_> = (0..4).map(|_| tick(&reader)).collect();
    assert_eq!(ticks, [vec!["1", "2"], vec!["3", "4"], vec!["5", "6"], vec![]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_tick_of_lines_keeps_to_both_limits_and_no_line_is_lost(
        texts in proptest::collection::vec("[a\n]{1,20}", 1..4),
        max_records in 1u64..5,
        max_bytes in 1u64..20,
    ) {
        let folder = Folder::new();
        for (name, text) in ["a", "b", "c"].iter().zip(&texts) {
            folder.add(name, text);
        }
        let reader = open(folder.source().max_records_per_tick(max_records).max_bytes_per_tick(max_bytes));
        let mut all = Vec::new();
        loop {
            let before = all.len();
            let done = within(&*reader, max_bytes, |batch| all.extend(batch.items().map(String::from)))?;
            prop_assert!((all.len() - before) as u64 <= max_records);
            if done {
                break;
            }
        }
        prop_assert_eq!(all, texts.iter().flat_map(|text| text.lines()).collect::<Vec<_>>());
    }

    #[test]
    fn a_tick_of_records_of_one_length_keeps_to_both_limits_and_none_is_lost(
        lengths in proptest::collection::vec(1usize..8, 1..4),
        record_length in 1usize..5,
        max_records in 1u64..5,
        max_bytes in 1u64..20,
    ) {
        let folder = Folder::new();
        let mut expected = Vec::new();
        for (name, records) in ["a", "b", "c"].iter().zip(&lengths) {
            let bytes: Vec<u8> = name.bytes().cycle().zip(0u8..).map(|(a, b)| a ^ b).take(records * record_length).collect();
            expected.extend(bytes.chunks(record_length).map(<[u8]>::to_vec));
            folder.add(name, bytes);
        }
        let source = binary_records(folder.path(), record_length);
        let source = source.max_records_per_tick(max_records).max_bytes_per_tick(max_bytes);
        let reader = source.open(&context().0).expect("it opens");
        let mut all = Vec::new();
        loop {
            let before = all.len();
            let done = within(&*reader, max_bytes, |batch| all.extend(batch.items().map(<[u8]>::to_vec)))?;
            prop_assert!((all.len() - before) as u64 <= max_records);
            if done {
                break;
            }
        }
        prop_assert_eq!(all, expected);
    }
}
