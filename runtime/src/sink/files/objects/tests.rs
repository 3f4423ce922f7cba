//! Every operation of the store fails, is torn, or is the last one, in turn.

use super::*;
use crate::checkpoint::testing::{Fault, FaultStore};
use crate::clock::secs;

const TICKS: u64 = 3;

fn tick(number: u64, epoch: u64) -> Tick {
    Tick { number, time: Timestamp::default().plus(secs(number + 1)), epoch }
}

fn files(number: u64) -> Vec<(String, Vec<u8>)> {
    // The first tick is aborted once; the last has no records.
    let keys = if number + 1 == TICKS { 0 } else { 2 };
    (0..keys).map(|key| (format!("k={key}/part-00000.x"), format!("{number} {key}").into_bytes())).collect()
}

fn open(store: &FaultStore, epoch: u64, last: Option<u64>) -> Result<Objects, BoxError> {
    Objects::open(Arc::new(store.clone()), Path::from("a/b"), format!("{:p}", store), epoch, last)
}

/// One start, from the tick behind `last` on.
fn run(store: &FaultStore, epoch: u64, last: &mut Option<u64>) -> Result<(), BoxError> {
    let mut objects = open(store, epoch, *last)?;
    for number in last.map_or(0, |last| last + 1)..TICKS {
        let tick = tick(number, epoch);
        if objects.begin(&tick)? {
            let written: Result<(), BoxError> =
                files(number).into_iter().try_for_each(|(name, bytes)| objects.put(&name, bytes));
            if let Err(error) = written.and_then(|()| objects.commit(&tick)) {
                objects.abort(&tick);
                return Err(error);
            }
        }
        *last = Some(number);
    }
    Ok(())
}

/// What is there, but for the epoch and the manifests.
fn listed(store: &FaultStore) -> Vec<(String, Vec<u8>)> {
    let objects = block_on(store.objects());
    let files = objects.into_iter().map(|(path, bytes)| (path.to_string(), bytes));
    files.filter(|(path, _)| path.starts_with("a/b/batch=")).collect()
}

/// Each tick that can be seen is whole.
fn check_whole(store: &FaultStore, when: &str) -> Vec<u64> {
    let objects = open(store, 1, None).expect("it opens");
    let mut times = objects.times().expect("they are listed");
    times.sort();
    let manifests = times.into_iter().map(|time| objects.manifest(time).expect("it is read"));
    let ticks: Vec<Tick> = manifests.flatten().collect();
    for tick in &ticks {
        let expected: Vec<Vec<u8>> = files(tick.number).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(objects.read(tick).expect("it is read"), expected, "{when}: tick {}", tick.number);
    }
    ticks.into_iter().map(|tick| tick.number).collect()
}

#[test]
fn each_tick_is_there_once_and_whole_whatever_fails() {
    let mut faults = 0;
    for fault in Fault::ALL {
        for n in 0.. {
            let (store, mut last, mut epoch) = (FaultStore::new(), None, 1);
            store.fault(n, fault);
            let hit = |store: &FaultStore| store.operations() > n;
            let when = format!("{fault:?} at operation {n}");
            let mut began = run(&store, epoch, &mut last);
            if began.is_ok() && !hit(&store) {
                break;
            }
            faults += 1;
            while let Err(error) = began {
                assert!(error.to_string().contains("a fault of the test"), "{when}: {error}");
                epoch += 1;
                assert!(epoch < 5, "{when}: it does not get over it: {error}");
                block_on(store.restart());
                // As readers see it before the next start; on a copy, since looking tidies up.
                let copy = block_on(async { FaultStore::with(store.objects().await).await });
                check_whole(&copy, &when);
                began = run(&store, epoch, &mut last);
            }
            let expected: Vec<(String, Vec<u8>)> = (0..TICKS)
                .flat_map(|number| {
                    let folder = format!("a/b/batch={}", tick(number, 0).time.millis());
                    files(number).into_iter().map(move |(name, bytes)| (format!("{folder}/{name}"), bytes))
                })
                .collect();
            assert_eq!(listed(&store), expected, "{when}");
            assert_eq!(check_whole(&store, &when), [0, 1, 2], "{when}");
        }
    }
    assert!(faults > 100, "{faults} faults");
}

#[test]
fn an_older_start_is_refused_and_shows_nothing() {
    let store = FaultStore::new();
    let mut older = open(&store, 1, None).expect("it opens");
    older.begin(&tick(0, 1)).expect("it begins");
    older.put("part", b"old".to_vec()).expect("it writes");
    // In another process, which has another claim.
    let path = Path::from("a/b/_epoch");
    block_on(store.put(&path, PutPayload::from_static(b"2"))).expect("memory takes it");
    let refused = older.commit(&tick(0, 1)).expect_err("it is older").to_string();
    assert!(refused.contains("a newer start of the pipeline (epoch 2)"), "{refused}");
    assert!(older.times().expect("they are listed").is_empty());
}
