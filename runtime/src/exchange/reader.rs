//! Reads postcard's format, and lends nothing of the bytes that it reads.
//!
//! So it can give a value of any `Deserialize<'de>`, also where `'de` outlives the bytes; why that is needed stands in
//! `codec.rs`. (postcard's own deserializer lends wherever a type asks for a string.) The format is postcard's
//! [wire format](https://postcard.jamesmunns.com/wire-format), version 1; the tests hold it to postcard's writer.

use serde::de::value::Error;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

/// Reads a value that takes up all bytes.
pub(crate) fn read<'de, T: Deserialize<'de>>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = Reader { rest: bytes };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(Error::custom(format_args!("{} bytes are left over", reader.rest.len())))
    }
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, len: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| Error::custom(format_args!("the bytes end {} early", len - self.rest.len())))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// Seven bits a byte, the low ones first; the top bit says that more follow.
    fn varint(&mut self) -> Result<u128, Error> {
        let mut value = 0u128;
        for shift in (0..u128::BITS).step_by(7) {
            let [byte] = self.array()?;
            let bits = u128::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::custom("an integer of more than 128 bits"))
    }

    fn unsigned<T: TryFrom<u128>>(&mut self) -> Result<T, Error> {
        T::try_from(self.varint()?).map_err(|_| Error::custom("an integer that is too large for its type"))
    }

    /// Zigzag: 0, -1, 1, -2, …
    fn signed<T: TryFrom<i128>>(&mut self) -> Result<T, Error> {
        let n = self.varint()?;
        let n = (n >> 1) as i128 ^ -((n & 1) as i128);
        T::try_from(n).map_err(|_| Error::custom("an integer that is too large for its type"))
    }

    fn bytes(&mut self) -> Result<&'b [u8], Error> {
        let len = self.unsigned()?;
        self.take(len)
    }

    fn text(&mut self) -> Result<&'b str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(Error::custom)
    }

    fn flag(&mut self) -> Result<bool, Error> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Error::custom(format_args!("a flag of {other}"))),
        }
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $read:ident;)+) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.$read()?)
        }
    )+};
}

macro_rules! refused {
    ($($deserialize:ident)+) => {$(
        fn $deserialize<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
            Err(Error::custom(
                "this type asks what the bytes are (`serde(untagged)`, `serde(flatten)`, a JSON value), and they don't say",
            ))
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Reader<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    refused! { deserialize_any deserialize_identifier deserialize_ignored_any }

    numbers! {
        deserialize_bool visit_bool flag;
        deserialize_u16 visit_u16 unsigned;
        deserialize_u32 visit_u32 unsigned;
        deserialize_u64 visit_u64 unsigned;
        deserialize_u128 visit_u128 unsigned;
        deserialize_i16 visit_i16 signed;
        deserialize_i32 visit_i32 signed;
        deserialize_i64 visit_i64 signed;
        deserialize_i128 visit_i128 signed;
        deserialize_str visit_str text;
        deserialize_string visit_str text;
        deserialize_bytes visit_bytes bytes;
        deserialize_byte_buf visit_bytes bytes;
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(u8::from_le_bytes(self.array()?))
    }
    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i8(i8::from_le_bytes(self.array()?))
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f32(f32::from_le_bytes(self.array()?))
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(f64::from_le_bytes(self.array()?))
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut chars = self.text()?.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => visitor.visit_char(c),
            _ => Err(Error::custom("a character that is none or several")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.flag()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.unsigned()?;
        visitor.visit_seq(Items { reader: self, left })
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { reader: self, left: len })
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.unsigned()?;
        visitor.visit_map(Items { reader: self, left })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), visitor)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }
}

/// The items that are left of a sequence or a map.
struct Items<'r, 'b> {
    reader: &'r mut Reader<'b>,
    left: usize,
}

impl Items<'_, '_> {
    fn next<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    /// A hint that a false length can't make a large one.
    fn hint(&self) -> usize {
        self.left.min(self.reader.rest.len())
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next(seed)
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> MapAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next(seed)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let index: u32 = self.unsigned()?;
        let variant = seed.deserialize(IntoDeserializer::<Error>::into_deserializer(index))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Unit;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Newtype(i128);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Nothing,
        One(Newtype),
        Two(u16, i16),
        Named { text: Cow<'static, str>, letter: char, unit: Unit, rest: Option<Box<Shape>> },
    }

    type Small = (bool, u8, i8, u16, i16, u32, i32, f32);
    type Large = (u64, i64, u128, i128, usize, char, String, Vec<u8>);
    type Nested = (BTreeMap<String, Vec<Option<()>>>, [u8; 3], Result<u8, String>);

    fn again<T: Serialize + Deserialize<'static>>(value: &T) -> T {
        read(&postcard::to_stdvec(value).expect("it can be written")).expect("it can be read")
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            Just(Shape::Nothing),
            any::<i128>().prop_map(|n| Shape::One(Newtype(n))),
            any::<(u16, i16)>().prop_map(|(a, b)| Shape::Two(a, b)),
        ];
        (leaf, any::<Option<(String, char)>>()).prop_map(|(leaf, outer)| match outer {
            None => leaf,
            Some((text, letter)) => {
                Shape::Named { text: text.into(), letter, unit: Unit, rest: Some(Box::new(leaf)) }
            }
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_postcard_writes(small: Small, large: Large, nested: Nested, shapes in proptest::collection::vec(shape(), 0..4)) {
            let bits = |s: Small| (s.0, s.1, s.2, s.3, s.4, s.5, s.6, s.7.to_bits());
            prop_assert_eq!(bits(again(&small)), bits(small));
            prop_assert_eq!(again(&large), large);
            prop_assert_eq!(again(&nested), nested);
            prop_assert_eq!(again(&shapes), shapes);
        }

        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes: Vec<u8>) {
            let _value_or_error = read::<(Large, Nested, Vec<Shape>)>(&bytes);
            let _value_or_error = read::<Vec<Shape>>(&bytes);
        }
    }

    #[test]
    fn the_extremes_are_read() {
        assert_eq!(again(&(u128::MAX, i128::MIN, i128::MAX)), (u128::MAX, i128::MIN, i128::MAX));
        assert_eq!(again(&(u64::MAX, i64::MIN, i64::MAX)), (u64::MAX, i64::MIN, i64::MAX));
    }

    #[test]
    fn a_number_that_is_too_large_is_an_error() {
        let long = postcard::to_stdvec(&300u64).expect("it can be written");
        assert!(read::<u64>(&long).is_ok());
        assert!(read::<u16>(&long).is_ok());
        assert!(read::<bool>(&long).is_err());
        let longer = postcard::to_stdvec(&70_000u64).expect("it can be written");
        assert!(read::<u16>(&longer).is_err());
        assert!(read::<u128>(&[0xff; 19]).is_err());
    }

    #[test]
    fn bytes_that_are_left_over_or_missing_are_an_error() {
        assert_eq!(read::<u8>(&[1, 2]).unwrap_err().to_string(), "1 bytes are left over");
        assert_eq!(read::<String>(&[3, b'a']).unwrap_err().to_string(), "the bytes end 2 early");
    }
}
