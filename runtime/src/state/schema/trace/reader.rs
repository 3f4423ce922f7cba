//! The deserializer that takes notes, and makes values up.

use std::any::type_name;
use std::fmt::{self, Display};

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::{Built, DEPTH, Held, Id, Note, Notes, STEPS};
use crate::state::schema::{Scalar, Tree};

/// Why a type could not be read.
#[derive(Debug)]
pub(super) enum Refused {
    /// It did not take a value.
    Value,
    /// It holds itself, and all variants that were tried lead on.
    NoEnd,
    /// It asks what comes, or is too large.
    Unknowable,
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refused {}

impl Error for Refused {
    fn custom<T: Display>(_: T) -> Self {
        Refused::Value
    }
}

/// What strings are made up, for types that take only some. Numbers and byte strings have as many candidates.
const TEXTS: [&str; 12] = [
    "a",
    "",
    "1",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "00:00:00",
    "1970-01-01T00:00:00",
    "00000000-0000-0000-0000-000000000001",
    "127.0.0.1",
    "127.0.0.1:80",
    "http://localhost/",
    "a@example.org",
];
const NUMBERS: [u8; TEXTS.len()] = [1, 0, 2, 3, 4, 5, 7, 8, 10, 16, 60, 100];
const LENGTHS: [usize; TEXTS.len()] = [0, 16, 4, 32, 8, 1, 2, 6, 12, 20, 24, 64];
pub(super) const CANDIDATES: usize = TEXTS.len();
static BYTES: [u8; 64] = [1; 64];

pub(super) struct Reader<'n> {
    notes: &'n mut Notes,
    note: &'n mut Option<Note>,
}

impl<'n> Reader<'n> {
    pub fn new(notes: &'n mut Notes, note: &'n mut Option<Note>) -> Self {
        Reader { notes, note }
    }

    /// A value without parts: which of its candidates is to be given.
    fn leaf(&mut self, scalar: Scalar) -> usize {
        *self.note = Some(Note::Leaf(Tree::Scalar(scalar)));
        let candidate = self.notes.candidates.get(&self.notes.path).copied().unwrap_or(0);
        self.notes.leaf = Some(self.notes.path.clone());
        candidate
    }
}

/// Reads a part of a value, the `at`-th.
fn part<R>(
    notes: &mut Notes,
    at: usize,
    read: impl FnOnce(Reader<'_>) -> Result<R, Refused>,
) -> Result<(R, Note), Refused> {
    notes.path.push(at);
    notes.steps += 1;
    if notes.path.len() > DEPTH || notes.steps > STEPS {
        return Err(Refused::Unknowable);
    }
    let mut note = None;
    let value = read(Reader::new(notes, &mut note))?;
    notes.path.pop();
    Ok((value, note.unwrap_or(Note::Unknown)))
}

/// Reads a type that has a name. It is looked at in full once in a pass, and not where it holds itself.
fn named<R>(
    reader: Reader<'_>,
    id: Id,
    read: impl FnOnce(&mut Notes) -> Result<(R, Built), Refused>,
) -> Result<R, Refused> {
    let Reader { notes, note } = reader;
    *note = Some(Note::Named(id));
    if notes.inside > 0 || notes.open.contains(&id) {
        notes.inside += 1;
        let (value, _) = read(notes)?;
        notes.inside -= 1;
        return Ok(value);
    }
    notes.open.push(id);
    let (value, built) = read(notes)?;
    notes.open.pop();
    notes.types.insert(id, built);
    Ok(value)
}

/// The parts of a value, one after the other.
struct Parts<'n, 's> {
    notes: &'n mut Notes,
    parts: &'s mut Vec<Note>,
    len: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_, '_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if self.parts.len() == self.len {
            return Ok(None);
        }
        let (value, note) = part(self.notes, self.parts.len(), |reader| seed.deserialize(reader))?;
        self.parts.push(note);
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.parts.len())
    }
}

impl<'de> MapAccess<'de> for Parts<'_, '_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        self.next_element_seed(seed)?.ok_or(Refused::Unknowable)
    }
}

/// So many parts, by the visitor.
fn parts<'de, V: Visitor<'de>>(
    notes: &mut Notes,
    len: usize,
    visitor: V,
) -> Result<(V::Value, Vec<Note>), Refused> {
    let mut parts = Vec::new();
    let value = visitor.visit_seq(Parts { notes, parts: &mut parts, len })?;
    Ok((value, parts))
}

/// The names of fields. Where a field has several (`alias`), which is which can't be seen, and the last stands for all that are
/// left.
fn field_names(fields: &[&str], count: usize) -> Vec<String> {
    let mut names: Vec<String> = fields.iter().take(count).map(|name| (*name).to_owned()).collect();
    if let Some(last) = names.last_mut() {
        *last = fields[count - 1..].join("|");
    }
    names
}

/// One variant of an enum.
struct OneOf<'n, 's> {
    notes: &'n mut Notes,
    variant: usize,
    held: &'s mut Option<Held>,
}

impl<'de, 'n, 's> EnumAccess<'de> for OneOf<'n, 's> {
    type Error = Refused;
    type Variant = OneOf<'n, 's>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Refused> {
        let index: U32Deserializer<Refused> = (self.variant as u32).into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for OneOf<'_, '_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        *self.held = Some(Held::Unit);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        let (value, note) = part(self.notes, self.variant, |reader| seed.deserialize(reader))?;
        *self.held = Some(Held::Newtype(note));
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.notes.path.push(self.variant);
        let (value, notes) = parts(self.notes, len, visitor)?;
        self.notes.path.pop();
        *self.held = Some(Held::Tuple(notes));
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.notes.path.push(self.variant);
        let (value, notes) = parts(self.notes, fields.len(), visitor)?;
        self.notes.path.pop();
        *self.held = Some(Held::Struct(field_names(fields, notes.len()), notes));
        Ok(value)
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $scalar:ident),+) => {$(
        fn $deserialize<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
            let number = NUMBERS[self.leaf(Scalar::$scalar)];
            visitor.$visit(number.into())
        }
    )+};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Refused;

    fn is_human_readable(&self) -> bool {
        false
    }

    numbers!(deserialize_u8 visit_u8 U8, deserialize_u16 visit_u16 U16, deserialize_u32 visit_u32 U32);
    numbers!(deserialize_u64 visit_u64 U64, deserialize_u128 visit_u128 U128, deserialize_i16 visit_i16 I16);
    numbers!(deserialize_i32 visit_i32 I32, deserialize_i64 visit_i64 I64, deserialize_i128 visit_i128 I128);
    numbers!(deserialize_f32 visit_f32 F32, deserialize_f64 visit_f64 F64);

    fn deserialize_i8<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let number = NUMBERS[self.leaf(Scalar::I8)];
        visitor.visit_i8(number as i8)
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let candidate = self.leaf(Scalar::Bool);
        visitor.visit_bool(candidate == 0)
    }

    fn deserialize_char<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let candidate = self.leaf(Scalar::Char);
        visitor.visit_char(TEXTS[candidate].chars().next().unwrap_or('A'))
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let candidate = self.leaf(Scalar::Str);
        visitor.visit_borrowed_str(TEXTS[candidate])
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let len = LENGTHS[self.leaf(Scalar::Bytes)];
        visitor.visit_borrowed_bytes(&BYTES[..len])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        *self.note = Some(Note::Leaf(Tree::Unit));
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.notes.inside > 0 {
            return visitor.visit_none();
        }
        let (value, note) = part(self.notes, 0, |reader| visitor.visit_some(reader))?;
        *self.note = Some(Note::Option(Box::new(note)));
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let len = usize::from(self.notes.inside == 0);
        let (value, mut notes) = parts(self.notes, len, visitor)?;
        *self.note = Some(Note::Seq(Box::new(notes.pop().unwrap_or(Note::Unknown))));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let len = if self.notes.inside == 0 { 2 } else { 0 };
        let mut notes = Vec::new();
        let value = visitor.visit_map(Parts { notes: self.notes, parts: &mut notes, len })?;
        let (value_note, key_note) = (notes.pop(), notes.pop());
        let note = |note: Option<Note>| Box::new(note.unwrap_or(Note::Unknown));
        *self.note = Some(Note::Map(note(key_note), note(value_note)));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        let (value, notes) = parts(self.notes, len, visitor)?;
        *self.note = Some(Note::Tuple(notes));
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        named(self, type_name::<V>(), |notes| {
            let (value, note) = part(notes, 0, |reader| visitor.visit_newtype_struct(reader))?;
            Ok((value, Built::Newtype(note)))
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        named(self, type_name::<V>(), |notes| {
            let (value, notes) = parts(notes, len, visitor)?;
            Ok((value, Built::Tuple(notes)))
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        named(self, type_name::<V>(), |notes| {
            let (value, notes) = parts(notes, fields.len(), visitor)?;
            Ok((value, Built::Struct(field_names(fields, notes.len()), notes)))
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let id = type_name::<V>();
        let unknown = || Built::Enum { names, seen: Default::default(), ends: None };
        self.notes.types.entry(id).or_insert_with(unknown);
        named(self, id, |notes| {
            let variant = notes.choose(id).ok_or(Refused::NoEnd)?;
            notes.trying.push((id, variant));
            let mut held = None;
            let value = visitor.visit_enum(OneOf { notes, variant, held: &mut held })?;
            notes.trying.pop();
            let mut built = notes.types.get(id).cloned().unwrap_or_else(unknown);
            if let (Built::Enum { seen, ends, .. }, Some(held)) = (&mut built, held) {
                ends.get_or_insert(variant);
                if notes.inside == 0 {
                    seen.insert(variant, held);
                }
            }
            if notes.inside > 0 {
                notes.types.insert(id, built.clone());
            }
            Ok((value, built))
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::Unknowable)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::Unknowable)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::Unknowable)
    }
}
