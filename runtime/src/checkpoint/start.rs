//! What a start of a pipeline does first: takes the log, then recovers.

use super::behind::{Behind, ticks_behind};
use super::log::{Log, Taken};
use super::{Checkpoints, LoggedTick, Recovered, Storage, StorageError, recover, staging};
use crate::clock::Timestamp;

/// All that a start of a pipeline finds, once it owns the log.
#[derive(Debug)]
pub(crate) struct Start {
    pub log: Log,
    pub checkpoints: Checkpoints,
    /// The newest checkpoint that reads whole.
    pub recovered: Option<Recovered>,
    /// The ticks behind it (all, if there is none), in order, without gaps, each with its position in the log.
    pub ticks: Vec<(u64, LoggedTick)>,
    /// What was found damaged and gone round.
    pub warnings: Vec<String>,
}

impl Start {
    /// Takes the log (whoever had it before is fenced off by that), then reads the newest checkpoint and the ticks
    /// behind it.
    ///
    /// `behind`: its epoch is larger than this one, too.
    ///
    /// In this order: what the start before still prunes, it prunes for a checkpoint that is found here.
    pub async fn take(storage: &Storage, now: Timestamp, behind: u64) -> Result<Start, StorageError> {
        let mut at_least = 0;
        let (Taken { mut log, position, entries }, recover::Found { newest, mut warnings }) = loop {
            let taken = Log::take(storage, now, behind, at_least).await?;
            let found = recover::newest(storage).await?;
            match &found.newest {
                // The log goes on behind our fence: it was at a position that has been pruned, where nobody meets it. (Or
                // somebody has deleted the log.)
                Some((_, recovered)) if recovered.log_from > taken.position => {
                    at_least = recovered.log_from + 1;
                }
                _ => break (taken, found),
            }
        };
        let staged = staging::clear(storage, position, log.epoch());
        let checkpoints = Checkpoints::new(storage, &log);
        let recovered = newest.map(|(_, recovered)| recovered);
        let (from, last) = match &recovered {
            Some(recovered) => (recovered.log_from, Some(recovered.tick.number)),
            None => (0, None),
        };
        let behind = ticks_behind(storage, &entries, position, from, last).await;
        let Behind { ticks, ends, warnings: skipped, .. } = behind.map_err(|error| error.after(&warnings))?;
        log.begin(ends);
        if recovered.is_none() && ticks.is_empty() && !warnings.is_empty() {
            let none = StorageError::other(format!(
                "no checkpoint in {storage} can be read, and its log holds no ticks"
            ));
            return Err(none.after(&warnings));
        }
        warnings.extend(skipped);
        warnings.extend(staged);
        Ok(Start { log, checkpoints, recovered, ticks, warnings })
    }
}
