//! How state is built: read off its types, written as text, compared, and used to show bytes.
//!
//! The text has field names, their order, variants, widths; never a type's name. Two states of the same text are read by the
//! same code; of different ones a checkpoint is refused, or migrated.
//!
//! ```text
//! tree = bool | u8 … u128 | i8 … i128 | f32 | f64 | char | str | bytes | ()
//!      | option<tree> | seq<tree> | map<tree, tree> | [tree; number] | (tree, …)
//!      | {name: tree, …}                                   a struct
//!      | enum {name, name(tree), name(tree, …), name{name: tree, …}, …}
//!      | @number = tree | @number                          a type that holds itself
//!      | opaque "…"                                        a type that is not found out, by its name
//! ```

mod difference;
mod json;
mod parse;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt::{self, Write};

pub(crate) use difference::differences;
pub(crate) use json::to_json;
pub(crate) use parse::Layout;
pub(crate) use trace::trace;

/// How a value is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Unit,
    Scalar(Scalar),
    Option(Box<Tree>),
    Seq(Box<Tree>),
    Map(Box<Tree>, Box<Tree>),
    Array(Box<Tree>, usize),
    Tuple(Vec<Tree>),
    Struct(Vec<(String, Tree)>),
    Enum(Vec<(String, Variant)>),
    /// What it contains refers to it by its number.
    Labelled(usize, Box<Tree>),
    Label(usize),
    Opaque(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    Unit,
    Tuple(Vec<Tree>),
    Struct(Vec<(String, Tree)>),
}

macro_rules! scalars {
    ($($name:ident $text:literal),+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Scalar { $($name),+ }

        impl Scalar {
            pub const ALL: &[Scalar] = &[$(Scalar::$name),+];

            pub fn text(self) -> &'static str {
                match self { $(Scalar::$name => $text),+ }
            }
        }
    };
}
scalars! {
    Bool "bool", U8 "u8", U16 "u16", U32 "u32", U64 "u64", U128 "u128", I8 "i8", I16 "i16", I32 "i32", I64 "i64",
    I128 "i128", F32 "f32", F64 "f64", Char "char", Str "str", Bytes "bytes"
}

impl Tree {
    /// A tuple; an array if all its parts are built alike.
    pub fn tuple(parts: Vec<Tree>) -> Tree {
        match parts.split_first() {
            Some((first, rest)) if !rest.is_empty() && rest.iter().all(|part| part == first) => {
                Tree::Array(Box::new(first.clone()), parts.len())
            }
            _ => Tree::Tuple(parts),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tree::Unit => f.write_str("()"),
            Tree::Scalar(scalar) => f.write_str(scalar.text()),
            Tree::Option(tree) => write!(f, "option<{tree}>"),
            Tree::Seq(tree) => write!(f, "seq<{tree}>"),
            Tree::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Tree::Array(tree, len) => write!(f, "[{tree}; {len}]"),
            // As in Rust: a pair of brackets alone is no tuple.
            Tree::Tuple(parts) if parts.len() < 2 => {
                f.write_str("tuple")?;
                parts_of(f, parts)
            }
            Tree::Tuple(parts) => parts_of(f, parts),
            Tree::Struct(fields) => fields_of(f, fields),
            Tree::Enum(variants) => {
                f.write_str("enum {")?;
                for (n, (name, variant)) in variants.iter().enumerate() {
                    write!(f, "{}{}", separator(n), Name(name))?;
                    match variant {
                        Variant::Unit => {}
                        Variant::Tuple(parts) => parts_of(f, parts)?,
                        Variant::Struct(fields) => fields_of(f, fields)?,
                    }
                }
                f.write_char('}')
            }
            Tree::Labelled(label, tree) => write!(f, "@{label} = {tree}"),
            Tree::Label(label) => write!(f, "@{label}"),
            Tree::Opaque(name) => {
                f.write_str("opaque ")?;
                quoted(f, name)
            }
        }
    }
}

fn separator(n: usize) -> &'static str {
    if n == 0 { "" } else { ", " }
}

fn parts_of(f: &mut fmt::Formatter<'_>, parts: &[Tree]) -> fmt::Result {
    f.write_char('(')?;
    for (n, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", separator(n))?;
    }
    f.write_char(')')
}

fn fields_of(f: &mut fmt::Formatter<'_>, fields: &[(String, Tree)]) -> fmt::Result {
    f.write_char('{')?;
    for (n, (name, tree)) in fields.iter().enumerate() {
        write!(f, "{}{}: {tree}", separator(n), Name(name))?;
    }
    f.write_char('}')
}

/// A field's or variant's name: quoted where it is no identifier.
struct Name<'n>(&'n str);

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && self.0.chars().all(is_plain) {
            f.write_str(self.0)
        } else {
            quoted(f, self.0)
        }
    }
}

/// A string as JSON has it.
pub(crate) fn quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}
