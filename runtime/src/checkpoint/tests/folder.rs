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
    assert!(location.join("Numbers/manifest/notes.txt").exists(), "it is nobody's");
}

#[test]
fn what_killed_puts_have_left_goes_and_what_the_newest_start_may_be_writing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap(), NAME).unwrap();
    let first = wait(run(&storage, &mut 0)).unwrap();
    let next = first.start.log.next().load(std::sync::atomic::Ordering::Relaxed);
    let stage = |name: String| {
        let path = folder.path().join(NAME).join(name);
        std::fs::write(&path, "half").unwrap();
        path
    };
    // Of the first start, which is epoch 1, with its fence at position 0.
    let old = [
        stage("log/00000000000000000000#1".into()),
        stage("log/00000000000000000000-00000000000000000007#12".into()),
        stage("state/00000000000000000003-0000000001-00007#1".into()),
        stage("manifest/00000000000000000003-0000000001#2".into()),
    ];
    let new = [
        stage(format!("log/{next:020}#2")),
        stage(format!("log/{next:020}-00000000000000000005#1")),
        stage("state/00000000000000000009-0000000002-00000#1".into()),
        stage("manifest/00000000000000000009-0000000003#1".into()),
        stage("log/00000000000000000000#x".into()),
        stage("log/mine#1".into()),
    ];
    let second = wait(Run::start(&storage, TICKS)).unwrap();
    assert_eq!(second.start.warnings, [""; 0]);
    for path in &old {
        assert!(!path.exists(), "{path:?} is left");
    }
    for path in &new {
        assert!(path.exists(), "{path:?} may be another's");
    }
    // A third start knows that nobody older can write behind it.
    wait(Run::start(&storage, TICKS)).unwrap();
    let left: Vec<_> = new.iter().map(|path| path.exists()).collect();
    assert_eq!(left, [false, false, false, true, true, true]);
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
