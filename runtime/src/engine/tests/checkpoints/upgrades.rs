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

/// Two queues, which may have ids, and what is counted of both.
macro_rules! two {
    ($out:expr, $first:ident $($first_id:literal)?, $second:ident $($second_id:literal)?) => {{
        let (sink, n) = ($out.clone(), 0..6usize);
        let (left, right) = (queue(n.clone().map(|n| vec![["a", "b"][n % 2]])), queue(n.map(|_| vec!["a", "c"])));
        stream!(move {
            let $first = source(left)$(.id($first_id))?;
            let $second = source(right)$(.id($second_id))?;
            $first.union($second).map(|word| (word, ())).running_count().id("n").sink(sink);
        })
        .named("Two")
    }};
}

#[test]
fn a_source_with_an_id_goes_on_under_its_streams_new_name() {
    let out = MemorySink::new();
    Engine::test().run(two!(out, left, right)).unwrap();
    let expected = sorted(&out);
    for ticks in 0..7 {
        let (store, out) = (memory(), MemorySink::new());
        let mut job = engine(&store).start(two!(out, left "l", right "r")).unwrap();
        (0..ticks).for_each(|_| job.tick().unwrap());
        drop(job);
        // Names of streams that are the ids of others are no names of sources.
        engine(&store).run(two!(out, r "l", l "r")).unwrap();
        assert_eq!(sorted(&out), expected, "after {ticks}");
    }
    // Without the id it is another source.
    let store = memory();
    engine(&store).run(two!(out, left "l", right "r")).unwrap();
    let error = engine(&store).run(two!(out, left, right "r")).unwrap_err().to_string();
    assert!(error.contains("the positions of the source `l`; if `left` is"), "{error}");
}

#[test]
fn two_sources_of_one_name_have_no_checkpoint_and_no_savepoint() {
    let out: Counts = MemorySink::new();
    let pipeline = || {
        let (sink, ticks) = (out.clone(), || queue([vec!["a"], vec!["b"]]));
        let (left, right) = (ticks(), ticks());
        stream!(move {
            let counts = source(left).union(source(right)).map(|word| (word, ())).running_count();
            counts.sink(sink);
        })
        .named("Same")
    };
    let refused = |error: crate::Error| {
        let error = error.to_string();
        assert!(error.contains("two sources of this pipeline are called `counts`"), "{error}");
        assert!(error.contains("`.id(\"…\")`"), "{error}");
    };
    refused(engine(&memory()).run(pipeline()).unwrap_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    refused(Engine::test().start_from(&path, pipeline()).map(drop).unwrap_err());
    let mut job = Engine::test().start(pipeline()).unwrap();
    job.tick().unwrap();
    refused(job.savepoint(&path).unwrap_err());
    // Without one they may be called as they like, and after a crash the job goes on.
    let mut job = Engine::test().restart(job.crash(), pipeline()).unwrap();
    job.run_to_end().unwrap();
    assert_eq!(sorted(&out), [vec![("a".to_string(), 2)], vec![("b".to_string(), 2)]]);
}
