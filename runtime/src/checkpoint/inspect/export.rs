//! State as JSON lines: the schema that is stored beside it says how to read it.

use std::cmp::Ordering;
use std::io::Write;

use super::find;
use crate::BoxError;
use crate::checkpoint::{RecoveredOperator, Storage, recover};
use crate::state::schema::{Layout, quoted, to_json};
use crate::state::slots::{self, Raw, RawSlot};

/// A line a key, in the order that its group has it.
pub(super) async fn state(
    storage: &Storage,
    tick: Option<u64>,
    only: Option<&str>,
    out: &mut dyn Write,
) -> Result<bool, BoxError> {
    let name = find(storage, tick).await?.name();
    let (_, recovered) = recover::whole(storage, name)
        .await?
        .map_err(|why| format!("the checkpoint of tick {}: {why}", name.tick))?;
    if let Some(only) = only.filter(|only| recovered.operators.iter().all(|operator| operator.name != *only))
    {
        let names: Vec<_> = recovered.operators.iter().map(|operator| operator.name.as_str()).collect();
        return Err(format!("no operator `{only}` has state there; there are {}", names.join(", ")).into());
    }
    for operator in
        recovered.operators.iter().filter(|operator| only.is_none_or(|only| operator.name == only))
    {
        one(operator, out).map_err(|error| match error.downcast::<std::io::Error>() {
            Ok(error) => BoxError::from(*error),
            Err(error) => BoxError::from(format!("the state of `{}`: {error}", operator.name)),
        })?;
    }
    Ok(true)
}

fn one(operator: &RecoveredOperator, out: &mut dyn Write) -> Result<(), BoxError> {
    let layout = Layout::parse(&operator.schema.0)?;
    let mut name = String::new();
    quoted(&mut name, &operator.name)?;
    for (group, pieces) in &operator.groups {
        let mut lines = Lines { head: format!("{{\"operator\":{name},\"group\":{group}"), out: &mut *out };
        match read(pieces)? {
            Group::Whole(value) => lines.line(&[("state", to_json(&layout.state, value)?)])?,
            Group::Slots(fields, slots) => {
                if let Some(tree) = &layout.group {
                    lines.line(&[("fields", to_json(tree, fields)?)])?;
                }
                let key = layout.key.as_ref().ok_or("its schema has no key, and its bytes do")?;
                for slot in slots {
                    let mut parts = vec![
                        ("key", to_json(key, slot.key.ok_or(NO_KEY)?)?),
                        ("state", to_json(&layout.state, slot.state)?),
                    ];
                    if let Some(tree) = &layout.slot {
                        parts.push(("fields", to_json(tree, slot.fields)?));
                    }
                    lines.line(&parts)?;
                }
            }
        }
    }
    Ok(())
}

struct Lines<'o> {
    head: String,
    out: &'o mut dyn Write,
}

impl Lines<'_> {
    fn line(&mut self, parts: &[(&str, String)]) -> Result<(), BoxError> {
        write!(self.out, "{}", self.head)?;
        for (name, json) in parts {
            write!(self.out, ",\"{name}\":{json}")?;
        }
        writeln!(self.out, "}}")?;
        Ok(())
    }
}

const NO_KEY: &str = "a key of it is in no piece";

/// A group, of its pieces.
enum Group<'p> {
    Whole(&'p [u8]),
    /// What is kept for the group, and its keys.
    Slots(&'p [u8], Vec<RawSlot<'p>>),
}

fn read(pieces: &[Vec<u8>]) -> Result<Group<'_>, BoxError> {
    let mut group = None;
    for piece in pieces {
        group = Some(match slots::open(piece)? {
            Raw::Whole(value) => Group::Whole(value),
            Raw::Slots { full, fields, keys, slots } => {
                let mut all = match group {
                    Some(Group::Slots(_, all)) if !full => all,
                    _ => Vec::new(),
                };
                // Places that are new are in the piece.
                all.truncate(keys);
                for slot in slots {
                    let slot = slot?;
                    let key = slot.key.or_else(|| all.get(slot.at)?.key).ok_or(NO_KEY)?;
                    let slot = RawSlot { key: Some(key), ..slot };
                    match slot.at.cmp(&all.len()) {
                        Ordering::Less => all[slot.at] = slot,
                        Ordering::Equal => all.push(slot),
                        Ordering::Greater => return Err(NO_KEY.into()),
                    }
                }
                Group::Slots(fields, all)
            }
        });
    }
    group.ok_or_else(|| "a group of it has no pieces".into())
}
