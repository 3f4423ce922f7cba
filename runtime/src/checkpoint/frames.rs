//! Entries of the log that lie one behind the other in a segment.

use std::ops::Range;

use super::envelope::{self, Damage, Kind, MAGIC};

/// What lies in a run of bytes of a segment.
#[derive(Debug)]
pub(super) struct Frame<T> {
    pub bytes: Range<usize>,
    pub what: Result<T, Damage>,
    /// It is the last one, and was cut short: so it was being written when it was read, or its process ended.
    pub torn: bool,
}

/// The frames of a segment, in order, and no zeros behind them: files grow before there is something to write. What is no frame is one that
/// is damaged, up to where the next whole one begins.
pub(super) fn frames(segment: &[u8]) -> impl Iterator<Item = Frame<(Kind, &[u8])>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = segment.get(at..).filter(|rest| rest.iter().any(|byte| *byte != 0))?;
        let (length, what) = match one(rest) {
            Some((length, Err(damage @ Damage::Newer(_)))) => (length, Err(damage)),
            Some((length, Ok(whole))) => (length, Ok(whole)),
            Some((_, Err(Damage::Broken(_)))) | None => {
                let behind = (1..rest.len()).find(|&at| {
                    rest[at..].starts_with(&MAGIC) && one(&rest[at..]).is_some_and(|(_, what)| what.is_ok())
                });
                (behind.unwrap_or(rest.len()), Err(damage(at, rest, behind)))
            }
        };
        let torn = what.is_err() && length == rest.len() && is_short(rest);
        let bytes = at..at + length;
        at = bytes.end;
        Some(Frame { bytes, what, torn })
    })
}

type Opened<'a> = Result<(Kind, &'a [u8]), Damage>;

/// The frame that begins here, and its length; `None`: none does, or it goes on behind the end.
fn one(bytes: &[u8]) -> Option<(usize, Opened<'_>)> {
    let length = usize::try_from(envelope::length(bytes)?).ok()?;
    Some((length, envelope::open(bytes.get(..length)?)))
}

fn is_short(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count()];
    let begins = bytes.iter().zip(&MAGIC).all(|(found, expected)| found == expected);
    begins && envelope::length(bytes).is_none_or(|length| length > bytes.len() as u64)
}

fn damage(at: usize, bytes: &[u8], behind: Option<usize>) -> Damage {
    let end = at + behind.unwrap_or(bytes.len());
    let why = match one(bytes) {
        Some((_, Err(damage))) => damage.to_string(),
        _ if is_short(bytes) => {
            "an entry is cut short: its process ended while it wrote, or bytes are lost".into()
        }
        _ => "no entry begins there".into(),
    };
    Damage::broken(format_args!("is damaged in bytes {at} to {end}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> (Vec<u8>, Vec<usize>) {
        let mut segment = Vec::new();
        let mut ends = vec![0];
        for text in ["one", "the second", "3"] {
            segment.extend(envelope::write(Kind::Ticks, &text).unwrap());
            ends.push(segment.len());
        }
        (segment, ends)
    }

    /// Where the whole ones are.
    fn whole(segment: &[u8]) -> Vec<Range<usize>> {
        frames(segment).filter(|frame| frame.what.is_ok()).map(|frame| frame.bytes).collect()
    }

    #[test]
    fn whole_frames_are_found_one_behind_the_other() {
        let (segment, ends) = segment();
        assert_eq!(whole(&segment), ends.windows(2).map(|ends| ends[0]..ends[1]).collect::<Vec<_>>());
        assert!(frames(&[]).next().is_none());
    }

    #[test]
    fn a_changed_bit_costs_the_frame_it_is_in_and_no_other() {
        let (segment, ends) = segment();
        for bit in 0..segment.len() * 8 {
            let mut changed = segment.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let of = ends.iter().rposition(|end| *end <= bit / 8).unwrap();
            let expected: Vec<_> = (0..3).filter(|n| *n != of).map(|n| ends[n]..ends[n + 1]).collect();
            assert_eq!(whole(&changed), expected, "bit {bit}");
            let damaged: Vec<_> = frames(&changed).filter(|frame| frame.what.is_err()).collect();
            assert_eq!(damaged.len(), 1, "bit {bit}");
            assert_eq!(damaged[0].bytes, ends[of]..ends[of + 1], "bit {bit}");
        }
    }

    #[test]
    fn what_is_cut_short_is_torn_and_what_is_before_it_whole() {
        let (segment, ends) = segment();
        for length in 0..segment.len() {
            let cut = &segment[..length];
            let before = ends.iter().rposition(|end| *end <= length).unwrap();
            for room in [0, 30] {
                let cut = [cut, &[0].repeat(room)].concat();
                let torn = frames(&cut).filter(|frame| frame.torn).count();
                assert_eq!(
                    (whole(&cut).len(), torn),
                    (before, usize::from(ends[before] < length)),
                    "{length}"
                );
            }
        }
        let with = |bytes: &[u8]| [&segment, bytes].concat();
        assert_eq!(frames(&with(&[0; 40])).count(), 3, "room for others");
        let garbage = with(&[0, 0, 7, 0]);
        let last = frames(&garbage).last().unwrap();
        assert!(last.what.is_err() && !last.torn);
    }
}
