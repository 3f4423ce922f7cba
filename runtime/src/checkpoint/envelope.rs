//! What is around every object: says what it is and how long, and a checksum finds any byte that changed.
//!
//! ```text
//! 0   8  "millckpt"
//! 8   1  kind: F fence, L head of a segment of the log, T ticks, S state, M manifest
//! 9   1  version of the kind's payload
//! 10  8  length of the payload, little-endian
//! 18  n  payload
//! ..  4  crc32c of all bytes before, little-endian
//! ```

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::BoxError;

pub(super) const MAGIC: [u8; 8] = *b"millckpt";
pub(super) const VERSION: u8 = 1;
/// Bytes before the payload.
pub(super) const HEADER: usize = 18;
/// Bytes behind the payload.
pub(super) const FOOTER: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Fence = b'F',
    Segment = b'L',
    Ticks = b'T',
    State = b'S',
    Manifest = b'M',
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        let kinds = [Kind::Fence, Kind::Segment, Kind::Ticks, Kind::State, Kind::Manifest];
        kinds.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Fence => "a fence",
            Kind::Segment => "the head of a segment",
            Kind::Ticks => "an entry of ticks",
            Kind::State => "pieces of state",
            Kind::Manifest => "a manifest",
        })
    }
}

/// Why bytes are not what was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Changed, cut short, or something else altogether.
    Broken(String),
    /// Whole, but in a format that came after this program.
    Newer(u8),
}

impl Damage {
    pub(super) fn broken(what: impl fmt::Display) -> Damage {
        Damage::Broken(what.to_string())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Broken(what) => f.write_str(what),
            Damage::Newer(version) => write!(
                f,
                "is written in version {version} of its format, and this program reads version {VERSION}: run it with \
                 the release of millstream that wrote it, or a newer one"
            ),
        }
    }
}

/// An object that is being written: the header with room for the length.
pub(super) fn begin(kind: Kind) -> Vec<u8> {
    let mut object = Vec::with_capacity(256);
    object.extend(MAGIC);
    object.extend([kind as u8, VERSION]);
    object.extend([0; 8]);
    object
}

/// Fills the length in and appends the checksum.
pub(super) fn seal(mut object: Vec<u8>) -> Vec<u8> {
    let length = (object.len() - HEADER) as u64;
    object[10..HEADER].copy_from_slice(&length.to_le_bytes());
    object.extend(crc32c::crc32c(&object).to_le_bytes());
    object
}

/// A whole object with `payload` in postcard's encoding.
pub(super) fn write(kind: Kind, payload: &impl Serialize) -> Result<Vec<u8>, BoxError> {
    Ok(seal(postcard::to_extend(payload, begin(kind))?))
}

/// Checks an object and gives its kind and payload.
pub(super) fn open(object: &[u8]) -> Result<(Kind, &[u8]), Damage> {
    if object.len() < HEADER + FOOTER {
        return Err(Damage::broken(format_args!(
            "has {} bytes, and an object has at least 22",
            object.len()
        )));
    }
    let (sealed, footer) = object.split_at(object.len() - FOOTER);
    let (header, payload) = sealed.split_at(HEADER);
    if header[..8] != MAGIC {
        return Err(Damage::broken("does not begin as objects of a checkpoint do (`millckpt`)"));
    }
    let stored = u32::from_le_bytes(footer.try_into().expect("it was split off so"));
    let found = crc32c::crc32c(sealed);
    if found != stored {
        return Err(Damage::Broken(format!(
            "its checksum is {found:08x}, and {stored:08x} was stored: bytes have changed"
        )));
    }
    if header[9] != VERSION {
        return Err(Damage::Newer(header[9]));
    }
    let length = u64::from_le_bytes(header[10..].try_into().expect("the header ends there"));
    if length != payload.len() as u64 {
        return Err(Damage::broken(format_args!(
            "tells of {length} bytes of payload and has {}",
            payload.len()
        )));
    }
    let kind = Kind::of(header[8])
        .ok_or_else(|| Damage::broken(format_args!("is of no known kind ({:02x})", header[8])))?;
    Ok((kind, payload))
}

/// How long the object is that begins here, as its header tells.
pub(super) fn length(object: &[u8]) -> Option<u64> {
    let header = object.get(..HEADER).filter(|header| header.starts_with(&MAGIC))?;
    let payload = u64::from_le_bytes(header[10..].try_into().ok()?);
    payload.checked_add((HEADER + FOOTER) as u64)
}

/// Reads an object of one kind.
pub(super) fn read<T: DeserializeOwned>(expected: Kind, object: &[u8]) -> Result<T, Damage> {
    match open(object)? {
        (kind, payload) if kind == expected => decode(payload),
        (kind, _) => Err(Damage::broken(format_args!("is {kind} where {expected} should be"))),
    }
}

/// Reads a payload, all of it.
pub(super) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Damage> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(Damage::broken(format_args!("has {} bytes too many", rest.len()))),
        Err(error) => Err(Damage::broken(format_args!("can't be decoded: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let object = write(Kind::Fence, &(1u64, "text")).unwrap();
        assert_eq!(read::<(u64, String)>(Kind::Fence, &object), Ok((1, "text".into())));
        let damage = read::<(u64, String)>(Kind::Manifest, &object).unwrap_err();
        assert_eq!(damage.to_string(), "is a fence where a manifest should be");
        assert!(read::<u64>(Kind::Fence, &object).unwrap_err().to_string().contains("5 bytes too many"));
    }

    #[test]
    fn every_changed_bit_and_every_length_is_found() {
        let object = write(Kind::Ticks, &"some text").unwrap();
        for bit in 0..object.len() * 8 {
            let mut flipped = object.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(open(&flipped), Err(Damage::Broken(_))), "bit {bit}");
        }
        for length in 0..object.len() {
            assert!(matches!(open(&object[..length]), Err(Damage::Broken(_))), "length {length}");
        }
    }

    #[test]
    fn a_newer_version_says_so() {
        let mut object = begin(Kind::Manifest);
        object[9] = 2;
        assert_eq!(open(&seal(object)), Err(Damage::Newer(2)));
    }
}
