//! A file's row groups as one run of offsets.

use std::ops::Range;

/// Each row group has as many offsets as it has bytes, dealt out evenly to its rows, and one a row at least: so limits count
/// bytes, and a range of offsets can be cut anywhere. A row belongs to the range in which its first offset lies.
pub(super) struct Groups(Vec<Group>);

struct Group {
    start: u64,
    end: u64,
    rows: u64,
}

/// Rows of a row group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub group: usize,
    pub rows: Range<u64>,
}

impl Groups {
    /// Of `(rows, bytes)`.
    pub fn new(groups: impl Iterator<Item = (i64, i64)>) -> Groups {
        let mut end = 0u64;
        let all = groups.map(|(rows, bytes)| {
            let of = |n: i64| u64::try_from(n).unwrap_or(0);
            let (start, rows) = (end, of(rows));
            end = end.saturating_add(if rows == 0 { 0 } else { of(bytes).max(rows) });
            Group { start, end, rows }
        });
        Groups(all.collect())
    }

    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |group| group.end)
    }

    /// The rows that begin in a range.
    pub fn pieces(&self, range: Range<u64>) -> Vec<Piece> {
        let of = |(group, about): (usize, &Group)| {
            let rows = about.row(range.start)..about.row(range.end);
            (!rows.is_empty()).then_some(Piece { group, rows })
        };
        self.0.iter().enumerate().filter_map(of).collect()
    }

    /// The end of the longest piece of `range` in which at most `records` rows begin; takes those that do from `records`.
    pub fn cut(&self, range: Range<u64>, records: &mut u64) -> u64 {
        for Piece { group, rows } in self.pieces(range.clone()) {
            let count = rows.end - rows.start;
            if count > *records {
                let end = self.0[group].offset(rows.start + *records);
                *records = 0;
                return end.max(range.start);
            }
            *records -= count;
        }
        range.end
    }
}

impl Group {
    /// The first row that begins at or behind an offset.
    fn row(&self, offset: u64) -> u64 {
        let size = u128::from(self.end - self.start);
        let into = u128::from(offset.clamp(self.start, self.end) - self.start);
        if size == 0 {
            0
        } else {
            u64::try_from((into * u128::from(self.rows)).div_ceil(size)).expect("it is a row")
        }
    }

    /// Where a row begins.
    fn offset(&self, row: u64) -> u64 {
        let size = u128::from(self.end - self.start);
        let into = u128::from(row) * size / u128::from(self.rows.max(1));
        self.start + u64::try_from(into).expect("it is in the group")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_is_in_one_range_however_it_is_cut(
            groups in proptest::collection::vec((0i64..9, 0i64..30), 0..4),
            cuts in proptest::collection::vec(0u64..200, 0..6),
            limit in 0u64..9,
        ) {
            let all = Groups::new(groups.iter().copied());
            let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut.min(all.end())).collect();
            cuts.extend([0, all.end()]);
            cuts.sort_unstable();
            let rows = |range: Range<u64>| -> Vec<(usize, u64)> {
                all.pieces(range).into_iter().flat_map(|p| p.rows.map(move |row| (p.group, row))).collect()
            };
            let whole = (0..groups.len()).flat_map(|g| (0..groups[g].0 as u64).map(move |row| (g, row)));
            let whole: Vec<_> = whole.collect();
            let cut: Vec<_> = cuts.windows(2).flat_map(|pair| rows(pair[0]..pair[1])).collect();
            prop_assert_eq!(&cut, &whole);
            // A piece of so many records has so many, and the next one goes on behind it.
            let mut left = limit;
            let end = all.cut(0..all.end(), &mut left);
            let first = rows(0..end);
            prop_assert_eq!(first.len(), whole.len().min(limit as usize));
            prop_assert_eq!([first, rows(end..all.end())].concat(), whole);
        }
    }
}
