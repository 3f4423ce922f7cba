//! Ticks that are gathered in a store of which every operation fails, in turn.

use std::sync::Arc;

use super::*;
use crate::checkpoint::testing::{Fault, FaultStore};
use crate::clock::{Timestamp, secs};
use crate::store::name_in_memory;
use crate::wait::block_on;

const TICKS: u64 = 5;

/// One start, from the tick behind `last` on, to its end in good order.
fn run(url: &str, epoch: u64, last: &mut Option<u64>) -> Result<(), BoxError> {
    let mut sink = json_sink::<u64>(url).roll(1 << 20, secs(2));
    sink.open(epoch, *last)?;
    for number in last.map_or(0, |last| last + 1)..TICKS {
        let tick = Tick { number, time: Timestamp::default().plus(secs(number + 1)), epoch };
        sink.begin(&tick)?;
        let written = (0..2).try_for_each(|part| sink.write(part as usize, vec![2 * number + part]));
        if let Err(error) = written.and_then(|()| sink.commit(&tick)) {
            sink.abort(&tick);
            return Err(error);
        }
        *last = Some(number);
    }
    sink.finish()
}

/// The numbers in the files that manifests name, sorted.
fn visible(store: &FaultStore, when: &str) -> Vec<u64> {
    let objects = block_on(store.objects());
    let text = |path: &str| {
        let found = objects.iter().find(|(name, _)| name.as_ref() == path);
        String::from_utf8(found.unwrap_or_else(|| panic!("{when}: no {path}")).1.clone()).expect("it is text")
    };
    let manifests = objects.iter().map(|(path, _)| path.to_string());
    let manifests: Vec<String> = manifests.filter(|path| path.starts_with("out/_manifests/")).collect();
    let mut numbers = Vec::new();
    for manifest in manifests.iter().map(|path| text(path)).filter(|manifest| manifest.ends_with("]}\n")) {
        for file in manifest.split('"').filter(|part| part.starts_with("batch=")) {
            numbers.extend(
                text(&format!("out/{file}")).lines().map(|line| line.parse::<u64>().expect("a number")),
            );
        }
    }
    numbers.sort_unstable();
    numbers
}

#[test]
fn each_record_is_there_once_whatever_fails() {
    let mut faults = 0;
    for fault in Fault::ALL {
        for n in 0.. {
            let (store, when) = (FaultStore::new(), format!("{fault:?} at operation {n}"));
            let name = format!("gathered{fault:?}{n}").to_lowercase();
            name_in_memory(&name, Arc::new(store.clone()));
            let url = format!("memory://{name}/out");
            store.fault(n, fault);
            let (mut last, mut epoch) = (None, 1);
            let mut ended = run(&url, epoch, &mut last);
            if ended.is_ok() && store.operations() <= n {
                break;
            }
            faults += 1;
            while let Err(error) = ended {
                assert!(error.to_string().contains("a fault of the test"), "{when}: {error}");
                epoch += 1;
                assert!(epoch < 5, "{when}: it does not get over it: {error}");
                block_on(store.restart());
                let seen = visible(&store, &when);
                assert!(seen.iter().copied().eq(0..seen.len() as u64), "{when}: {seen:?}");
                ended = run(&url, epoch, &mut last);
            }
            assert_eq!(visible(&store, &when), Vec::from_iter(0..2 * TICKS), "{when}");
        }
    }
    assert!(faults > 200, "{faults} faults");
}
