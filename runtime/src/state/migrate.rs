//! State that was written by another version of a program.

use std::fmt;

use super::schema::{Layout, Tree, differences, trace};
use super::slots::{self, Raw, RawSlot, SlotWriter};
use super::{GroupState, Schema, StateData};
use crate::pipeline::HeadOperator;
use crate::{BoxError, Error, Result};

/// From the bytes of one state to those of another.
type Convert = dyn Fn(&[u8]) -> std::result::Result<Vec<u8>, BoxError> + Send + Sync;

/// One step from an older structure of a state to a newer one.
pub(crate) struct Migration {
    operator: String,
    old: Tree,
    new: Tree,
    convert: Box<Convert>,
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: from {} to {}", self.operator, self.old, self.new)
    }
}

impl Migration {
    pub fn new<Old: StateData, New: StateData>(
        operator: &str,
        migrate: impl Fn(Old) -> New + Send + Sync + 'static,
    ) -> Migration {
        let convert = move |bytes: &[u8]| {
            let mut out = Vec::new();
            slots::encode(&migrate(postcard::from_bytes(bytes)?), &mut out)?;
            Ok(out)
        };
        let (old, new) = (trace::<Old>(), trace::<New>());
        Migration { operator: operator.to_owned(), old, new, convert: Box::new(convert) }
    }
}

/// What a program says of the state of programs before it.
#[derive(Debug, Default)]
pub(crate) struct Migrations {
    steps: Vec<Migration>,
    /// Old names and new ones.
    renames: Vec<(String, String)>,
}

impl Migrations {
    pub fn add(&mut self, step: Migration) {
        self.steps.push(step);
    }

    pub fn rename(&mut self, old: &str, new: &str) {
        self.renames.push((old.to_owned(), new.to_owned()));
    }

    /// What is called `old` in a checkpoint, as it is called now.
    pub fn renamed<'n>(&'n self, old: &'n str) -> &'n str {
        let rename = self.renames.iter().find(|(from, _)| from == old);
        rename.map_or(old, |(_, to)| to)
    }

    /// The names that renames and migrations say are those of operators now.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let renames = self.renames.iter().map(|(_, to)| to);
        self.steps.iter().map(|step| &step.operator).chain(renames).map(String::as_str)
    }
}

/// Reads the groups of one operator's state.
pub(crate) struct Reading<'p> {
    operator: &'p str,
    op: &'p (dyn HeadOperator + 'p),
    /// What a state goes through before the operator reads it.
    steps: Vec<&'p Migration>,
}

impl<'p> Reading<'p> {
    /// Of what was stored with a schema. `operator`: its name now.
    ///
    /// # Errors
    /// [`Error::Config`] if it is built otherwise now, and no migrations lead from there to here.
    pub fn new(
        operator: &'p str,
        op: &'p (dyn HeadOperator + 'p),
        stored: &Schema,
        migrations: &'p Migrations,
    ) -> Result<Reading<'p>> {
        let now = op.schema().ok_or_else(|| Error::Config(format!("`{operator}` keeps no state")))?;
        if now == *stored {
            return Ok(Reading { operator, op, steps: Vec::new() });
        }
        let parsed = |schema: &Schema| {
            Layout::parse(&schema.0).map_err(|why| Error::Config(format!("the state of `{operator}`: {why}")))
        };
        let (old, new) = (parsed(stored)?, parsed(&now)?);
        let (mut steps, mut at) = (Vec::new(), old.state.clone());
        let own: Vec<&Migration> = migrations.steps.iter().filter(|step| step.operator == operator).collect();
        while at != new.state
            && let Some(step) = own.iter().find(|step| step.old == at)
            && steps.len() < own.len()
        {
            steps.push(*step);
            at = step.new.clone();
        }
        if (Layout { state: at, ..old.clone() }) == new {
            Ok(Reading { operator, op, steps })
        } else {
            Err(Error::Config(refusal(operator, &old, &new, &own)))
        }
    }

    /// A group's state, of its newest full piece and all behind it.
    ///
    /// # Errors
    /// [`Error::Config`] if the pieces are damaged.
    pub fn group(&self, pieces: &[&[u8]]) -> Result<GroupState> {
        let state = if self.steps.is_empty() {
            self.op.restore(pieces)
        } else {
            let migrated = pieces.iter().map(|piece| self.migrate(piece));
            let migrated = migrated.collect::<std::result::Result<Vec<_>, _>>();
            migrated.and_then(|pieces| {
                let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
                Ok(self.op.restore(&pieces)?.write_anew())
            })
        };
        state.map_err(|why| Error::Config(format!("the state of `{}` can't be read: {why}", self.operator)))
    }

    fn migrate(&self, piece: &[u8]) -> std::result::Result<Vec<u8>, BoxError> {
        let state = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for step in &self.steps {
                bytes = (step.convert)(&bytes)?;
            }
            Ok::<_, BoxError>(bytes)
        };
        match slots::open(piece)? {
            Raw::Whole(value) => Ok(slots::whole_bytes(&state(value)?)),
            Raw::Slots { full, fields, keys, slots } => {
                let mut out = Vec::new();
                let mut writer =
                    SlotWriter::new(&mut out, full, fields, keys, slots.left(), slots.has_fields());
                for slot in slots {
                    let slot = slot?;
                    writer.raw(RawSlot { state: &state(slot.state)?, ..slot });
                }
                Ok(out)
            }
        }
    }
}

fn refusal(operator: &str, old: &Layout, new: &Layout, own: &[&Migration]) -> String {
    let tree = |tree: &Option<Tree>| tree.clone().unwrap_or(Tree::Unit);
    let mut lines = Vec::new();
    for (what, old, new) in
        [("group", &old.group, &new.group), ("slot", &old.slot, &new.slot), ("key", &old.key, &new.key)]
    {
        lines.extend(differences(what, &tree(old), &tree(new)));
    }
    let is_of_state_alone = lines.is_empty();
    lines.extend(differences("state", &old.state, &new.state));
    let (was, is) = if is_of_state_alone {
        (old.state.to_string(), new.state.to_string())
    } else {
        let text = |l: &Layout| format!("keys {}, states {}", tree(&l.key), l.state);
        (text(old), text(new))
    };
    let what_to_do = if !is_of_state_alone {
        "keys can't be migrated: go on under another name (`.id(\"…\")` on the operator), which begins without state"
            .to_owned()
    } else if let Some(step) = own.first() {
        format!(
            "the migration that is given for it leads from {} to {}: its types must be built as the states that were written, and \
             as those of now",
            step.old, step.new
        )
    } else {
        format!(
            "write `pipeline.migrate_state::<Old, New>(\"{operator}\", |old| …)`, where `Old` is built as what was written; or go on \
             under another name (`.id(\"…\")` on the operator), which begins without state"
        )
    };
    format!(
        "the state of `{operator}` was written by a program in which it is built otherwise:\n  written: {was}\n  now:     \
         {is}\n- {}\n{what_to_do}",
        lines.join("\n- ")
    )
}

#[cfg(test)]
mod tests;
