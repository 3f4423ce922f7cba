//! Writes savepoints, beside the driver.

use tokio::sync::oneshot;

use super::lane::{Lane, Lanes};
use crate::checkpoint::{Checkpoint, Start};
use crate::engine::checkpointing::CheckpointPlace;
use crate::store::shown;
use crate::{BoxError, Error, Place, Result};

/// Makes its lane when the first one is asked for.
#[derive(Default)]
pub(crate) struct Savepoints {
    lane: Option<Lane<Waiting, ()>>,
}

pub(crate) struct Waiting {
    pub pipeline: String,
    pub location: String,
    pub checkpoint: Checkpoint,
    pub reply: oneshot::Sender<Result<()>>,
}

impl Savepoints {
    pub fn write(&mut self, lanes: &Lanes, savepoint: Waiting) -> Result<()> {
        if self.lane.is_none() {
            let write = async |all: Vec<Waiting>| {
                for Waiting { pipeline, location, checkpoint, reply } in all {
                    let written = write(&pipeline, &location, checkpoint).await;
                    let at = Box::new(Place { pipeline: Some(pipeline), ..Place::default() });
                    // Nobody may wait for it any more.
                    let _ = reply.send(written.map_err(|source| Error::Checkpoint { at, source }));
                }
            };
            self.lane = Some(Lane::new("millstream-savepoint", lanes, write)?);
        }
        if let Some(lane) = &self.lane {
            lane.send(savepoint);
        }
        Ok(())
    }

    /// Nothing is being written.
    pub fn is_idle(&self) -> bool {
        self.lane.as_ref().is_none_or(|lane| {
            lane.results();
            lane.is_idle()
        })
    }

    /// There is work for [`Savepoints::turn`].
    pub fn has_turn(&self) -> bool {
        self.lane.as_ref().is_some_and(Lane::has_turn)
    }

    pub fn turn(&mut self) {
        if let Some(lane) = &mut self.lane {
            lane.turn();
        }
    }
}

async fn write(pipeline: &str, location: &str, mut checkpoint: Checkpoint) -> Result<(), BoxError> {
    let (storage, _claim) = CheckpointPlace::Location(location.into()).open(pipeline)?;
    let Start { recovered, ticks, mut checkpoints, .. } =
        Start::take(&storage, checkpoint.written, checkpoint.tick.epoch).await?;
    if recovered.is_some() || !ticks.is_empty() {
        return Err(format!(
            "`{}` has a checkpoint of this pipeline already: give each savepoint a place of its own",
            shown(location)
        )
        .into());
    }
    // It has no log.
    checkpoint.log_from = 0;
    checkpoints.write(checkpoint).await?;
    Ok(())
}
