//! `merge`: several sources as one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::tick::{OffsetRange, Positions};

/// Sources of one type, as many as are known when the program runs, as one source. (For streams that are known
/// when it is written, and for other types: `union`.)
///
/// Ends when all have ended. Each keeps its own limits on a tick.
///
/// # Partitions
/// Partition `p` of the `i`-th source is partition `i * 65536 + p`. So a checkpoint stays right when sources are
/// added at the end of the list, but not when the others move. No source may have more than 65536 partitions.
///
/// # Errors
/// At the start: an empty list, more than 65536 sources; and the errors of each source.
///
/// ```
/// use millstream::source::{Source, merge, text_socket};
///
/// let ports = [7001, 7002];
/// let lines = merge(ports.map(|port| text_socket(format!("127.0.0.1:{port}"))));
/// assert_eq!(lines.info().to_string(), "merge(text_socket(127.0.0.1:7001), text_socket(127.0.0.1:7002))");
/// ```
pub fn merge<S: Source>(sources: impl IntoIterator<Item = S>) -> Merge<S> {
    Merge { sources: sources.into_iter().collect() }
}

/// Made by [`merge`].
pub struct Merge<S> {
    sources: Vec<S>,
}

impl<S> fmt::Debug for Merge<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "merge({} sources)", self.sources.len())
    }
}

/// How many partitions each source has room for.
const EACH: u32 = 1 << 16;

impl<S: Source> Source for Merge<S> {
    type Batch = S::Batch;

    fn info(&self) -> SourceInfo {
        let infos: Vec<SourceInfo> = self.sources.iter().map(S::info).collect();
        let mut shown: Vec<String> = infos.iter().take(3).map(SourceInfo::to_string).collect();
        if infos.len() > shown.len() {
            shown.push(format!("… {} more", infos.len() - shown.len()));
        }
        SourceInfo { name: "merge", detail: shown.join(", "), replayable: infos.iter().all(|i| i.replayable) }
    }

    fn can_be_logged(&self) -> bool {
        self.sources.iter().all(|source| source.info().replayable || source.can_be_logged())
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = S::Batch>>, BoxError> {
        if self.sources.is_empty() {
            return Err("`merge` was given an empty list: it needs a source at least".into());
        }
        if self.sources.len() > EACH as usize {
            return Err(format!(
                "`merge` takes {EACH} sources at most, but was given {}",
                self.sources.len()
            )
            .into());
        }
        let mut readers = Vec::with_capacity(self.sources.len());
        for source in self.sources {
            readers.push(source.open(cx)?);
        }
        let dismissed = readers.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Arc::new(MergeReader { readers, dismissed }))
    }
}

struct MergeReader<B> {
    readers: Vec<Arc<dyn Reader<Batch = B>>>,
    /// By reader: the pipeline stops, and what it has left will be read after the next start.
    dismissed: Vec<AtomicBool>,
}

impl<B> MergeReader<B> {
    /// The reader with the given partition, and the partition's number there.
    fn find(&self, partition: u32) -> Result<(&dyn Reader<Batch = B>, u32), BoxError> {
        let reader = self.readers.get((partition / EACH) as usize).ok_or_else(|| {
            format!(
                "`merge` had {} sources before, but now only {}: put the missing ones back, or start without the \
                 checkpoint",
                partition / EACH + 1,
                self.readers.len()
            )
        })?;
        Ok((&**reader, partition % EACH))
    }

    /// The positions of each source.
    fn split(&self, positions: &Positions) -> Result<Vec<Positions>, BoxError> {
        let mut split = vec![Positions::new(); self.readers.len()];
        for (&partition, &position) in positions {
            let (_, own) = self.find(partition)?;
            split[(partition / EACH) as usize].insert(own, position);
        }
        Ok(split)
    }
}

/// What the sources that have anything to tell tell, each with its number.
fn notes(each: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let told: Vec<(u32, Vec<u8>)> = (0..).zip(each).filter(|(_, notes)| !notes.is_empty()).collect();
    if told.is_empty() {
        return Vec::new();
    }
    postcard::to_stdvec(&told).expect("bytes and numbers can be written")
}

impl<B: crate::batch::Batch> Reader for MergeReader<B> {
    type Batch = B;

    /// Each reader gets an equal share of the limit, and of what those before it left of theirs.
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut room = limit;
        let mut all = Offer { ranges: Vec::new(), caught_up: true, ended: true, waiting: false };
        for ((i, reader), dismissed) in (0..).zip(&self.readers).zip(&self.dismissed) {
            if dismissed.load(Ordering::Relaxed) {
                continue;
            }
            let share = room / (self.readers.len() as u64 - u64::from(i));
            let offer = reader.available(share.max(1))?;
            for range in offer.ranges {
                if range.partition >= EACH {
                    return Err(format!(
                        "a source in `merge` has more than {EACH} partitions (or is a `merge` itself): give `merge` \
                         one flat list of smaller sources"
                    )
                    .into());
                }
                room = room.saturating_sub(range.len());
                all.ranges.push(OffsetRange { partition: i * EACH + range.partition, ..range });
            }
            all.caught_up &= offer.caught_up;
            all.ended &= offer.ended;
            all.waiting |= offer.waiting;
        }
        Ok(all)
    }

    fn at(&self, time: Timestamp) {
        self.readers.iter().for_each(|r| r.at(time));
    }

    fn due(&self) -> Option<Timestamp> {
        self.readers.iter().filter_map(|r| r.due()).min()
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let (reader, partition) = self.find(range.partition)?;
        reader.read(OffsetRange { partition, ..range }, visit)
    }

    fn finished(&self) -> Vec<u32> {
        let of = |(i, reader): (u32, &Arc<dyn Reader<Batch = B>>)| {
            let own = reader.finished().into_iter().filter(|partition| *partition < EACH);
            own.map(move |partition| i * EACH + partition).collect::<Vec<_>>()
        };
        (0..).zip(&self.readers).flat_map(of).collect()
    }

    fn grain(&self) -> u64 {
        self.readers.iter().map(|r| r.grain()).min().unwrap_or(1)
    }

    /// Known if it is of all, and they count alike.
    fn total(&self) -> Option<Total> {
        let totals: Option<Vec<Total>> = self.readers.iter().map(|r| r.total()).collect();
        totals?.into_iter().map(Some).reduce(|sum, next| sum?.plus(next?)).flatten()
    }

    /// It is asked of the whole, so one that wants it speaks for all. They are of one type, and so mostly alike.
    fn a_task_a_range(&self) -> bool {
        self.readers.iter().any(|r| r.a_task_a_range())
    }

    fn freeze(&self) {
        self.readers.iter().for_each(|r| r.freeze());
    }

    fn journal(&self) -> Vec<u8> {
        notes(self.readers.iter().map(|r| r.journal()))
    }

    fn memory(&self) -> Vec<u8> {
        notes(self.readers.iter().map(|r| r.memory()))
    }

    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        let told: Vec<(u32, Vec<u8>)> = if notes.is_empty() { vec![] } else { postcard::from_bytes(notes)? };
        told.into_iter().try_for_each(|(i, notes)| self.find(i * EACH)?.0.recall(&notes))
    }

    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        let (reader, partition) = self.find(range.partition)?;
        reader.write_ahead(OffsetRange { partition, ..range })
    }

    fn read_back(&self, range: OffsetRange, bytes: Vec<u8>) -> Result<(), BoxError> {
        let (reader, partition) = self.find(range.partition)?;
        reader.read_back(OffsetRange { partition, ..range }, bytes)
    }

    /// All are told. Those that can have their input again are not asked any more.
    fn drain(&self) -> bool {
        let mut any = false;
        for (reader, dismissed) in self.readers.iter().zip(&self.dismissed) {
            let more = reader.drain();
            dismissed.store(!more, Ordering::Relaxed);
            any |= more;
        }
        any
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.readers.iter().zip(self.split(positions)?).try_for_each(|(reader, own)| reader.seek(&own))
    }

    fn release(&self, positions: &Positions) {
        // What was never offered can't be released.
        if let Ok(split) = self.split(positions) {
            self.readers.iter().zip(split).for_each(|(reader, own)| reader.release(&own));
        }
    }

    fn close(&self) {
        self.readers.iter().for_each(|r| r.close());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, read};
    use super::super::{Queue, from_iter, queue};
    use super::*;

    #[test]
    fn offers_are_combined_and_partitions_renumbered() {
        let reader =
            merge([queue([vec![1], vec![2]]), queue([vec![10]])]).open(&context().0).expect("it opens");
        let first = reader.available(u64::MAX).expect("fine");
        let part = |partition, start, end| OffsetRange { partition, start, end };
        assert_eq!(
            first,
            Offer {
                ranges: vec![part(0, 0, 1), part(65536, 0, 1)],
                caught_up: false,
                ended: false,
                waiting: false
            }
        );
        let second = reader.available(u64::MAX).expect("fine");
        assert_eq!(
            second,
            Offer { ranges: vec![part(0, 1, 2)], caught_up: true, ended: true, waiting: false }
        );
        assert_eq!(read(&*reader, first.ranges[1], |n| n).expect("fine"), [10]);
        assert_eq!(read(&*reader, second.ranges[0], |n| n).expect("fine"), [2]);
    }

    #[test]
    fn each_source_is_moved_and_released_at_its_own_position() {
        let reader = merge([from_iter(0..5), from_iter(10..15)]).open(&context().0).expect("it opens");
        reader.seek(&[(0, 2), (65536, 4)].into()).expect("they have as many");
        let offer = reader.available(u64::MAX).expect("fine");
        let records: Vec<_> = offer.ranges.iter().map(|r| read(&*reader, *r, |n| n).expect("fine")).collect();
        assert_eq!(records, [vec![2, 3, 4], vec![14]]);
        reader.release(&[(0, 5)].into());
        assert!(reader.read(offer.ranges[0], &mut |_| Ok(())).is_err());
        assert_eq!(read(&*reader, offer.ranges[1], |n| n).expect("fine"), [14]);
    }

    #[test]
    fn each_source_recalls_what_it_told_itself() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("a"), "one\n").expect("it can be written");
        let (nothing, files) = (folder.path().join("nothing"), folder.path());
        std::fs::create_dir(&nothing).expect("it can be made");
        let open = || {
            merge([&nothing, files].map(super::super::text_directory)).open(&context().0).expect("it opens")
        };
        let reader = open();
        assert!(reader.journal().is_empty());
        let offer = reader.available(u64::MAX).expect("it is there");
        let (journal, memory) = (reader.journal(), reader.memory());
        for notes in [journal, memory] {
            let again = open();
            again.recall(&notes).expect("it is understood");
            assert_eq!(read(&*again, offer.ranges[0], str::to_string).expect("it is known"), ["one"]);
        }
        assert!(open().recall(&[1]).is_err());
    }

    #[test]
    fn a_stop_reaches_each_source_and_what_was_pushed_to_one_is_still_read() {
        let (kept, fed) = (queue([vec![1], vec![2]]), queue([vec![10], vec![11]]));
        let (other, senders) = (queue([vec![20]]), [fed.sender()]);
        let sources = [kept, fed, other];
        let last = sources[2].sender();
        let reader = merge(sources).open(&context().0).expect("it opens");
        assert!(reader.drain());
        senders[0].push([12]).expect_err("it takes nothing more");
        last.push([21]).expect_err("nor does this one");
        let (mut records, mut done) = (Vec::new(), false);
        while !done {
            let offer = reader.available(u64::MAX).expect("fine");
            records.extend(offer.ranges.iter().flat_map(|r| read(&*reader, *r, |n| n).expect("fine")));
            done = offer.caught_up;
        }
        // What the first one has is there again at the next start.
        assert_eq!(records, [10, 20, 11]);
        let again = merge([queue([vec![1]])]).open(&context().0).expect("it opens");
        assert!(!again.drain());
    }

    #[test]
    fn ranges_are_tasks_if_the_sources_say_so() {
        let open = |cut: fn(Queue<u8>) -> Queue<u8>| {
            merge([cut(queue([vec![1, 2]])), cut(queue([vec![3]]))]).open(&context().0).expect("it opens")
        };
        assert!(open(|queue| queue.partitions(2)).a_task_a_range());
        assert!(!open(|queue| queue).a_task_a_range());
    }

    #[test]
    fn no_sources_and_missing_ones_are_errors_with_advice() {
        let none =
            merge(Vec::<super::super::Queue<u8>>::new()).open(&context().0).err().expect("it is empty");
        assert_eq!(none.to_string(), "`merge` was given an empty list: it needs a source at least");
        let reader = merge([queue([vec![1]])]).open(&context().0).expect("it opens");
        let missing = reader.seek(&[(65536, 1)].into()).expect_err("it is missing").to_string();
        assert!(missing.starts_with("`merge` had 2 sources before, but now only 1"), "{missing}");
    }

    #[test]
    fn a_merge_of_merges_is_refused_unless_it_fits() {
        let inner = || merge([queue([vec![1]]), queue([vec![2]])]);
        let reader = merge([inner(), inner()]).open(&context().0).expect("it opens");
        let error = reader.available(u64::MAX).expect_err("it does not fit").to_string();
        assert!(error.contains("give `merge` one flat list"), "{error}");
    }
}
