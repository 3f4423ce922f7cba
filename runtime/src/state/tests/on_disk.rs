//! Lists whose entries lie on disk are as those in memory.

use super::*;
use crate::state::StateBackend;

fn disk(folder: &tempfile::TempDir) -> Backend {
    // The least that there is; of it, these lists have a few pages.
    let backend = StateBackend::fjall(folder.path(), 0).open().expect("a database");
    if let Backend::Disk(disk) = &backend {
        (0..2000).for_each(|_| {
            disk.begin();
        });
    }
    backend
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_holds_what_a_map_holds_and_its_order_outlives_a_restart(steps in steps()) {
        let folder = tempfile::tempdir().expect("a folder");
        holds_what_a_map_holds(steps, &disk(&folder))?;
    }
}

#[test]
fn a_list_of_many_pages_is_frozen_as_one_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut here, mut there) = (KeyStates::default(), KeyStates::default());
    there.move_to(&disk(&folder));
    let mut pieces = Pieces::default();
    for (n, range) in [0..10_000, 400..500, 9_000..9_001, 0..6_000, 0..5_000].into_iter().enumerate() {
        numbers(range.clone(), &mut here);
        numbers(range, &mut there);
        if n == 2 {
            here.retain(|count| *count < 2);
            there.retain(|count| *count < 2);
        }
        // A later change does not show in what was frozen.
        let how = Freeze { full: n == 3, touched: true, group: 5 };
        let frozen = there.freeze(how).map(|piece| piece.frozen);
        numbers(0..50, &mut there);
        let mut bytes = Vec::new();
        frozen.into_iter().for_each(|frozen| frozen.write(&mut bytes).expect("it can be written"));
        pieces.freeze(&mut here, n == 3);
        assert_eq!(pieces.0.last(), Some(&bytes), "{n}");
        numbers(0..50, &mut here);
    }
    assert_eq!(list(&mut here), list(&mut there));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    drop(there);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
