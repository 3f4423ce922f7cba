//! Reads off a type how it is built, by letting it read itself from a deserializer that takes notes.
//!
//! One pass sees one variant of each enum; so there are passes until all were seen. A type that holds itself is given the
//! shortest value that ends, where it meets itself. (The idea is that of `serde-reflection`, which goes by the names of
//! types; here types are told apart by their visitors, so that there may be two of one name.)

mod reader;

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::{Tree, Variant};
use reader::{Reader, Refused};

/// How a type is built; `opaque` where its code reads something that can't be made up here.
pub(crate) fn trace<T: DeserializeOwned>() -> Tree {
    let (mut notes, mut seen) = (Notes::default(), 0);
    for _ in 0..PASSES {
        notes.begin();
        let mut note = None;
        match T::deserialize(Reader::new(&mut notes, &mut note)) {
            Ok(_) => {
                let tree = note.unwrap_or(Note::Unknown);
                if !notes.reaches_unseen(&tree, &mut BTreeSet::new()) {
                    let tree = notes.tree(&tree, &mut Within::default());
                    return tree.unwrap_or_else(|| Tree::Opaque(type_name::<T>().into()));
                }
                let now = notes.seen();
                if now == seen && notes.later.is_empty() {
                    break;
                }
                seen = now;
                notes.later.clear();
            }
            Err(refused) => {
                if !notes.learns_from(&refused) {
                    break;
                }
            }
        }
    }
    Tree::Opaque(type_name::<T>().into())
}

/// More than the variants of any sane type.
const PASSES: usize = 10_000;
/// Values that are read in one pass. What reads more without an end holds itself without saying so.
const STEPS: usize = 100_000;
const DEPTH: usize = 200;

/// A tree while it is read off: types that have a name are referred to.
#[derive(Clone, Debug, PartialEq)]
enum Note {
    Unknown,
    Leaf(Tree),
    Option(Box<Note>),
    Seq(Box<Note>),
    Map(Box<Note>, Box<Note>),
    Tuple(Vec<Note>),
    Named(Id),
}

/// A type, by its visitor.
type Id = &'static str;

#[derive(Clone, Debug)]
enum Built {
    Newtype(Note),
    Tuple(Vec<Note>),
    Struct(Vec<String>, Vec<Note>),
    Enum { names: &'static [&'static str], seen: BTreeMap<usize, Held>, ends: Option<usize> },
}

/// What a variant holds.
#[derive(Clone, Debug)]
enum Held {
    Unit,
    Newtype(Note),
    Tuple(Vec<Note>),
    Struct(Vec<String>, Vec<Note>),
}

/// The types around a place, with their labels where they were referred to.
#[derive(Default)]
struct Within {
    types: Vec<(Id, Option<usize>)>,
    labels: usize,
}

/// What was found out so far.
#[derive(Default)]
struct Notes {
    types: BTreeMap<Id, Built>,
    /// Types that are being read.
    open: Vec<Id>,
    /// Variants that are being read.
    trying: Vec<(Id, usize)>,
    /// Those that led to no end, to be tried when more is known.
    later: BTreeSet<(Id, usize)>,
    /// How far inside a type that holds itself.
    inside: usize,
    steps: usize,
    /// Which value each leaf is given that has refused others.
    candidates: BTreeMap<Vec<usize>, usize>,
    /// Where we are: which part of which part.
    path: Vec<usize>,
    /// Where a leaf was read last.
    leaf: Option<Vec<usize>>,
}

impl Held {
    fn notes(&self) -> &[Note] {
        match self {
            Held::Unit => &[],
            Held::Newtype(note) => std::slice::from_ref(note),
            Held::Tuple(notes) | Held::Struct(_, notes) => notes,
        }
    }
}

impl Notes {
    fn begin(&mut self) {
        self.open.clear();
        self.trying.clear();
        self.path.clear();
        (self.inside, self.steps, self.leaf) = (0, 0, None);
    }

    /// How many variants were seen.
    fn seen(&self) -> usize {
        let of = |built: &Built| if let Built::Enum { seen, .. } = built { seen.len() } else { 0 };
        self.types.values().map(of).sum()
    }

    /// Whether another pass may go further.
    fn learns_from(&mut self, refused: &Refused) -> bool {
        match refused {
            Refused::NoEnd => {
                // The innermost choice that has an alternative was a wrong one, for now.
                let wrong = self.trying.iter().rev().copied().find(|(id, variant)| {
                    let Some(Built::Enum { names, .. }) = self.types.get(id) else { return false };
                    (0..names.len()).any(|other| other != *variant && !self.later.contains(&(*id, other)))
                });
                wrong.is_some_and(|wrong| self.later.insert(wrong))
            }
            Refused::Value => match self.leaf.take() {
                Some(leaf) => {
                    let next = self.candidates.entry(leaf).or_insert(0);
                    *next += 1;
                    *next < reader::CANDIDATES
                }
                None => false,
            },
            Refused::Unknowable => false,
        }
    }

    /// Which variant to read.
    fn choose(&self, id: Id) -> Option<usize> {
        let Some(Built::Enum { names, seen, ends }) = self.types.get(id) else { return None };
        let mut unseen = (0..names.len()).filter(|variant| {
            let at = (id, *variant);
            !seen.contains_key(variant) && !self.later.contains(&at) && !self.trying.contains(&at)
        });
        if self.inside > 0 {
            return ends.or_else(|| unseen.next());
        }
        let leads_on = || {
            let leads = |note| self.reaches_unseen(note, &mut self.open.iter().copied().collect());
            let on = seen.iter().find(|(_, held)| held.notes().iter().any(leads));
            on.map(|(variant, _)| *variant)
        };
        unseen.next().or_else(leads_on).or(*ends)
    }

    /// Whether there is an enum within that has variants which were not seen.
    fn reaches_unseen(&self, note: &Note, met: &mut BTreeSet<Id>) -> bool {
        let mut reaches = |note: &Note| self.reaches_unseen(note, met);
        match note {
            Note::Unknown => true,
            Note::Leaf(_) => false,
            Note::Option(note) | Note::Seq(note) => reaches(note),
            Note::Map(key, value) => reaches(key) || reaches(value),
            Note::Tuple(notes) => notes.iter().any(reaches),
            Note::Named(id) if !met.insert(id) => false,
            Note::Named(id) => match self.types.get(id) {
                None => true,
                Some(Built::Newtype(note)) => self.reaches_unseen(note, met),
                Some(Built::Tuple(notes) | Built::Struct(_, notes)) => {
                    notes.iter().any(|note| self.reaches_unseen(note, met))
                }
                Some(Built::Enum { names, seen, .. }) => {
                    let mut within = seen.values().flat_map(Held::notes);
                    seen.len() < names.len() || within.any(|note| self.reaches_unseen(note, met))
                }
            },
        }
    }

    /// The tree, with names replaced by what they stand for.
    fn tree(&self, note: &Note, within: &mut Within) -> Option<Tree> {
        Some(match note {
            Note::Unknown => return None,
            Note::Leaf(tree) => tree.clone(),
            Note::Option(note) => Tree::Option(Box::new(self.tree(note, within)?)),
            Note::Seq(note) => Tree::Seq(Box::new(self.tree(note, within)?)),
            Note::Map(key, value) => {
                Tree::Map(Box::new(self.tree(key, within)?), Box::new(self.tree(value, within)?))
            }
            Note::Tuple(notes) => Tree::tuple(self.trees(notes, within)?),
            Note::Named(id) => {
                if let Some((_, label)) = within.types.iter_mut().find(|(other, _)| other == id) {
                    let label = label.get_or_insert_with(|| {
                        within.labels += 1;
                        within.labels
                    });
                    return Some(Tree::Label(*label));
                }
                within.types.push((id, None));
                let tree = self.built(self.types.get(id)?, within)?;
                match within.types.pop()?.1 {
                    Some(label) => Tree::Labelled(label, Box::new(tree)),
                    None => tree,
                }
            }
        })
    }

    fn trees(&self, notes: &[Note], within: &mut Within) -> Option<Vec<Tree>> {
        notes.iter().map(|note| self.tree(note, within)).collect()
    }

    fn built(&self, built: &Built, within: &mut Within) -> Option<Tree> {
        Some(match built {
            Built::Newtype(note) => self.tree(note, within)?,
            Built::Tuple(notes) => Tree::tuple(self.trees(notes, within)?),
            Built::Struct(names, notes) => {
                Tree::Struct(names.iter().cloned().zip(self.trees(notes, within)?).collect())
            }
            Built::Enum { names, seen, .. } => {
                let variants = names.iter().enumerate().map(|(at, name)| {
                    let held = match seen.get(&at)? {
                        Held::Unit => Variant::Unit,
                        Held::Newtype(note) => Variant::Tuple(vec![self.tree(note, within)?]),
                        Held::Tuple(notes) => Variant::Tuple(self.trees(notes, within)?),
                        Held::Struct(names, notes) => {
                            Variant::Struct(names.iter().cloned().zip(self.trees(notes, within)?).collect())
                        }
                    };
                    Some(((*name).to_owned(), held))
                });
                Tree::Enum(variants.collect::<Option<_>>()?)
            }
        })
    }
}
