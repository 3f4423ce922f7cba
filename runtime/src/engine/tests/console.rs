//! Printing to a pipe whose reader goes away, as in `… | head`.

use std::io::{PipeWriter, pipe};
use std::marker::PhantomData;

use super::feed::Feed;
use super::hand::*;
use crate::op::sink::ToSink;
use crate::pipeline::Pipeline;
use crate::sink::ConsoleSink;
use crate::{Engine, Trigger};
use millstream_plan::OpKind;

/// Prints, and gives the same to `beside`.
fn printing(feed: &Feed, writer: PipeWriter, beside: &Recorder) -> Pipeline<'static> {
    let sink = ConsoleSink::<u64, _>::with_writer(10, writer);
    // Records come from `Hand` as a `Vec<u64>` a bucket, which is what this outlet takes.
    let console = ToSink { sink, records: PhantomData::<fn(u64)> };
    Hand::new()
        .source(feed, |_, x| x, &[to_outlet(0), to_outlet(1)])
        .outlet(OpKind::Print, console)
        .outlet(OpKind::Sink, beside.clone())
        .build()
}

fn closed() -> PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

#[test]
fn a_closed_pipe_behind_print_ends_the_pipeline_without_an_error() {
    let (feed, beside) = (Feed::default(), Recorder::default());
    feed.push(vec![1]);
    // The feed never ends: only the closed pipe can end this.
    Engine::local().trigger(Trigger::Eager).run(printing(&feed, closed(), &beside)).unwrap();
    assert_eq!((beside.batches(), feed.closed()), (vec![vec![1]], 1));
}

#[test]
fn a_closed_pipe_behind_print_ends_the_test_engine_too() {
    for seed in 0..20 {
        let (feed, beside) = (Feed::default(), Recorder::default());
        (0..9).for_each(|x| feed.push(vec![x]));
        Engine::test().seed(seed).run(printing(&feed, closed(), &beside)).unwrap();
        assert_eq!(beside.batches()[0], [0]);
        assert!(beside.batches().len() <= 3, "only what is planned is finished");
        let mut job = Engine::test().seed(seed).start(printing(&feed, closed(), &beside)).unwrap();
        job.tick().unwrap();
        assert_eq!(job.tick().unwrap_err().to_string(), "the job has ended");
    }
}

#[test]
fn a_closed_pipe_behind_any_other_output_is_an_error() {
    let out = Recorder { closed_pipe: true, ..Recorder::failing("commit", 0, false) };
    let pipeline =
        Hand::new().source(&Feed::of([vec![1]]), |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out).build();
    Engine::test().run(pipeline).unwrap_err();
}
