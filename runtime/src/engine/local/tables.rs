//! Which version of each refreshed table a tick has.

use std::sync::Arc;
use std::time::Duration;

use millstream_plan::NodeId;

use super::failure::{Failure, Places};
use super::schedule::TaskId;
use crate::clock::Timestamp;
use crate::pipeline::TableNode;
use crate::table::{Loaded, OfTick, Refreshes};
use crate::tick::{TableVersion, TickPlan};
use crate::{BoxError, blame};

/// The refreshed tables of a pipeline.
///
/// # Contract
/// - A plan that names a version is given that one; one that names none is told one, before it is logged.
/// - Which stretch of time asks for a version follows from batch times alone.
/// - Here there is the newest version only; those before it live for as long as a tick holds them.
#[derive(Default)]
pub(crate) struct Tables {
    all: Vec<Kept>,
}

struct Kept {
    name: String,
    node: NodeId,
    table: Arc<dyn Refreshes>,
    /// The stretch of time that has asked last.
    asked: Option<Timestamp>,
    newest: Option<(u64, Loaded)>,
}

/// When a stretch of this length begins that `time` is in.
fn beginning(time: Timestamp, every: Duration) -> Timestamp {
    match i64::try_from(every.as_millis()) {
        Ok(every) if every > 0 => {
            Timestamp::from_millis(time.millis().div_euclid(every).saturating_mul(every))
        }
        Ok(_) => time,
        Err(_) => Timestamp::from_millis(0),
    }
}

impl Tables {
    pub fn of(nodes: Vec<TableNode>) -> Tables {
        let kept = |TableNode { name, node, table }| Kept { name, node, table, asked: None, newest: None };
        Tables { all: nodes.into_iter().map(kept).collect() }
    }

    /// The tables of a tick; `None`: the pipeline has none.
    pub fn of_tick(&mut self, plan: &mut TickPlan, places: &Places) -> Result<Option<Arc<OfTick>>, Failure> {
        if self.all.is_empty() {
            return Ok(None);
        }
        let mut tables = OfTick::default();
        for kept in &mut self.all {
            let (name, node, number) = (kept.name.clone(), kept.node, plan.tick.number);
            let known = plan.tables.iter().find(|known| known.name == name).map(|known| known.version);
            let loaded = blame::catch(|| kept.at(plan.tick.time, known));
            let failed = |error| Failure { at: TaskId { tick: number, stage: 0, task: 0 }, error };
            let (version, loaded) = places.judge(loaded, Some(node), None, Some(number)).map_err(failed)?;
            if known.is_none() {
                plan.tables.push(TableVersion { name, version });
            }
            tables.add(&kept.table, loaded);
        }
        Ok(Some(Arc::new(tables)))
    }
}

impl Kept {
    /// The version that a tick has: the known one, or what is newest.
    fn at(&mut self, time: Timestamp, known: Option<u64>) -> Result<(u64, Loaded), BoxError> {
        let beginning = beginning(time, self.table.every());
        let is_new = self.asked.replace(beginning) != Some(beginning);
        if let Some(version) = known {
            return self.load(version).map_err(|why| {
                format!(
                    "version {version} of its table, which this tick had before a restart, can't be loaded again: {why}"
                )
                .into()
            });
        }
        let before = self.newest.clone();
        match before {
            Some(before) if !is_new => Ok(before),
            Some(before) => {
                let newest = self.table.newest(beginning).and_then(|version| self.load(version));
                Ok(newest.unwrap_or_else(|why| {
                    tracing::warn!(
                        target: "millstream::table",
                        table = self.name,
                        version = before.0,
                        "the table can't be refreshed, and stays at its version: {why}"
                    );
                    before
                }))
            }
            None => {
                let newest = self.table.newest(beginning).and_then(|version| self.load(version));
                newest.map_err(|why| format!("its table can't be loaded: {why}").into())
            }
        }
    }

    fn load(&mut self, version: u64) -> Result<(u64, Loaded), BoxError> {
        if let Some(newest) = self.newest.clone().filter(|(known, _)| *known == version) {
            return Ok(newest);
        }
        let loaded = self.table.load(version)?;
        Ok(self.newest.insert((version, loaded)).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_begins_at_a_multiple_of_its_length() {
        let at = Timestamp::from_millis;
        let of = |time, every| beginning(at(time), Duration::from_millis(every));
        assert_eq!([of(0, 10), of(9, 10), of(10, 10), of(-1, 10)], [at(0), at(0), at(10), at(-10)]);
        assert_eq!(of(7, 0), at(7));
        assert_eq!(beginning(at(7), Duration::MAX), at(0));
    }
}
