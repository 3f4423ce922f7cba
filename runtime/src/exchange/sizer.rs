//! How many bytes a value takes, about, told from its `Serialize`: what it owns on the heap among them.
//!
//! Of a long sequence a few items are measured, evenly spread, and stand for all; the others are passed over, which costs
//! a call that does nothing. So the cost of weighing a record does not grow with what it owns.

use std::fmt;

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// How many items of a sequence are measured: at most so many, and fewer of sequences within.
const ITEMS: usize = 64;

/// The sum of the widths of all numbers in `value`, and of the lengths of its texts.
pub(super) fn size<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut sizer = Sizer { bytes: 0, depth: 0 };
    // What can't be written is found out where it has to be.
    let _ = value.serialize(&mut sizer);
    sizer.bytes
}

struct Sizer {
    bytes: usize,
    /// In how many sequences this is.
    depth: u32,
}

impl Sizer {
    fn add(&mut self, bytes: usize) -> Result<(), Unsized> {
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }

    fn sequence(&mut self, length: Option<usize>) -> Items<'_> {
        let most = (ITEMS >> (3 * self.depth).min(6)).max(2);
        self.depth += 1;
        let before = self.bytes;
        let stride = length.unwrap_or(0).div_ceil(most).max(1);
        Items { stride, most, before, items: 0, measured: 0, pair: false, sizer: self }
    }
}

/// A sequence or a map at work.
struct Items<'a> {
    sizer: &'a mut Sizer,
    /// Every how manyth item is measured.
    stride: usize,
    most: usize,
    before: usize,
    items: usize,
    measured: usize,
    /// Of a map: the value that follows belongs to a key that is measured.
    pair: bool,
}

impl Items<'_> {
    /// Whether the next item is to be measured.
    fn next(&mut self) -> bool {
        let measure = self.items.is_multiple_of(self.stride) && self.measured < self.most;
        self.items += 1;
        self.measured += usize::from(measure);
        measure
    }

    /// The items that were measured stand for all.
    fn close(self) -> Result<(), Unsized> {
        let measured = self.sizer.bytes - self.before;
        let all = measured as u128 * self.items as u128 / self.measured.max(1) as u128;
        self.sizer.bytes = self.before.saturating_add(usize::try_from(all).unwrap_or(usize::MAX));
        self.sizer.depth -= 1;
        Ok(())
    }
}

/// A value says that it can't be written.
#[derive(Debug)]
struct Unsized;

impl fmt::Display for Unsized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it can't be written")
    }
}

impl std::error::Error for Unsized {}

impl ser::Error for Unsized {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unsized
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(self, _: $type) -> Result<(), Unsized> {
            self.add(size_of::<$type>())
        }
    )+};
}

/// How wide the mark of an enum's variant is, about.
const VARIANT: usize = 4;

impl<'a> Serializer for &'a mut Sizer {
    type Ok = ();
    type Error = Unsized;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers!(
        serialize_bool: bool, serialize_char: char, serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    );

    fn serialize_str(self, text: &str) -> Result<(), Unsized> {
        self.add(text.len())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unsized> {
        self.add(bytes.len())
    }
    fn serialize_none(self) -> Result<(), Unsized> {
        self.add(1)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unsized> {
        self.add(1)?;
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Unsized> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unsized> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Unsized> {
        self.add(VARIANT)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unsized> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unsized> {
        self.add(VARIANT)?;
        value.serialize(self)
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a>, Unsized> {
        Ok(self.sequence(length))
    }
    fn serialize_map(self, length: Option<usize>) -> Result<Items<'a>, Unsized> {
        Ok(self.sequence(length))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, Unsized> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unsized> {
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unsized> {
        self.add(VARIANT)?;
        Ok(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unsized> {
        Ok(self)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unsized> {
        self.add(VARIANT)?;
        Ok(self)
    }
    /// As what is written for checkpoints and exchanges.
    fn is_human_readable(&self) -> bool {
        false
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Unsized;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsized> {
        if self.next() { value.serialize(&mut *self.sizer) } else { Ok(()) }
    }
    fn end(self) -> Result<(), Unsized> {
        self.close()
    }
}

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Unsized;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unsized> {
        self.pair = self.next();
        if self.pair { key.serialize(&mut *self.sizer) } else { Ok(()) }
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsized> {
        if self.pair { value.serialize(&mut *self.sizer) } else { Ok(()) }
    }
    fn end(self) -> Result<(), Unsized> {
        self.close()
    }
}

macro_rules! fields {
    ($($part:ident: $method:ident($($name:ident)?)),+) => {$(
        impl $part for &mut Sizer {
            type Ok = ();
            type Error = Unsized;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<(), Unsized> {
                value.serialize(&mut **self)
            }
            fn end(self) -> Result<(), Unsized> {
                Ok(())
            }
        }
    )+};
}

fields!(
    SerializeTuple: serialize_element(),
    SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(_name),
    SerializeStructVariant: serialize_field(_name)
);

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_value_counts_its_numbers_and_texts() {
        assert_eq!(size(&(1u64, "abc", Some(2u16), None::<u8>)), 8 + 3 + 3 + 1);
        assert_eq!(size(&vec![vec![1u32; 5]; 3]), 60);
        assert_eq!(size(&BTreeMap::from([(1u8, "x"), (2, "yy")])), 5);
        assert_eq!(size(&Vec::<u64>::new()), 0);
        #[derive(serde::Serialize)]
        enum Shape {
            Point,
            Named { name: String },
        }
        assert_eq!([size(&Shape::Point), size(&Shape::Named { name: "abc".into() })], [4, 7]);
    }

    #[test]
    fn items_of_long_sequences_stand_for_all_wherever_they_are() {
        let growing: Vec<String> = (0..10_000).map(|n| "x".repeat(n / 100)).collect();
        let exact: usize = growing.iter().map(String::len).sum();
        assert!(size(&growing).abs_diff(exact) < exact / 20, "{} for {exact}", size(&growing));
        let nested = vec![vec![vec![7u64; 100]; 100]; 100];
        assert_eq!(size(&nested), 8_000_000);
    }

    #[test]
    fn a_large_record_is_not_written_as_a_whole() {
        thread_local!(static SEEN: Cell<usize> = const { Cell::new(0) });
        struct Item;
        impl Serialize for Item {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                SEEN.set(SEEN.get() + 1);
                serializer.serialize_u64(0)
            }
        }
        let items: Vec<Vec<Item>> = (0..1000).map(|_| (0..1000).map(|_| Item).collect()).collect();
        assert_eq!(size(&items), 8_000_000);
        assert!(SEEN.get() <= ITEMS * 8, "{} items", SEEN.get());
    }
}
