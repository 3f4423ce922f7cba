//! The bytes of a piece.
//!
//! ```text
//! piece  = 0 value                              a value that is written whole
//!        | 1 flags fields keys count slot*      the keys of a group, or those that changed
//! flags  = 1: all keys | 2: slots have fields | 4: slots have keys where those are new
//! fields = bytes                                what the operator keeps for the group
//! keys   = how many keys the group has
//! slot   = gap [fields: bytes] [key: bytes] state: bytes
//! gap    = how many slots lie between this one and the one before; with flag 4 twice that, and 1 more if a key follows
//! bytes  = their number, and they
//! ```
//! Numbers are LEB128, as postcard has them; `value`, `key` and `state` are postcard. So keys and states can be told apart by
//! those who know nothing of the operator. A slot's number is its place in the group's list: a restored list has its keys in the order that
//! they had. A slot without a key has the one that an earlier piece has at its place.

use postcard::ser_flavors::Flavor;
use serde::Serialize;

use crate::BoxError;
use crate::clock::Timestamp;

const WHOLE: u8 = 0;
const SLOTS: u8 = 1;
const FULL: u8 = 1;
const FIELDS: u8 = 2;
const NEW_KEYS: u8 = 4;

/// A slot as it lies in a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawSlot<'p> {
    pub at: usize,
    pub fields: &'p [u8],
    /// `None`: as it was.
    pub key: Option<&'p [u8]>,
    pub state: &'p [u8],
}

/// A piece whose bytes were looked at, but not its keys and states.
#[derive(Debug)]
pub(crate) enum Raw<'p> {
    Whole(&'p [u8]),
    Slots { full: bool, fields: &'p [u8], keys: usize, slots: Slots<'p> },
}

/// Writes slots, in the order of their numbers.
pub(crate) struct SlotWriter<'o> {
    out: &'o mut Vec<u8>,
    next: usize,
    has_fields: bool,
    all_keys: bool,
    of_keys: u64,
}

impl<'o> SlotWriter<'o> {
    pub fn new(
        out: &'o mut Vec<u8>,
        full: bool,
        fields: &[u8],
        keys: usize,
        count: usize,
        has_fields: bool,
    ) -> Self {
        out.push(SLOTS);
        out.push(if full { FULL } else { NEW_KEYS } | if has_fields { FIELDS } else { 0 });
        bytes(out, fields);
        number(out, keys as u64);
        number(out, count as u64);
        SlotWriter { out, next: 0, has_fields, all_keys: full, of_keys: 0 }
    }

    /// `key`: `None` if it is in an earlier piece, which a full one does not have.
    pub fn slot(
        &mut self,
        at: usize,
        fields: impl FnOnce(&mut Vec<u8>),
        key: Option<&impl Serialize>,
        state: &impl Serialize,
    ) -> Result<(), BoxError> {
        self.gap(at, key.is_some());
        if self.has_fields {
            self.sized(|out| {
                fields(out);
                Ok(())
            })?;
        }
        if let Some(key) = key {
            let begin = self.out.len();
            self.sized(|out| encode(key, out))?;
            self.of_keys += (self.out.len() - begin) as u64;
        }
        self.sized(|out| encode(state, out))
    }

    /// How many bytes keys took so far.
    pub fn of_keys(&self) -> u64 {
        self.of_keys
    }

    fn gap(&mut self, at: usize, has_key: bool) {
        let gap = (at - self.next) as u64;
        debug_assert!(has_key || !self.all_keys, "a full piece has all keys");
        number(self.out, if self.all_keys { gap } else { 2 * gap + u64::from(has_key) });
        self.next = at + 1;
    }

    /// A slot that lay in another piece, perhaps with another state.
    pub fn raw(&mut self, slot: RawSlot<'_>) {
        self.gap(slot.at, slot.key.is_some());
        if self.has_fields {
            bytes(self.out, slot.fields);
        }
        if let Some(key) = slot.key {
            let begin = self.out.len();
            bytes(self.out, key);
            self.of_keys += (self.out.len() - begin) as u64;
        }
        bytes(self.out, slot.state);
    }

    /// What `write` appends, behind its length.
    fn sized(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), BoxError>) -> Result<(), BoxError> {
        // Most are short: their length is one byte.
        let at = self.out.len();
        self.out.push(0);
        write(self.out)?;
        match self.out.len() - at - 1 {
            len @ ..0x80 => self.out[at] = len as u8,
            len => {
                let mut digits = Vec::new();
                number(&mut digits, len as u64);
                self.out.splice(at..=at, digits);
            }
        }
        Ok(())
    }
}

/// Appends a value, in postcard.
pub(crate) fn encode(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), BoxError> {
    postcard::serialize_with_flavor(value, Appended(out))?;
    Ok(())
}

/// Most of what is appended are a number's few bytes: a call to copy them would take longer than they do.
struct Appended<'o>(&'o mut Vec<u8>);

impl Flavor for Appended<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        if data.len() <= 16 {
            self.0.reserve(data.len());
            for byte in data {
                self.0.push(*byte);
            }
        } else {
            self.0.extend_from_slice(data);
        }
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends a time, in postcard.
pub(crate) fn encode_time(time: Timestamp, out: &mut Vec<u8>) {
    let millis = time.millis();
    number(out, ((millis << 1) ^ (millis >> 63)) as u64);
}

/// A value that is written whole.
pub(crate) fn whole(value: &impl Serialize) -> Result<Vec<u8>, BoxError> {
    let mut out = vec![WHOLE];
    encode(value, &mut out)?;
    Ok(out)
}

/// A value that was written already, as a piece.
pub(crate) fn whole_bytes(value: &[u8]) -> Vec<u8> {
    [&[WHOLE], value].concat()
}

fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What a piece consists of.
pub(crate) fn open(piece: &[u8]) -> Result<Raw<'_>, BoxError> {
    let mut left = Left(piece);
    match left.byte()? {
        WHOLE => Ok(Raw::Whole(left.0)),
        SLOTS => {
            let flags = left.byte()?;
            if flags & !(FULL | FIELDS | NEW_KEYS) != 0 {
                return Err(damaged("unknown flags"));
            }
            let fields = left.bytes()?;
            let (keys, count) = (left.size()?, left.size()?);
            let (has_fields, all_keys) = (flags & FIELDS != 0, flags & NEW_KEYS == 0);
            let slots = Slots { left, count, keys, next: 0, has_fields, all_keys };
            Ok(Raw::Slots { full: flags & FULL != 0, fields, keys, slots })
        }
        kind => Err(damaged(&format!("it begins with {kind}"))),
    }
}

fn damaged(why: &str) -> BoxError {
    format!("these bytes are no piece of a state: {why}").into()
}

/// The slots of a piece, in the order of their numbers. Ends behind the first error.
#[derive(Debug)]
pub(crate) struct Slots<'p> {
    left: Left<'p>,
    count: usize,
    keys: usize,
    next: usize,
    has_fields: bool,
    all_keys: bool,
}

impl Slots<'_> {
    /// How many are left.
    pub fn left(&self) -> usize {
        self.count
    }

    pub fn has_fields(&self) -> bool {
        self.has_fields
    }
}

impl<'p> Slots<'p> {
    fn read(&mut self) -> Result<RawSlot<'p>, BoxError> {
        let gap = self.left.size()?;
        let (gap, has_key) = if self.all_keys { (gap, true) } else { (gap / 2, gap % 2 == 1) };
        let at = self.next.checked_add(gap).filter(|at| *at < self.keys);
        let at = at.ok_or_else(|| damaged("a slot lies outside of its group"))?;
        self.next = at + 1;
        let fields = if self.has_fields { self.left.bytes()? } else { &[] };
        let key = if has_key { Some(self.left.bytes()?) } else { None };
        Ok(RawSlot { at, fields, key, state: self.left.bytes()? })
    }
}

impl<'p> Iterator for Slots<'p> {
    type Item = Result<RawSlot<'p>, BoxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.count == 0 {
            let rest = std::mem::take(&mut self.left.0);
            return (!rest.is_empty()).then(|| Err(damaged("something follows its last slot")));
        }
        self.count -= 1;
        let slot = self.read();
        if slot.is_err() {
            (self.count, self.left) = (0, Left(&[]));
        }
        Some(slot)
    }
}

/// Bytes that are read from the front.
#[derive(Debug)]
struct Left<'p>(&'p [u8]);

impl<'p> Left<'p> {
    fn byte(&mut self) -> Result<u8, BoxError> {
        let (first, rest) = self.0.split_first().ok_or_else(|| damaged("it is cut off"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn size(&mut self) -> Result<usize, BoxError> {
        let (n, rest) = postcard::take_from_bytes::<u64>(self.0).map_err(|_| damaged("it is cut off"))?;
        self.0 = rest;
        // A slot's number is 32 bits, and bytes fit into memory.
        usize::try_from(n).map_err(|_| damaged("a number is too large"))
    }

    fn bytes(&mut self) -> Result<&'p [u8], BoxError> {
        let len = self.size()?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or_else(|| damaged("it is cut off"))?;
        self.0 = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Slot = (Vec<u8>, Option<String>, Vec<u32>);

    fn written(full: bool, has_fields: bool, slots: &std::collections::BTreeMap<u16, Slot>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = SlotWriter::new(&mut out, full, b"own", 1 << 16, slots.len(), has_fields);
        for (at, (fields, key, state)) in slots {
            writer
                .slot((*at).into(), |out| out.extend_from_slice(fields), key.as_ref(), state)
                .expect("it can be written");
        }
        out
    }

    proptest! {
        #[test]
        fn slots_are_read_as_they_were_written(
            full: bool,
            has_fields: bool,
            mut slots in proptest::collection::btree_map(any::<u16>(), any::<Slot>(), 0..20),
        ) {
            if full {
                slots.values_mut().for_each(|(_, key, _)| { key.get_or_insert_default(); });
            }
            let bytes = written(full, has_fields, &slots);
            let Raw::Slots { full: was_full, fields, keys, slots: read } = open(&bytes).expect("it is a piece") else {
                panic!("these are slots");
            };
            prop_assert_eq!((was_full, fields, keys, read.left()), (full, &b"own"[..], 1 << 16, slots.len()));
            let read: Vec<RawSlot<'_>> = read.collect::<Result<_, _>>().expect("they are slots");
            for (read, (at, (fields, key, state))) in read.iter().zip(&slots) {
                prop_assert_eq!(read.at, usize::from(*at));
                prop_assert_eq!(read.fields, if has_fields { &fields[..] } else { &[] });
                let read_key = read.key.map(|key| postcard::from_bytes::<String>(key).expect("a key"));
                prop_assert_eq!(&read_key, key);
                prop_assert_eq!(&postcard::from_bytes::<Vec<u32>>(read.state).expect("a state"), state);
            }
            let mut again = Vec::new();
            let mut writer = SlotWriter::new(&mut again, full, b"own", 1 << 16, slots.len(), has_fields);
            read.iter().for_each(|slot| writer.raw(*slot));
            prop_assert_eq!(again, bytes);
        }

        #[test]
        fn what_is_cut_off_or_longer_is_no_piece(
            slots in proptest::collection::btree_map(any::<u16>(), any::<Slot>(), 0..5),
            cut: prop::sample::Index,
        ) {
            let is_whole = |bytes: &[u8]| match open(bytes) {
                Ok(Raw::Slots { mut slots, .. }) => slots.all(|slot| slot.is_ok()),
                Ok(Raw::Whole(_)) | Err(_) => false,
            };
            let bytes = written(false, true, &slots);
            prop_assert!(is_whole(&bytes));
            prop_assert!(!is_whole(&bytes[..cut.index(bytes.len())]));
            prop_assert!(!is_whole(&[&bytes[..], &[0]].concat()));
        }

        #[test]
        fn times_are_postcard(millis: i64) {
            let (mut out, time) = (Vec::new(), Timestamp::from_millis(millis));
            encode_time(time, &mut out);
            prop_assert_eq!(postcard::from_bytes::<Timestamp>(&out), Ok(time));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            if let Ok(Raw::Slots { slots, .. }) = open(&bytes) {
                slots.for_each(drop);
            }
        }
    }
}
