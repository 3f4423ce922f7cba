//! Pipelines that change between two starts.

use super::*;

fn crashed(store: &Arc<dyn ObjectStore>, ticks: usize) -> Counts {
    let out = MemorySink::new();
    let mut job = engine(store).start(words(&out)).unwrap();
    (0..ticks).for_each(|_| job.tick().unwrap());
    out
}

/// As [`words`], but the streams are called otherwise, and there is a source before it.
fn renamed(out: &Counts, lengths: &MemorySink<(usize, u64)>) -> Pipeline<'static> {
    let (sink, lengths, n) = (out.clone(), lengths.clone(), 0..12usize);
    stream!(move {
        let lines = source(queue([vec!["one", "line"]]));
        lines.map(|line| (line.len(), ())).running_count().sink(lengths);
        let terms = source(queue(n.map(|n| vec![["a", "b", "c", "d"][n % 4], ["a", "x"][n % 2], "a"])));
        let totals = terms.map(|word| (word, ())).running_count();
        totals.sink(sink);
    })
    .named("Words")
}

#[test]
fn what_was_renamed_goes_on_and_what_is_new_begins() {
    for ticks in 0..7 {
        let store = memory();
        let (out, lengths) = (crashed(&store, ticks), MemorySink::new());
        let pipeline = renamed(&out, &lengths)
            .checkpoint_rename("counts/running_count", "totals/running_count")
            .checkpoint_rename("words", "terms");
        engine(&store).partitions(2).run(pipeline).unwrap();
        assert_eq!(sorted(&out), undisturbed(), "after {ticks}");
        assert_eq!(lengths.records().len(), 2);
        // The new names are the checkpoint's now; the renames may stay.
        engine(&store).run(renamed(&out, &lengths)).unwrap();
    }
}

#[test]
fn what_the_pipeline_no_longer_has_is_an_error_that_names_the_likely_rename() {
    let store = memory();
    let (out, lengths) = (crashed(&store, 6), MemorySink::new());
    let error = engine(&store).run(renamed(&out, &lengths)).unwrap_err().to_string();
    assert!(error.contains("the positions of the source `words`"), "{error}");
    assert!(error.contains(".allow_dropped_state(true)"), "{error}");
    let pipeline = renamed(&out, &lengths).checkpoint_rename("words", "terms");
    let error = engine(&store).run(pipeline).unwrap_err().to_string();
    assert!(
        error.contains(".checkpoint_rename(\"counts/running_count\", \"totals/running_count\")"),
        "{error}"
    );
    // If it is allowed, the counts begin anew behind the ticks that are done.
    out.clear();
    let pipeline = renamed(&out, &lengths).checkpoint_rename("words", "terms");
    engine(&store).allow_dropped_state(true).run(pipeline).unwrap();
    assert_ne!(out.batches().last(), undisturbed().last());
}
