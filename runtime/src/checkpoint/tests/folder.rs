//! A folder on disk.

use super::engine::{NAME, Run, TICKS, run, wait};
use crate::checkpoint::Storage;

#[test]
fn a_folder_keeps_it_from_start_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("check points/ü");
    let storage = Storage::open(location.to_str().unwrap(), NAME).unwrap();
    assert!(!location.exists(), "nothing is made before something is written");
    let mut acknowledged = 0;
    wait(run(&storage, &mut acknowledged)).unwrap();
    // Left by a put that was killed.
    std::fs::write(location.join("Numbers/log/00000000000000000009#1"), "half").unwrap();
    std::fs::write(location.join("Numbers/manifest/notes.txt"), "mine").unwrap();
    let again = wait(Run::start(&storage, acknowledged)).unwrap();
    assert_eq!((again.next, again.start.log.epoch()), (TICKS, 2));
    assert_eq!(again.start.warnings, [""; 0]);
}

#[test]
fn pipelines_in_one_location_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().to_str().unwrap();
    for name in ["A", "AB", "..", "b/c"] {
        let storage = Storage::open(location, name).unwrap();
        let first = wait(run(&storage, &mut 0)).unwrap();
        assert_eq!(first.start.log.epoch(), 1, "{name}");
    }
}
