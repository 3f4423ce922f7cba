//! A fault at every operation, of every kind.

use super::engine::{KINDS, Numbers, Run, TICKS, run, wait};
use crate::checkpoint::Storage;
use crate::checkpoint::testing::{Fault, FaultStore};

type Kind = fn(&FaultStore) -> Storage;

/// Runs with a fault, once more without, and looks at what is there then. Says whether anything went wrong.
async fn disturbed(kind: Kind, n: usize, fault: Fault, again: Option<(usize, Fault)>) -> bool {
    let store = FaultStore::new();
    let storage = kind(&store);
    let mut acknowledged = 0;
    store.fault(n, fault);
    let failed = run(&storage, &mut acknowledged).await.is_err();
    store.restart().await;
    if let Some((n, fault)) = again {
        store.fault(n, fault);
        let _ = run(&storage, &mut acknowledged).await;
        store.restart().await;
    }
    let end =
        run(&storage, &mut acknowledged).await.unwrap_or_else(|e| panic!("{n}, {fault:?}, {again:?}: {e}"));
    let mut numbers = end.numbers;
    let _ = numbers.freeze(true);
    assert_eq!(numbers, Numbers::behind(TICKS - 1), "{n}, {fault:?}, {again:?}");
    let again = Run::start(&storage, TICKS).await.expect("nothing is wrong with it");
    assert_eq!(again.next, TICKS);
    failed
}

fn operations(kind: Kind) -> usize {
    let store = FaultStore::new();
    let mut acknowledged = 0;
    wait(run(&kind(&store), &mut acknowledged)).expect("nothing goes wrong");
    assert_eq!(acknowledged, TICKS);
    store.operations()
}

#[test]
fn after_a_fault_at_any_operation_state_is_that_of_the_tick() {
    for kind in KINDS {
        let operations = operations(kind);
        let mut failed = 0;
        for n in 0..operations {
            for fault in Fault::ALL {
                failed += usize::from(wait(disturbed(kind, n, fault, None)));
            }
        }
        // Crashes stop the run but for the last operations, which are prunings; errors stop it in appends and at the start.
        assert!(failed > operations * 3, "{failed} of {operations} x 6 were seen at once");
    }
}

#[test]
fn a_second_fault_at_any_operation_of_the_recovery_changes_nothing() {
    for kind in KINDS {
        for n in 0..operations(kind) {
            for fault in [Fault::TornCrash, Fault::CrashAfter] {
                for second in 0..16 {
                    wait(disturbed(kind, n, fault, Some((second, Fault::TornCrash))));
                    wait(disturbed(kind, n, fault, Some((second, Fault::ErrorAfter))));
                }
            }
        }
    }
}
