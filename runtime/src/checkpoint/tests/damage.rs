//! Objects that change behind our back: never a panic, never another state than the tick's.

use object_store::path::Path;

use super::engine::{KINDS, Run, TICKS, growing, storage, wait};
use crate::checkpoint::Storage;
use crate::checkpoint::frames::frames;
use crate::checkpoint::testing::FaultStore;

/// What a start makes of the objects.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// All ticks are there, and nothing is said.
    Unharmed,
    /// The last tick is not there, or the last two, which are in one segment.
    Shorter {
        said: bool,
    },
    /// All ticks are there; the checkpoint before was used, or an entry of the log was skipped.
    Around,
    Refused(String),
}

type Kind = fn(&FaultStore) -> Storage;

/// (The state is compared with the model in `Run::start`.)
async fn outcome(kind: Kind, objects: Vec<(Path, Vec<u8>)>) -> Outcome {
    let store = FaultStore::with(objects).await;
    let storage = kind(&store);
    match Run::start(&storage, 0).await {
        Ok(mut run) => {
            let (said, next) = (!run.start.warnings.is_empty(), run.next);
            // It goes on from there, and once more.
            run.finish(&mut 0).await.expect("nothing is in the way");
            let again = Run::start(&storage, TICKS).await.expect("nothing is wrong behind it");
            assert_eq!(again.next, TICKS);
            match (next, said) {
                (TICKS, false) => Outcome::Unharmed,
                (TICKS, true) => Outcome::Around,
                (next, said) => {
                    assert!((TICKS - 2..TICKS).contains(&next), "only the end can go unnoticed");
                    Outcome::Shorter { said }
                }
            }
        }
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// A small checkpoint: three manifests, and the log from the oldest on. The last tick is behind the newest.
fn small(kind: Kind) -> Vec<(Path, Vec<u8>)> {
    let store = FaultStore::new();
    wait(async {
        let mut run = Run::start(&kind(&store), 0).await.unwrap();
        for number in 0..TICKS {
            let position = run.tick().await.unwrap();
            if number < 3 {
                assert!(run.checkpoint(position).await.unwrap());
            }
        }
        store.objects().await
    })
}

fn changed(
    objects: &[(Path, Vec<u8>)],
    at: usize,
    change: impl FnOnce(&mut Vec<u8>),
) -> Vec<(Path, Vec<u8>)> {
    let mut objects = objects.to_vec();
    change(&mut objects[at].1);
    objects
}

#[test]
fn a_small_checkpoint_has_what_these_tests_are_about() {
    let names = |kind| small(kind).iter().map(|(path, _)| path.to_string()).collect::<Vec<String>>();
    assert_eq!(
        names(storage),
        [
            "Numbers/log/00000000000000000000",
            "Numbers/log/00000000000000000001",
            "Numbers/log/00000000000000000002",
            "Numbers/log/00000000000000000003",
            "Numbers/log/00000000000000000004",
            "Numbers/log/00000000000000000005",
            "Numbers/manifest/00000000000000000000-0000000001",
            "Numbers/manifest/00000000000000000001-0000000001",
            "Numbers/manifest/00000000000000000002-0000000001",
            "Numbers/state/00000000000000000000-0000000001-00000",
            "Numbers/state/00000000000000000001-0000000001-00001",
            "Numbers/state/00000000000000000002-0000000001-00002",
        ]
    );
    assert_eq!(
        names(growing)[..3],
        [
            "Numbers/log/00000000000000000000",
            "Numbers/log/00000000000000000000-00000000000000000000",
            "Numbers/log/00000000000000000000-00000000000000000003",
        ]
    );
    for kind in KINDS {
        assert_eq!(wait(outcome(kind, small(kind))), Outcome::Unharmed);
    }
}

#[test]
fn every_changed_byte_is_found_or_harmless() {
    KINDS.into_iter().for_each(every_changed_byte);
}

fn every_changed_byte(kind: Kind) {
    let objects = small(kind);
    let mut seen = [0; 4];
    for at in 0..objects.len() {
        for byte in 0..objects[at].1.len() {
            for bits in [0xff, 1 << (byte % 8), 0x80] {
                let outcome = wait(outcome(kind, changed(&objects, at, |object| object[byte] ^= bits)));
                let name = objects[at].0.filename().unwrap();
                match outcome {
                    // Headers of state, since its pieces are checked one by one; old manifests; the log before.
                    Outcome::Unharmed => seen[0] += 1,
                    Outcome::Around => seen[1] += 1,
                    Outcome::Shorter { said } => {
                        assert!(said, "{name}, byte {byte}");
                        seen[2] += 1;
                    }
                    Outcome::Refused(why) => {
                        assert!(why.contains("has a gap") && why.contains("; `log/"), "{name}: {why}");
                        seen[3] += 1;
                    }
                }
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 100), "{seen:?}");
}

#[test]
fn every_object_cut_at_every_length_is_found_or_harmless() {
    KINDS.into_iter().for_each(every_length);
}

fn every_length(kind: Kind) {
    let objects = small(kind);
    for at in 0..objects.len() {
        let ends: Vec<_> = frames(&objects[at].1).map(|frame| frame.bytes.end).collect();
        for length in 0..objects[at].1.len() {
            match wait(outcome(kind, changed(&objects, at, |object| object.truncate(length)))) {
                // A segment without its last entries is as if they had not been written.
                Outcome::Shorter { said } => assert_ne!(said, ends.contains(&length), "{length}"),
                Outcome::Refused(why) => assert!(why.contains("has a gap"), "{why}"),
                Outcome::Unharmed | Outcome::Around => {}
            }
        }
    }
}

#[test]
fn every_missing_object_is_found_or_harmless() {
    let objects = small(storage);
    for at in 0..objects.len() {
        let mut without = objects.clone();
        let (name, _) = without.remove(at);
        let outcome = wait(outcome(storage, without));
        let expected = match name.as_ref().trim_start_matches("Numbers/").split_at(6) {
            // The log is there from tick 0 on, so that even the first one, which all are deltas to, is not missed.
            ("state/", _) => outcome == Outcome::Around,
            // Not found, so as if it had never been.
            ("manife", _) => outcome == Outcome::Unharmed,
            ("log/00", _) => match at {
                4 => {
                    matches!(&outcome, Outcome::Refused(why) if why.contains("is of tick 4 where tick 3 should be"))
                }
                5 => outcome == Outcome::Shorter { said: false },
                _ => outcome == Outcome::Unharmed,
            },
            _ => unreachable!(),
        };
        assert!(expected, "{name}: {outcome:?}");
    }
}

#[test]
fn without_a_checkpoint_that_reads_what_was_found_is_said() {
    let objects: Vec<_> = small(storage)
        .into_iter()
        .filter(|(path, _)| !path.as_ref().contains("log/00000000000000000001"))
        .map(|(path, mut object)| {
            if path.as_ref().contains("manifest") {
                object[20] ^= 1;
            }
            (path, object)
        })
        .collect();
    let Outcome::Refused(why) = wait(outcome(storage, objects)) else { panic!("it can't be recovered") };
    assert!(
        why.contains("is of tick 1 where tick 0 should be, and there is no checkpoint that reads whole"),
        "{why}"
    );
    assert!(why.contains("the checkpoint of tick 2 (epoch 1)") && why.contains("its checksum is"), "{why}");
}
