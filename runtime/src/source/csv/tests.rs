use proptest::prelude::*;

use super::super::files::{Find, Scan};
use super::*;

/// The records of bytes, by the parser.
fn parsed(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = Csv::<()>::default().options.reader(bytes);
    let records = reader.byte_records().map(|record| record.expect("any bytes will do"));
    records.map(|record| record.iter().map(<[u8]>::to_vec).collect()).collect()
}

fn starts(bytes: &[u8], pieces: usize) -> Vec<usize> {
    let mut scan = Scan::new(Find::Quoted { delimiter: b',', quote: QUOTE });
    let mut starts = Vec::new();
    for (n, piece) in bytes.chunks(pieces).enumerate() {
        scan.over(piece, (n * pieces) as u64, |at| {
            starts.push(at as usize);
            false
        });
    }
    assert_eq!(scan.lines, bytes.iter().filter(|byte| **byte == b'\n').count() as u64);
    starts
}

#[test]
fn a_line_end_within_quotes_ends_no_record() {
    assert_eq!(starts(b"a,\"b\nc\"\nd\n", 100), [0, 8]);
    assert_eq!(starts(b"5\" x\n\"\"\"\n\"\n", 100), [0, 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn records_begin_where_the_parser_says(
        text in "(\u{FEFF})?[a\",\r\n]{0,24}",
        pieces in 1usize..9,
    ) {
        let bytes = text.as_bytes();
        let mut cuts = starts(bytes, pieces);
        cuts.push(bytes.len());
        let one_by_one: Vec<_> = cuts.windows(2).flat_map(|pair| parsed(&bytes[pair[0]..pair[1]])).collect();
        prop_assert_eq!(one_by_one, parsed(bytes));
    }
}
