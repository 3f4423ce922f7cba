//! State bytes as JSON, by their schema.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Scalar, Tree, Variant, quoted};
use crate::BoxError;

/// A value in postcard as JSON text, as `serde_json` would write the value itself. Keys of maps that are no strings become some.
///
/// # Errors
/// If the bytes are no value that is built so.
pub(crate) fn to_json(tree: &Tree, bytes: &[u8]) -> Result<String, BoxError> {
    let mut labels = BTreeMap::new();
    collect(tree, &mut labels);
    let (mut out, mut postcard) = (String::new(), postcard::Deserializer::from_bytes(bytes));
    let decoded = Decode { tree, labels: &labels, out: &mut out }.deserialize(&mut postcard);
    // postcard's errors keep no words of ours.
    decoded.map_err(|why| match opaque(tree) {
        Some(name) => format!("how `{name}` is built is known to the program alone that wrote it").into(),
        None => BoxError::from(why),
    })?;
    match postcard.finalize()? {
        [] => Ok(out),
        rest => Err(format!("{} bytes follow the value", rest.len()).into()),
    }
}

/// A type in it that was not found out.
fn opaque(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Opaque(name) => Some(name),
        Tree::Labelled(_, tree) | Tree::Option(tree) | Tree::Seq(tree) | Tree::Array(tree, _) => opaque(tree),
        Tree::Map(key, value) => opaque(key).or_else(|| opaque(value)),
        Tree::Tuple(parts) => parts.iter().find_map(opaque),
        Tree::Struct(fields) => fields.iter().find_map(|(_, tree)| opaque(tree)),
        Tree::Enum(variants) => variants.iter().find_map(|(_, variant)| match variant {
            Variant::Unit => None,
            Variant::Tuple(parts) => parts.iter().find_map(opaque),
            Variant::Struct(fields) => fields.iter().find_map(|(_, tree)| opaque(tree)),
        }),
        Tree::Unit | Tree::Scalar(_) | Tree::Label(_) => None,
    }
}

type Labels<'t> = BTreeMap<usize, &'t Tree>;

fn collect<'t>(tree: &'t Tree, labels: &mut Labels<'t>) {
    match tree {
        Tree::Labelled(label, tree) => {
            labels.insert(*label, tree);
            collect(tree, labels);
        }
        Tree::Option(tree) | Tree::Seq(tree) | Tree::Array(tree, _) => collect(tree, labels),
        Tree::Map(key, value) => [key, value].into_iter().for_each(|tree| collect(tree, labels)),
        Tree::Tuple(parts) => parts.iter().for_each(|tree| collect(tree, labels)),
        Tree::Struct(fields) => fields.iter().for_each(|(_, tree)| collect(tree, labels)),
        Tree::Enum(variants) => variants.iter().for_each(|(_, variant)| match variant {
            Variant::Unit => {}
            Variant::Tuple(parts) => parts.iter().for_each(|tree| collect(tree, labels)),
            Variant::Struct(fields) => fields.iter().for_each(|(_, tree)| collect(tree, labels)),
        }),
        Tree::Unit | Tree::Scalar(_) | Tree::Label(_) | Tree::Opaque(_) => {}
    }
}

/// Reads one value, and appends it.
struct Decode<'t, 'o> {
    tree: &'t Tree,
    labels: &'o Labels<'t>,
    out: &'o mut String,
}

impl<'t, 'o> Decode<'t, 'o> {
    fn row(self, members: Members<'t>) -> Row<'t, 'o> {
        Row { members, decode: self }
    }

    fn of<'s>(&'s mut self, tree: &'t Tree) -> Decode<'t, 's> {
        Decode { tree, labels: self.labels, out: self.out }
    }

    fn put<E: Error>(&mut self, value: impl Display) -> Result<(), E> {
        write!(self.out, "{value}").map_err(E::custom)
    }

    fn float<E: Error>(&mut self, is_finite: bool, value: impl fmt::Debug) -> Result<(), E> {
        if is_finite { self.put(format_args!("{value:?}")) } else { self.put("null") }
    }

    fn string<E: Error>(&mut self, text: &str) -> Result<(), E> {
        quoted(self.out, text).map_err(E::custom)
    }
}

/// Values one after the other.
enum Members<'t> {
    Array(&'t Tree, usize),
    Parts(&'t [Tree]),
    Fields(&'t [(String, Tree)]),
}

impl<'t> Members<'t> {
    fn len(&self) -> usize {
        match self {
            Members::Array(_, len) => *len,
            Members::Parts(parts) => parts.len(),
            Members::Fields(fields) => fields.len(),
        }
    }

    fn get(&self, at: usize) -> (Option<&'t str>, &'t Tree) {
        match self {
            Members::Array(tree, _) => (None, tree),
            Members::Parts(parts) => (None, &parts[at]),
            Members::Fields(fields) => (Some(&fields[at].0), &fields[at].1),
        }
    }
}

struct Row<'t, 'o> {
    members: Members<'t>,
    decode: Decode<'t, 'o>,
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.members.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Row { members, mut decode } = self;
        let (open, close) = if matches!(members, Members::Fields(_)) { ('{', '}') } else { ('[', ']') };
        decode.put(open)?;
        for at in 0..members.len() {
            if at > 0 {
                decode.put(',')?;
            }
            let (name, tree) = members.get(at);
            if let Some(name) = name {
                decode.string(name)?;
                decode.put(':')?;
            }
            seq.next_element_seed(decode.of(tree))?.ok_or_else(|| A::Error::custom("it is cut off"))?;
        }
        decode.put(close)
    }
}

impl<'de> DeserializeSeed<'de> for Decode<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.tree {
            Tree::Unit => from.deserialize_unit(self),
            Tree::Scalar(scalar) => match scalar {
                Scalar::Bool => from.deserialize_bool(self),
                Scalar::U8 => from.deserialize_u8(self),
                Scalar::U16 => from.deserialize_u16(self),
                Scalar::U32 => from.deserialize_u32(self),
                Scalar::U64 => from.deserialize_u64(self),
                Scalar::U128 => from.deserialize_u128(self),
                Scalar::I8 => from.deserialize_i8(self),
                Scalar::I16 => from.deserialize_i16(self),
                Scalar::I32 => from.deserialize_i32(self),
                Scalar::I64 => from.deserialize_i64(self),
                Scalar::I128 => from.deserialize_i128(self),
                Scalar::F32 => from.deserialize_f32(self),
                Scalar::F64 => from.deserialize_f64(self),
                Scalar::Char => from.deserialize_char(self),
                Scalar::Str => from.deserialize_str(self),
                Scalar::Bytes => from.deserialize_bytes(self),
            },
            Tree::Option(_) => from.deserialize_option(self),
            Tree::Seq(_) => from.deserialize_seq(self),
            Tree::Map(..) => from.deserialize_map(self),
            Tree::Array(tree, len) => from.deserialize_tuple(*len, self.row(Members::Array(tree, *len))),
            Tree::Tuple(parts) => from.deserialize_tuple(parts.len(), self.row(Members::Parts(parts))),
            Tree::Struct(fields) => from.deserialize_tuple(fields.len(), self.row(Members::Fields(fields))),
            Tree::Enum(_) => from.deserialize_enum("", &[], self),
            Tree::Labelled(_, tree) => Decode { tree, ..self }.deserialize(from),
            Tree::Label(label) => match self.labels.get(label) {
                Some(tree) => Decode { tree, ..self }.deserialize(from),
                None => Err(D::Error::custom(format_args!("the schema has no @{label}"))),
            },
            Tree::Opaque(_) => Err(D::Error::custom("opaque")),
        }
    }
}

macro_rules! numbers {
    ($($visit:ident: $type:ty),+) => {$(
        fn $visit<E: Error>(mut self, n: $type) -> Result<(), E> {
            self.put(n)
        }
    )+};
}

impl<'de> Visitor<'de> for Decode<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tree)
    }

    numbers!(visit_bool: bool, visit_u8: u8, visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128);
    numbers!(visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128);

    fn visit_f32<E: Error>(mut self, n: f32) -> Result<(), E> {
        self.float(n.is_finite(), n)
    }

    fn visit_f64<E: Error>(mut self, n: f64) -> Result<(), E> {
        self.float(n.is_finite(), n)
    }

    fn visit_char<E: Error>(mut self, c: char) -> Result<(), E> {
        self.string(c.encode_utf8(&mut [0; 4]))
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.string(text)
    }

    fn visit_bytes<E: Error>(mut self, bytes: &[u8]) -> Result<(), E> {
        let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
        self.put(format_args!("[{}]", bytes.join(",")))
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.put("null")
    }

    fn visit_none<E: Error>(mut self) -> Result<(), E> {
        self.put("null")
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let Tree::Option(tree) = self.tree else { return Err(D::Error::custom("no option is expected")) };
        Decode { tree, ..self }.deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let Tree::Seq(tree) = self.tree else { return Err(A::Error::custom("no list is expected")) };
        self.put('[')?;
        let start = self.out.len();
        let mut end = start;
        while seq.next_element_seed(self.of(tree))?.is_some() {
            if end > start {
                self.out.insert(end, ',');
            }
            end = self.out.len();
        }
        self.put(']')
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let Tree::Map(key, value) = self.tree else { return Err(A::Error::custom("no map is expected")) };
        self.put('{')?;
        let mut is_first = true;
        let mut text = String::new();
        while map.next_key_seed(Decode { tree: key, labels: self.labels, out: &mut text })?.is_some() {
            if !std::mem::take(&mut is_first) {
                self.put(',')?;
            }
            if text.starts_with('"') {
                self.put(&text)?
            } else {
                self.string(&text)?
            }
            self.put(':')?;
            map.next_value_seed(self.of(value))?;
            text.clear();
        }
        self.put('}')
    }

    fn visit_enum<A: EnumAccess<'de>>(mut self, data: A) -> Result<(), A::Error> {
        let Tree::Enum(variants) = self.tree else { return Err(A::Error::custom("no enum is expected")) };
        let (index, access) = data.variant::<u32>()?;
        let (name, variant) = variants
            .get(index as usize)
            .ok_or_else(|| A::Error::custom(format_args!("there is no variant {index}")))?;
        if matches!(variant, Variant::Unit) {
            access.unit_variant()?;
            return self.string(name);
        }
        self.put('{')?;
        self.string(name)?;
        self.put(':')?;
        match variant {
            Variant::Unit => {}
            Variant::Tuple(parts) => match &parts[..] {
                [tree] => access.newtype_variant_seed(self.of(tree))?,
                parts => access.tuple_variant(parts.len(), self.of(self.tree).row(Members::Parts(parts)))?,
            },
            Variant::Struct(fields) => {
                access.tuple_variant(fields.len(), self.of(self.tree).row(Members::Fields(fields)))?;
            }
        }
        self.put('}')
    }
}
