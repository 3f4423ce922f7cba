//! Which partition of the stream is which of Kafka's: a table that only grows, and that a checkpoint keeps.

use serde::{Deserialize, Serialize};

use super::cluster::{Found, Place};
use crate::BoxError;

/// Where a partition's reading began, if no checkpoint says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub place: Place,
    pub start: u64,
}

/// What journals and memories hold. A version, once released, stays as it is.
#[derive(Serialize, Deserialize)]
enum Note {
    V1(Vec<(u32, Row)>),
}

/// By number in the stream.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    /// How many of them the journal has.
    told: usize,
    /// A checkpoint has spoken.
    recalled: bool,
}

impl Table {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn knows(&self, place: &Place) -> bool {
        self.rows.iter().any(|row| row.place == *place)
    }

    pub fn add(&mut self, place: Place, start: u64) {
        self.rows.push(Row { place, start });
    }

    /// What was found at the start: a partition that the checkpoint does not know is new, and read from its beginning.
    pub fn settle(&mut self, found: Vec<Found>) {
        for Found { place, low, start } in found {
            if !self.knows(&place) {
                self.add(place, if self.recalled { low } else { start });
            }
        }
    }

    pub fn journal(&mut self) -> Vec<u8> {
        if self.told == self.rows.len() {
            return Vec::new();
        }
        let from = self.told;
        self.told = self.rows.len();
        self.note(from)
    }

    pub fn memory(&self) -> Vec<u8> {
        self.note(0)
    }

    fn note(&self, from: usize) -> Vec<u8> {
        let rows = (0..).zip(&self.rows).skip(from).map(|(n, row)| (n, row.clone())).collect();
        postcard::to_stdvec(&Note::V1(rows)).expect("names and numbers can be written")
    }

    pub fn recall(&mut self, note: &[u8]) -> Result<(), BoxError> {
        if note.is_empty() {
            return Ok(()); // a journal without news
        }
        let Note::V1(rows) = postcard::from_bytes(note)?;
        self.recalled = true;
        for (number, row) in rows {
            match (number as usize).cmp(&self.rows.len()) {
                std::cmp::Ordering::Less => self.rows[number as usize] = row,
                std::cmp::Ordering::Equal => self.rows.push(row),
                std::cmp::Ordering::Greater => return Err("the checkpoint lacks partitions of Kafka".into()),
            }
        }
        self.told = self.rows.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partition: i32) -> Place {
        Place { topic: "t".into(), partition }
    }

    #[test]
    fn numbers_stay_as_they_are_and_new_partitions_begin_at_their_beginning() {
        let found = |n, low, start| Found { place: place(n), low, start };
        let mut first = Table::default();
        first.settle(vec![found(1, 3, 9)]);
        let told = first.journal();
        assert!(first.journal().is_empty());
        first.add(place(2), 0);
        let more = first.journal();

        let mut again = Table::default();
        again.recall(&told).expect("it was written so");
        again.recall(&more).expect("it was written so");
        again.settle(vec![found(0, 4, 8), found(1, 5, 8), found(2, 0, 8)]);
        let starts: Vec<_> = again.rows().iter().map(|row| (row.place.partition, row.start)).collect();
        assert_eq!(starts, [(1, 9), (2, 0), (0, 4)]);

        let mut from_memory = Table::default();
        from_memory.recall(&[]).expect("there is no news");
        from_memory.recall(&again.memory()).expect("it was written so");
        assert_eq!(from_memory.rows(), again.rows());
    }
}
