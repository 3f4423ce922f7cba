//! The manifest of a checkpoint: what is in it, and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SourceState;
use super::envelope::{self, Damage, Kind};
use super::name::{ManifestName, StateName};
use crate::clock::Timestamp;
use crate::exchange::GROUPS;
use crate::state::Schema;
use crate::tick::Tick;

/// How keys are hashed into groups.
const HASH: &str = "xxh3-64";

/// The payload of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub tick: Tick,
    pub pipeline: String,
    pub written: Timestamp,
    pub hash: String,
    pub groups: u32,
    /// The position of `tick` in the log: nothing before it is needed.
    pub log_from: u64,
    pub sources: Vec<SourceState>,
    /// What pieces are in.
    pub objects: Vec<StateName>,
    pub operators: Vec<OperatorEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OperatorEntry {
    pub name: String,
    pub schema: Schema,
    pub groups: Vec<GroupEntry>,
}

/// The state of a key group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupEntry {
    pub group: u32,
    pub keys: u64,
    /// A full one, then deltas.
    pub pieces: Vec<PieceEntry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PieceEntry {
    /// Index into the manifest's objects.
    pub object: u32,
    /// From the start of the object.
    pub offset: u64,
    pub bytes: u64,
    pub crc: u32,
}

/// Where the pieces of each group are, full one first, by operator: what a manifest is made from.
pub(super) type Chains = BTreeMap<String, BTreeMap<usize, Chain>>;

/// What restores one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub keys: u64,
    pub pieces: Vec<Place>,
}

/// Where a piece is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub object: StateName,
    pub offset: u64,
    pub bytes: u64,
    pub crc: u32,
}

impl Manifest {
    /// Without sources and operators.
    pub fn new(pipeline: &str, tick: Tick, written: Timestamp, log_from: u64) -> Manifest {
        let (pipeline, hash, groups) = (pipeline.into(), HASH.into(), GROUPS as u32);
        let (sources, objects, operators) = Default::default();
        Manifest { tick, pipeline, written, hash, groups, log_from, sources, objects, operators }
    }

    pub fn name(&self) -> ManifestName {
        ManifestName { epoch: self.tick.epoch, tick: self.tick.number }
    }

    /// Adds an operator and the objects that its pieces are in.
    pub fn add(&mut self, name: String, schema: Schema, chains: &BTreeMap<usize, Chain>) {
        let mut groups = Vec::with_capacity(chains.len());
        for (&group, chain) in chains {
            let pieces = chain.pieces.iter().map(|place| self.entry(place)).collect();
            groups.push(GroupEntry { group: group as u32, keys: chain.keys, pieces });
        }
        self.operators.push(OperatorEntry { name, schema, groups });
    }

    fn entry(&mut self, &Place { object, offset, bytes, crc }: &Place) -> PieceEntry {
        // Chains are in order of time, so what is looked for is most often near the end.
        let index = self.objects.iter().rposition(|known| *known == object).unwrap_or_else(|| {
            self.objects.push(object);
            self.objects.len() - 1
        });
        PieceEntry { object: index as u32, offset, bytes, crc }
    }

    /// Reads the manifest of that name, and checks that what it says fits together.
    pub fn read(name: ManifestName, object: &[u8]) -> Result<Manifest, Damage> {
        let manifest: Manifest = envelope::read(Kind::Manifest, object)?;
        if manifest.name() != name {
            return Err(Damage::broken(format_args!("is `{}`, under another name", manifest.name())));
        }
        let groups = manifest.operators.iter().flat_map(|operator| &operator.groups);
        for group in groups {
            let mut objects = group.pieces.iter().map(|piece| piece.object as usize);
            if group.group >= manifest.groups || objects.any(|object| object >= manifest.objects.len()) {
                return Err(Damage::broken("names a key group or an object that is not there"));
            }
        }
        Ok(manifest)
    }

    /// Why this program can't use it, if so.
    pub fn refusal(&self) -> Option<String> {
        (self.hash != HASH || self.groups as usize != GROUPS).then(|| {
            format!(
                "is of {} key groups by {}, and this program has {GROUPS} by {HASH}",
                self.groups, self.hash
            )
        })
    }
}
