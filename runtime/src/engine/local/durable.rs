//! What the driver hands out to be stored: ticks, before they are delivered; checkpoints, behind them.

use std::collections::VecDeque;
use std::time::Duration;

use super::bell::Bell;
use super::lane::{Lane, Lanes, Worked};
use super::schedule::Freeze;
use crate::BoxError;
use crate::checkpoint::{Checkpoint, Checkpoints, Log, LoggedTick, StorageError, Written};
use crate::clock::Timestamp;
use crate::engine::checkpointing::{Checkpointing, Claim};

/// # Contract
/// - A tick is in the log before any output of it is visible ([`Durable::is_logged`]).
/// - One checkpoint at most is frozen or being written; what is due meanwhile waits.
/// - The first checkpoint of a start is full, and the one behind one that could not be written: what was frozen for that is
///   lost.
pub(crate) struct Durable {
    log: Lane<LoggedTick, Appended>,
    writer: Lane<Checkpoint, Stored>,
    /// The newest tick that is in the log.
    logged: Option<u64>,
    /// Of ticks that are logged and not committed, where in the log they are.
    places: VecDeque<(u64, u64)>,
    /// Where the last committed one is.
    place: u64,
    interval: Duration,
    due: Timestamp,
    /// The next checkpoint holds all there is.
    full: bool,
    /// The tick whose state is frozen, and not yet with the writer.
    freezing: Option<u64>,
    /// The tick of the newest checkpoint that was tried, or found.
    newest: Option<u64>,
    /// There is no checkpoint yet, but the pipeline does not begin anew.
    first: bool,
    /// The writer of checkpoints has no turn: a test says so.
    pub held: bool,
    _claim: Option<Claim>,
}

/// Which ticks were appended, and where.
struct Appended {
    ticks: Vec<u64>,
    position: Result<u64, StorageError>,
}

struct Stored {
    tick: u64,
    written: Result<Written, StorageError>,
}

/// What a look at the writers brought.
#[derive(Default)]
pub(crate) struct News {
    /// The tick that can't be logged, and why.
    pub failed: Option<(u64, BoxError)>,
    /// By tick, checkpoints that were written, or not.
    pub checkpoints: Vec<(u64, Result<Written, BoxError>)>,
}

/// What a start has found.
pub(crate) struct Begun {
    pub log: Log,
    pub checkpoints: Checkpoints,
    /// The tick of the checkpoint that it goes on from.
    pub newest: Option<u64>,
    /// The ticks that run again, and where in the log they are.
    pub places: VecDeque<(u64, u64)>,
    pub claim: Option<Claim>,
    /// There is no checkpoint yet, but the pipeline does not begin anew.
    pub first: bool,
}

impl Durable {
    pub fn new(
        begun: Begun,
        checkpointing: &Checkpointing,
        now: Timestamp,
        lanes: &Lanes,
    ) -> crate::Result<Durable> {
        let Begun { mut log, mut checkpoints, newest, places, claim, first } = begun;
        checkpoints.keep(checkpointing.kept);
        let interval = checkpointing.interval;
        let append = async move |ticks: Vec<LoggedTick>| Appended {
            ticks: ticks.iter().map(|tick| tick.record.number()).collect(),
            position: log.append(&ticks).await,
        };
        let write = async move |mut waiting: Vec<Checkpoint>| {
            // There is one at a time.
            let checkpoint = waiting.remove(0);
            Stored { tick: checkpoint.tick.number, written: checkpoints.write(checkpoint).await }
        };
        Ok(Durable {
            log: Lane::new("millstream-log", lanes, append)?,
            writer: Lane::new("millstream-checkpoint", lanes, write)?,
            logged: places.back().map(|(tick, _)| *tick),
            places,
            place: 0,
            interval,
            due: now.plus(interval),
            full: true,
            freezing: None,
            newest,
            first,
            held: false,
            _claim: claim,
        })
    }

    /// Stores a tick in the log.
    pub fn log(&self, tick: LoggedTick) {
        self.log.send(tick);
    }

    pub fn is_logged(&self, tick: u64) -> bool {
        self.logged.is_some_and(|logged| tick <= logged)
    }

    /// Whether state is to be frozen behind the tick that begins now.
    pub fn freeze(&mut self, tick: u64, now: Timestamp) -> Option<Freeze> {
        let begins = now >= self.due && self.freezing.is_none() && self.writer.is_idle();
        begins.then(|| self.begin(tick, now))
    }

    /// No tick will come: what has become of the last one, if no checkpoint has it yet.
    pub fn freeze_last(&mut self, tick: u64, now: Timestamp) -> Option<Freeze> {
        (self.newest != Some(tick)).then(|| self.begin(tick, now))
    }

    /// Nothing is there yet, and the pipeline goes on from something else, of this tick.
    pub fn freeze_first(&mut self, tick: u64) -> Option<Freeze> {
        let begins = std::mem::take(&mut self.first);
        begins.then(|| {
            self.freezing = Some(tick);
            self.newest = Some(tick);
            self.full = false;
            Freeze::All
        })
    }

    /// Waits until all that was handed out is written.
    pub fn wait(&mut self, bell: &Bell) -> Result<(), BoxError> {
        while !self.is_idle() {
            if self.turns() > 0 {
                self.turn(0);
            } else {
                bell.wait(None);
            }
            let News { failed, checkpoints } = self.look();
            failed.map_or(Ok(()), |(_, why)| Err(why))?;
            checkpoints.into_iter().try_for_each(|(_, written)| written.map(drop))?;
        }
        Ok(())
    }

    /// What was frozen meanwhile went elsewhere.
    pub fn next_is_full(&mut self) {
        self.full = true;
    }

    fn begin(&mut self, tick: u64, now: Timestamp) -> Freeze {
        self.due = now.plus(self.interval);
        self.freezing = Some(tick);
        self.newest = Some(tick);
        if std::mem::take(&mut self.full) { Freeze::All } else { Freeze::Changes }
    }

    /// A tick is committed. Says whether it has frozen its state.
    pub fn committed(&mut self, tick: u64) -> bool {
        while let Some(&(number, place)) = self.places.front()
            && number <= tick
        {
            self.place = place;
            self.places.pop_front();
        }
        self.freezing == Some(tick)
    }

    /// Where the log has the last committed tick: what is before it is not needed behind a checkpoint of it.
    pub fn place(&self) -> u64 {
        self.place
    }

    /// Writes a checkpoint beside the ticks that come.
    pub fn write(&mut self, checkpoint: Checkpoint) {
        debug_assert_eq!(self.freezing, Some(checkpoint.tick.number), "its state was frozen");
        self.freezing = None;
        self.writer.send(checkpoint);
    }

    /// Nothing is being written.
    pub fn is_idle(&self) -> bool {
        self.freezing.is_none() && self.writer.is_idle() && self.log.is_idle()
    }

    /// Looks at what the writers have done.
    pub fn look(&mut self) -> News {
        let mut news = News::default();
        for appended in self.log.results() {
            news.failed = news.failed.or(self.appended(appended).err());
        }
        news.checkpoints = self.writer.results().into_iter().map(|stored| self.stored(stored)).collect();
        news
    }

    fn appended(&mut self, appended: Worked<Appended>) -> Result<(), (u64, BoxError)> {
        let next = self.logged.map_or(0, |logged| logged + 1);
        let Appended { ticks, position } = appended.map_err(|message| (next, message.into()))?;
        let first = ticks.first().copied().unwrap_or(next);
        let position = position.map_err(|why| (first, why.into()))?;
        self.logged = ticks.last().copied().or(self.logged);
        self.places.extend(ticks.into_iter().map(|tick| (tick, position)));
        Ok(())
    }

    fn stored(&mut self, stored: Worked<Stored>) -> (u64, Result<Written, BoxError>) {
        let (tick, written) = match stored {
            Ok(Stored { tick, written }) => (tick, written.map_err(BoxError::from)),
            Err(message) => (self.newest.unwrap_or(0), Err(message.into())),
        };
        self.full |= written.is_err();
        (tick, written)
    }

    /// Does a piece of what waits to be written, where that is the caller's to do; `which` of [`Durable::turns`].
    pub fn turn(&mut self, which: usize) {
        if which == 0 && self.log.has_turn() { self.log.turn() } else { self.writer.turn() }
    }

    /// How many writers have something to do that the caller is to let them do.
    pub fn turns(&self) -> usize {
        usize::from(self.log.has_turn()) + usize::from(self.writer.has_turn() && !self.held)
    }
}
