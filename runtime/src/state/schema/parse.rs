//! From text to trees.

use super::{Scalar, Tree, Variant, is_plain};
use crate::BoxError;

/// The schema of an operator's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What the operator keeps for a group, and for a key; `None`: nothing.
    pub group: Option<Tree>,
    pub slot: Option<Tree>,
    /// `None`: what is kept is no list of keys.
    pub key: Option<Tree>,
    pub state: Tree,
}

impl Layout {
    /// What a [`Schema`](crate::state::Schema) says.
    pub fn parse(text: &str) -> Result<Layout, BoxError> {
        let (mut group, mut slot, mut key, mut state) = (None, None, None, None);
        for line in text.lines() {
            let (what, tree) = line.split_once(' ').ok_or_else(|| no_schema(line))?;
            let place = match what {
                "group" => &mut group,
                "slot" => &mut slot,
                "key" => &mut key,
                "state" => &mut state,
                _ => return Err(no_schema(line)),
            };
            *place = Some(parse(tree)?);
        }
        Ok(Layout { group, slot, key, state: state.ok_or_else(|| no_schema(text))? })
    }
}

fn no_schema(text: &str) -> BoxError {
    format!("this is no schema of a state: `{text}`").into()
}

/// Reads the text of a tree.
pub(crate) fn parse(text: &str) -> Result<Tree, BoxError> {
    let mut left = Left { text, depth: 0 };
    let tree = left.tree().filter(|_| left.text.is_empty());
    tree.ok_or_else(|| no_schema(text))
}

struct Left<'t> {
    text: &'t str,
    depth: usize,
}

/// Deeper than any that is written here.
const DEPTH: usize = 500;

impl<'t> Left<'t> {
    fn eat(&mut self, token: &str) -> Option<()> {
        self.text = self.text.strip_prefix(token)?;
        Some(())
    }

    fn word(&mut self) -> Option<&'t str> {
        let end = self.text.find(|c| !is_plain(c)).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        self.text = rest;
        (!word.is_empty()).then_some(word)
    }

    fn number(&mut self) -> Option<usize> {
        self.word()?.parse().ok()
    }

    fn string(&mut self) -> Option<String> {
        self.eat("\"")?;
        let mut string = String::new();
        loop {
            let mut chars = self.text.chars();
            let c = chars.next()?;
            self.text = chars.as_str();
            match c {
                '"' => return Some(string),
                '\\' if self.eat("u").is_some() => {
                    let (digits, rest) = self.text.split_at_checked(4)?;
                    string.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    self.text = rest;
                }
                '\\' => {
                    let mut chars = self.text.chars();
                    string.push(match chars.next()? {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        c => c,
                    });
                    self.text = chars.as_str();
                }
                c => string.push(c),
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        if self.text.starts_with('"') { self.string() } else { self.word().map(str::to_owned) }
    }

    /// What stands between two tokens, with commas between.
    fn list<T>(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while self.eat(end).is_none() {
            if !items.is_empty() {
                self.eat(", ")?;
            }
            items.push(item(self)?);
        }
        Some(items)
    }

    fn fields(&mut self) -> Option<Vec<(String, Tree)>> {
        self.list("}", |left| {
            let name = left.name()?;
            left.eat(": ")?;
            Some((name, left.tree()?))
        })
    }

    fn variant(&mut self) -> Option<(String, Variant)> {
        let name = self.name()?;
        let variant = if self.eat("(").is_some() {
            Variant::Tuple(self.list(")", Left::tree)?)
        } else if self.eat("{").is_some() {
            Variant::Struct(self.fields()?)
        } else {
            Variant::Unit
        };
        Some((name, variant))
    }

    fn tree(&mut self) -> Option<Tree> {
        self.depth += 1;
        let tree = (self.depth < DEPTH).then(|| self.any_tree())?;
        self.depth -= 1;
        tree
    }

    fn any_tree(&mut self) -> Option<Tree> {
        if self.eat("()").is_some() {
            return Some(Tree::Unit);
        }
        if self.eat("(").is_some() {
            return Some(Tree::Tuple(self.list(")", Left::tree)?));
        }
        if self.eat("{").is_some() {
            return Some(Tree::Struct(self.fields()?));
        }
        if self.eat("[").is_some() {
            let of = self.tree()?;
            self.eat("; ")?;
            let len = self.number()?;
            self.eat("]")?;
            return Some(Tree::Array(Box::new(of), len));
        }
        if self.eat("@").is_some() {
            let label = self.number()?;
            let defined = self.eat(" = ");
            return Some(match defined {
                Some(()) => Tree::Labelled(label, Box::new(self.tree()?)),
                None => Tree::Label(label),
            });
        }
        match self.word()? {
            "option" => self.of().map(Tree::Option),
            "seq" => self.of().map(Tree::Seq),
            "map" => {
                self.eat("<")?;
                let key = Box::new(self.tree()?);
                self.eat(", ")?;
                let value = Box::new(self.tree()?);
                self.eat(">")?;
                Some(Tree::Map(key, value))
            }
            "tuple" => {
                self.eat("(")?;
                Some(Tree::Tuple(self.list(")", Left::tree)?))
            }
            "enum" => {
                self.eat(" {")?;
                Some(Tree::Enum(self.list("}", Left::variant)?))
            }
            "opaque" => {
                self.eat(" ")?;
                Some(Tree::Opaque(self.string()?))
            }
            word => {
                Scalar::ALL.iter().find(|scalar| scalar.text() == word).map(|scalar| Tree::Scalar(*scalar))
            }
        }
    }

    fn of(&mut self) -> Option<Box<Tree>> {
        self.eat("<")?;
        let tree = self.tree()?;
        self.eat(">")?;
        Some(Box::new(tree))
    }
}
