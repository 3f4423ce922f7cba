//! What a record takes in memory.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

/// The size of a record in memory, and what it has on the heap if it is text or bytes.
pub(crate) fn record_bytes<T: 'static>(record: &T) -> usize {
    size_of::<T>() + heap(record)
}

/// The type is known when this is compiled, so at most one test is left of all.
fn heap(record: &dyn Any) -> usize {
    macro_rules! measured {
        ($($type:ty => $bytes:expr),+ $(,)?) => {
            $(if let Some(record) = record.downcast_ref::<$type>() {
                let bytes: fn(&$type) -> usize = $bytes;
                return bytes(record);
            })+
        };
    }
    measured! {
        String => String::capacity,
        Vec<u8> => Vec::capacity,
        Box<str> => |text| text.len(),
        Box<[u8]> => |bytes| bytes.len(),
        Arc<str> => |text| text.len(),
        Arc<[u8]> => |bytes| bytes.len(),
        Cow<'static, str> => |text| if let Cow::Owned(text) = text { text.capacity() } else { 0 },
        Cow<'static, [u8]> => |bytes| if let Cow::Owned(bytes) = bytes { bytes.capacity() } else { 0 },
        Option<String> => |text| text.as_ref().map_or(0, String::capacity),
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_count_what_they_own_and_others_their_size() {
        assert_eq!(record_bytes(&7u64), 8);
        assert_eq!(record_bytes(&"borrowed"), 16);
        assert_eq!(record_bytes(&String::with_capacity(100)), 124);
        assert_eq!(record_bytes(&vec![0u8; 10]), 34);
        assert_eq!(record_bytes(&Box::<str>::from("abc")), 19);
        assert_eq!(record_bytes(&Arc::<[u8]>::from([1u8, 2])), 18);
        assert_eq!(record_bytes(&Cow::Borrowed("abc")), size_of::<Cow<'static, str>>());
        assert_eq!(record_bytes(&vec![String::from("inside")]), 24);
    }
}
