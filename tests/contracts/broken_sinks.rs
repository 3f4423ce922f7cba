//! Sinks that break one promise each, and what they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use millstream::sink::{Delivery, Sink, SinkInfo};
use millstream::testing::sink_contract;
use millstream::{BoxError, Tick};

/// What is wrong with a sink that keeps numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// It says so itself, and so is right.
    AtLeastOnce,
    Fails,
    WritesAtOnce,
    LosesALaterWrite,
    LosesAPartition,
    KeepsWhatIsAborted,
    VisibleAtTheNextStart,
    ForgetsAtTheNextStart,
    AppendsATickThatRunsAgain,
    /// Partition by partition: another number of them leaves some.
    ReplacesPartitions,
    RemovesATickThatIsAborted,
    TakesAnOlderEpoch,
    /// It takes it, and says nothing.
    WritesForAnOlderEpoch,
}

type Parts = BTreeMap<(u64, usize), Vec<u64>>;

/// The place: what is visible, what is begun, and the newest epoch.
#[derive(Default)]
struct Place {
    visible: Parts,
    begun: Parts,
    epoch: u64,
}

struct Keeps {
    fault: Fault,
    place: Arc<Mutex<Place>>,
    pending: Parts,
    tick: u64,
    epoch: u64,
}

impl Sink<u64> for Keeps {
    fn info(&self) -> SinkInfo {
        let delivery = match self.fault {
            Fault::AtLeastOnce => Delivery::AtLeastOnce,
            _ => Delivery::ExactlyOnce,
        };
        SinkInfo { name: "keeps", detail: String::new(), delivery }
    }

    fn open(&mut self, epoch: u64, _: Option<u64>) -> Result<(), BoxError> {
        let mut place = self.place.lock().expect("nothing panics");
        let refuses = !matches!(self.fault, Fault::TakesAnOlderEpoch | Fault::WritesForAnOlderEpoch);
        if epoch < place.epoch && refuses {
            return Err("there is a newer one".into());
        }
        self.epoch = epoch;
        place.epoch = place.epoch.max(epoch);
        let begun = std::mem::take(&mut place.begun);
        match self.fault {
            Fault::VisibleAtTheNextStart => place.visible.extend(begun),
            Fault::ForgetsAtTheNextStart => place.visible.clear(),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        if self.fault == Fault::Fails {
            return Err("the disk is full".into());
        }
        self.pending.clear();
        self.tick = tick.number;
        Ok(())
    }

    fn write(&mut self, partition: usize, batch: Vec<u64>) -> Result<(), BoxError> {
        let mut place = self.place.lock().expect("nothing panics");
        let key = (self.tick, partition);
        match self.fault {
            Fault::WritesAtOnce => place.visible.entry(key).or_default().extend(batch.clone()),
            Fault::LosesALaterWrite if self.pending.contains_key(&key) => return Ok(()),
            Fault::LosesAPartition if partition > 1 => return Ok(()),
            _ => {}
        }
        place.begun.entry(key).or_default().extend(batch.clone());
        self.pending.entry(key).or_default().extend(batch);
        Ok(())
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let mut place = self.place.lock().expect("nothing panics");
        if tick.epoch < place.epoch && self.fault == Fault::TakesAnOlderEpoch {
            // Too late a refusal: it has written.
            place.visible.append(&mut self.pending);
            return Err("there is a newer one".into());
        }
        let pending = std::mem::take(&mut self.pending);
        match self.fault {
            Fault::AtLeastOnce | Fault::AppendsATickThatRunsAgain => {
                for (key, records) in pending {
                    place.visible.entry(key).or_default().extend(records);
                }
            }
            Fault::ReplacesPartitions => place.visible.extend(pending),
            Fault::WritesAtOnce => {}
            _ => {
                place.visible.retain(|(number, _), _| *number != tick.number);
                place.visible.extend(pending);
            }
        }
        place.begun.clear();
        Ok(())
    }

    fn abort(&mut self, tick: &Tick) {
        let mut place = self.place.lock().expect("nothing panics");
        match self.fault {
            Fault::KeepsWhatIsAborted => place.visible.append(&mut self.pending),
            Fault::RemovesATickThatIsAborted => {
                place.visible.retain(|(number, _), _| *number != tick.number);
            }
            _ => {}
        }
        place.begun.clear();
        self.pending.clear();
    }
}

fn told(fault: Fault) -> Option<String> {
    let check = move || {
        let place = Arc::new(Mutex::new(Place::default()));
        let make = || Keeps { fault, place: Arc::clone(&place), pending: Parts::new(), tick: 0, epoch: 0 };
        let visible = || place.lock().expect("nothing panics").visible.values().flatten().copied().collect();
        sink_contract(make, visible, |n| n);
    };
    let panic = std::thread::spawn(check).join().err()?;
    Some(*panic.downcast::<String>().expect("it is told in words"))
}

#[test]
fn a_sink_that_keeps_all_promises_is_told_nothing() {
    assert_eq!(told(Fault::Nothing), None);
    assert_eq!(told(Fault::AtLeastOnce), None);
}

#[test]
fn each_broken_promise_is_told_with_what_to_do() {
    let whole = "a tick is not visible as a whole at its commit";
    let crash = "a crash leaves something that is visible, or loses what was committed";
    let again = "a tick that runs again is not there once";
    let older = "an older start can still write";
    for (fault, broken, instead) in [
        (Fault::Fails, "the sink fails though nothing is wrong", "the disk is full"),
        (Fault::WritesAtOnce, whole, "behind the first `write`"),
        (Fault::LosesALaterWrite, whole, "make all of it visible in one step"),
        (Fault::LosesAPartition, whole, "behind `commit`: missing"),
        (
            Fault::KeepsWhatIsAborted,
            "an aborted tick leaves something",
            "take back what was written since `begin`",
        ),
        (Fault::VisibleAtTheNextStart, crash, "remove what a dead process had begun"),
        (Fault::ForgetsAtTheNextStart, "", "missing"),
        (Fault::AppendsATickThatRunsAgain, again, "`Delivery::AtLeastOnce`"),
        (Fault::ReplacesPartitions, again, "not partition by partition"),
        (Fault::RemovesATickThatIsAborted, again, "when the tick runs again and is aborted"),
        (Fault::TakesAnOlderEpoch, older, "behind the older start"),
        (Fault::WritesForAnOlderEpoch, older, "refuse an older one in `open`"),
    ] {
        let told = told(fault).unwrap_or_else(|| panic!("{fault:?} is not caught"));
        assert!(told.starts_with(&format!("keeps(): {broken}")), "{fault:?}: {told}");
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("  do:    ") && flat.contains(instead), "{fault:?}: {told}");
    }
}
