//! A process that was stopped, and wakes when another one has its work.

use millstream_kill_tests::trap::{Phase, Trap};

use crate::files::{text, undisturbed};
use crate::lives::{End, Place};
use crate::output::Output;

#[test]
fn a_process_that_wakes_behind_its_successor_ends_and_changes_nothing() {
    let text = text(&mut fastrand::Rng::with_seed(1), 400);
    let expected = undisturbed(&text);
    let phases = [
        Phase::Read,
        Phase::Stage,
        Phase::Exchange,
        Phase::SinkWrite,
        Phase::SinkCommitted,
        Phase::Checkpoint,
    ];
    for phase in phases {
        let place = Place::with_file(&text);
        let passage = phase.often().min(20);
        let mut first = place.start(3, Some(Trap { phase, passage, stop: true }));
        assert!(first.stops(), "{phase}: it ends before it is stopped");
        assert_eq!(place.start(2, None).end(), End::Done, "{phase}");
        Output::read(&place.output()).assert_is(&expected, &format!("while another is stopped ({phase})"));
        first.wakes();
        let End::Failed(said) = first.end() else { panic!("{phase}: the first goes on to its end") };
        assert!(said.contains("epoch 2") || said.contains("epoch 3"), "{phase}: {said}");
        Output::read(&place.output()).assert_is(&expected, &format!("behind the one that woke ({phase})"));
        // Nor has it spoilt the checkpoint: a third start has nothing left to do.
        assert_eq!(place.start(2, None).end(), End::Done, "{phase}");
        Output::read(&place.output()).assert_is(&expected, &format!("after a third start ({phase})"));
    }
}
