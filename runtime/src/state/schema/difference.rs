//! Where two trees differ.

use super::{Tree, Variant};

/// A line for each place where `new` is another one than `old`, with the path to it.
pub(crate) fn differences(path: &str, old: &Tree, new: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    compare(path, old, new, &mut lines);
    lines
}

fn compare(path: &str, old: &Tree, new: &Tree, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Tree::Struct(old), Tree::Struct(new)) => named(path, old, new, compare, lines),
        (Tree::Enum(old), Tree::Enum(new)) => named(path, old, new, variant, lines),
        (Tree::Option(old), Tree::Option(new))
        | (Tree::Seq(old), Tree::Seq(new))
        | (Tree::Labelled(_, old), Tree::Labelled(_, new)) => compare(path, old, new, lines),
        (Tree::Array(old, n), Tree::Array(new, m)) if n == m => compare(path, old, new, lines),
        (Tree::Map(old_key, old), Tree::Map(new_key, new)) => {
            compare(&format!("the keys of {path}"), old_key, new_key, lines);
            compare(path, old, new, lines);
        }
        (Tree::Tuple(old), Tree::Tuple(new)) if old.len() == new.len() => parts(path, old, new, lines),
        _ => lines.push(format!("{path}: was {old}, is {new}")),
    }
}

fn variant(path: &str, old: &Variant, new: &Variant, lines: &mut Vec<String>) {
    match (old, new) {
        (Variant::Tuple(old), Variant::Tuple(new)) if old.len() == new.len() => parts(path, old, new, lines),
        (Variant::Struct(old), Variant::Struct(new)) => named(path, old, new, compare, lines),
        _ if old == new => {}
        _ => lines.push(format!("{path}: holds something else")),
    }
}

fn parts(path: &str, old: &[Tree], new: &[Tree], lines: &mut Vec<String>) {
    for (n, (old, new)) in old.iter().zip(new).enumerate() {
        compare(&format!("{path}.{n}"), old, new, lines);
    }
}

/// Fields or variants.
fn named<T>(
    path: &str,
    old: &[(String, T)],
    new: &[(String, T)],
    compare: fn(&str, &T, &T, &mut Vec<String>),
    lines: &mut Vec<String>,
) {
    let within = |all: &[(String, T)], name: &str| all.iter().position(|(other, _)| other == name);
    for (name, tree) in old {
        match within(new, name) {
            Some(at) => compare(&format!("{path}.{name}"), tree, &new[at].1, lines),
            None => lines.push(format!("{path}.{name}: is gone")),
        }
    }
    for (name, _) in new.iter().filter(|(name, _)| within(old, name).is_none()) {
        lines.push(format!("{path}.{name}: is new"));
    }
    let common = |all: &[(String, T)], other: &[(String, T)]| -> Vec<String> {
        let names = all.iter().map(|(name, _)| name);
        names.filter(|name| within(other, name).is_some()).cloned().collect()
    };
    let (before, now) = (common(old, new), common(new, old));
    if before != now {
        lines.push(format!("{path}: the order was {}, and is {}", before.join(", "), now.join(", ")));
    }
}
