//! What is stored, and the pipeline of today: which name is whose, what would be dropped, what can't be read.

use std::collections::BTreeMap;

use crate::checkpoint::RecoveredOperator;
use crate::engine::local::intake::Replay;
use crate::engine::local::log::StateBytes;
use crate::engine::local::states::{self, StateName};
use crate::pipeline::Pipeline;
use crate::state::Migrations;
use crate::tick::{SourcePlan, TickPlan};
use crate::{BoxError, Error, Result};

pub(super) struct Fit<'p> {
    migrations: &'p Migrations,
    allow_dropped: bool,
    /// What the pipeline keeps.
    states: Vec<StateName>,
    /// By source, its name.
    pub sources: Vec<String>,
    replay: Vec<Replay>,
}

impl<'p> Fit<'p> {
    pub fn new(pipeline: &'p Pipeline<'_>, allow_dropped: bool) -> Fit<'p> {
        Fit {
            migrations: &pipeline.migrations,
            allow_dropped,
            states: states::names(&pipeline.plan, &pipeline.stages).into_iter().flatten().collect(),
            sources: states::source_names(pipeline),
            replay: pipeline.sources.iter().map(Replay::of).collect(),
        }
    }

    /// Renames and migrations are of what the pipeline has.
    pub fn check(&self) -> Result<()> {
        let has = |name: &str| {
            self.states.iter().any(|state| state.name == name)
                || self.sources.iter().any(|source| source == name)
        };
        let Some(name) = self.migrations.names().find(|name| !has(name)) else { return Ok(()) };
        let states = self.states.iter().map(|state| &state.name);
        let known: Vec<String> = states.chain(&self.sources).map(|name| format!("`{name}`")).collect();
        Err(Error::Config(format!(
            "`checkpoint_rename` or `migrate_state` names `{name}`, which is no operator with state and no source of this \
             pipeline: there are {}",
            known.join(", ")
        )))
    }

    /// Of sources that are stored under these names, their places today.
    pub fn sources<'n>(&self, stored: impl Iterator<Item = &'n str>) -> Result<Vec<Option<usize>>, BoxError> {
        let stored: Vec<(&str, String)> =
            stored.map(|name| (name, self.migrations.renamed(name).to_string())).collect();
        let place = |name: &String| self.sources.iter().position(|source| source == name);
        let dropped: Vec<Dropped> = stored
            .iter()
            .filter(|(_, name)| place(name).is_none())
            .map(|(name, _)| Dropped {
                what: format!("the positions of the source `{name}`"),
                name: (*name).to_string(),
                likely: self
                    .sources
                    .iter()
                    .find(|new| stored.iter().all(|(_, known)| known != *new))
                    .cloned(),
            })
            .collect();
        self.judge(&dropped)?;
        Ok(stored.iter().map(|(_, name)| place(name)).collect())
    }

    /// By today's names, the states that are stored.
    pub fn operators(
        &self,
        stored: Vec<RecoveredOperator>,
    ) -> Result<BTreeMap<String, StateBytes>, BoxError> {
        let mut states: BTreeMap<String, StateBytes> = BTreeMap::new();
        let mut dropped = Vec::new();
        for operator in stored {
            let name = self.migrations.renamed(&operator.name).to_string();
            let groups: BTreeMap<usize, Vec<Vec<u8>>> = operator.groups.into_iter().collect();
            let state = StateBytes { schema: Some(operator.schema), groups };
            if self.states.iter().any(|state| state.name == name) {
                if states.insert(name.clone(), state).is_some() {
                    return Err(format!(
                        "the checkpoint has two states that `checkpoint_rename` gives the name `{name}`: one state can go on \
                         from one only"
                    )
                    .into());
                }
            } else if !state.groups.is_empty() {
                dropped.push((operator.name, state));
            }
        }
        let new = || self.states.iter().filter(|state| !states.contains_key(&state.name));
        let dropped: Vec<Dropped> = dropped
            .into_iter()
            .map(|(name, state)| {
                let kind = |name: &str| name.rsplit('/').next().map(str::to_string);
                let alike = |new: &&StateName| kind(&new.name) == kind(&name) && new.schema == state.schema;
                let same = |new: &&StateName| new.schema == state.schema;
                let likely = new().find(alike).or_else(|| new().find(same)).map(|new| new.name.clone());
                Dropped { what: format!("the state of `{name}`"), name, likely }
            })
            .collect();
        self.judge(&dropped)?;
        Ok(states)
    }

    /// What the pipeline no longer has is dropped, if that is allowed.
    fn judge(&self, dropped: &[Dropped]) -> Result<(), BoxError> {
        if dropped.is_empty() {
            return Ok(());
        }
        if self.allow_dropped {
            for Dropped { what, .. } in dropped {
                tracing::warn!(target: "millstream::checkpoint", "{what} is dropped: the pipeline has it no more");
            }
            return Ok(());
        }
        let line = |Dropped { what, name, likely }: &Dropped| match likely {
            None => format!("\n- {what}"),
            Some(new) => format!(
                "\n- {what}; if `{new}` is what it is called now, write `.checkpoint_rename(\"{name}\", \"{new}\")` behind the \
                 pipeline"
            ),
        };
        Err(format!(
            "the checkpoint holds what the pipeline no longer has:{}\nTo drop it for good, allow that: \
             `.allow_dropped_state(true)` on the engine",
            dropped.iter().map(line).collect::<String>()
        )
        .into())
    }

    /// What is known by stored source, by today's sources. `at`: as [`Fit::sources`] says.
    pub fn deal<T: Default>(&self, at: &[Option<usize>], stored: Vec<T>) -> Vec<T> {
        let mut dealt: Vec<T> = self.sources.iter().map(|_| T::default()).collect();
        for (part, at) in stored.into_iter().zip(at) {
            if let Some(at) = at {
                dealt[*at] = part;
            }
        }
        dealt
    }

    /// What an open tick read of sources that can give it no more, and that the log can't keep, is lost.
    pub fn give_up(&self, plan: &mut TickPlan) {
        for ((source, replay), name) in plan.sources.iter_mut().zip(&self.replay).zip(&self.sources) {
            let lost: u64 = source.joined().iter().map(crate::tick::OffsetRange::len).sum();
            if *replay == Replay::Nothing && lost > 0 {
                tracing::warn!(
                    target: "millstream::checkpoint",
                    tick = plan.tick.number,
                    "what the source `{name}` gave to this tick ({lost}) is lost: it can be neither read again nor logged"
                );
                *source = SourcePlan::default();
            }
        }
    }
}

/// What is stored and belongs to nothing any more.
struct Dropped {
    what: String,
    name: String,
    /// What it may be called now.
    likely: Option<String>,
}
