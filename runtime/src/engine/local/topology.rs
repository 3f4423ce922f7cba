//! Which stage feeds what: the shape of a pipeline, without its closures.

use super::judges::{Judge, Judges, judge};
use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::pipeline::{Head, HeadTasks, Pipeline, Route};
use crate::tick::TickKind;
use crate::window::Slides;

/// One tail of one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feeder {
    pub stage: usize,
    pub tail: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum HeadShape {
    Source(usize),
    /// For each input the tails that feed it, in stage order.
    Operator {
        tasks: HeadTasks,
        inputs: Vec<Vec<Feeder>>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct StageShape {
    pub head: HeadShape,
    pub tails: Vec<Route>,
    /// Its head gives a batch where a window ends, and none in other ticks.
    pub slides: Option<Slides>,
    /// Its head goes by event time.
    pub timed: bool,
    /// What its head's watermark is made of.
    pub judges: Vec<Judge>,
}

/// What a stage has in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batches {
    /// One of those that feed it gives a batch.
    pub read: bool,
    /// It gives one.
    pub given: bool,
}

/// # Contract
/// - Stages are in an order in which every stage comes after those that feed it.
#[derive(Clone, Debug)]
pub(crate) struct Topology {
    pub stages: Vec<StageShape>,
    /// For each outlet the tails that feed it, in stage order.
    pub outlets: Vec<Vec<Feeder>>,
    pub sources: usize,
    /// For each clock the tail that it is.
    pub clocks: Vec<Feeder>,
}

impl Topology {
    pub fn of(pipeline: &Pipeline<'_>) -> Topology {
        let graph = pipeline.plan.graph();
        let slides = |stage: usize| {
            let head = graph.stages.get(stage)?.head;
            pipeline.windows.iter().find(|window| window.node == head)?.window.known()
        };
        let judges = Judges::of_pipeline(pipeline);
        let mut clocks = vec![Feeder { stage: 0, tail: 0 }; pipeline.clocks.len()];
        let mut stages: Vec<StageShape> = pipeline
            .stages
            .iter()
            .enumerate()
            .map(|(number, stage)| StageShape {
                slides: slides(number),
                timed: matches!(&stage.head, Head::Operator { op, .. } if op.is_timed()),
                judges: graph.stages.get(number).map_or(Vec::new(), |s| judges.of(s.head)),
                head: match &stage.head {
                    Head::Source(source) => HeadShape::Source(*source),
                    Head::Operator { tasks, inputs, .. } => {
                        HeadShape::Operator { tasks: *tasks, inputs: vec![Vec::new(); *inputs] }
                    }
                },
                tails: stage.tails.clone(),
            })
            .collect();
        let mut outlets = vec![Vec::new(); pipeline.outlets.len()];
        for (from, node) in pipeline.stages.iter().enumerate() {
            for (tail, route) in node.tails.iter().enumerate() {
                let feeder = Feeder { stage: from, tail };
                match *route {
                    Route::Outlet(outlet) => outlets[outlet].push(feeder),
                    Route::Clock(clock) => clocks[clock] = feeder,
                    Route::Stage { stage, input } => {
                        debug_assert!(
                            from < stage,
                            "stage {from} feeds stage {stage}, which comes before it"
                        );
                        if let HeadShape::Operator { inputs, .. } = &mut stages[stage].head {
                            inputs[input].push(feeder);
                        } else {
                            debug_assert!(false, "stage {stage} starts from a source and has no inputs");
                        }
                    }
                }
            }
        }
        Topology { stages, outlets, sources: pipeline.sources.len(), clocks }
    }

    /// The latest watermark that what a stage feeds judges late by.
    pub fn late_behind(&self, stage: usize, clocks: &[Watermarks], kind: TickKind) -> Timestamp {
        let late = self.stages[stage].tails.iter().filter_map(|route| match *route {
            Route::Stage { stage, .. } => Some(judge(&self.stages[stage].judges, clocks, kind).late),
            Route::Outlet(_) | Route::Clock(_) => None,
        });
        late.max().unwrap_or(Timestamp::MIN)
    }

    /// What each stage has in a tick at `time` behind one at `before`. Without data only what goes by event time has
    /// something, and what is behind it.
    pub fn batches(&self, before: Option<Timestamp>, time: Timestamp, kind: TickKind) -> Vec<Batches> {
        let mut all: Vec<Batches> = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let read = match &stage.head {
                HeadShape::Source(_) => kind == TickKind::Data,
                HeadShape::Operator { .. } if stage.timed => true,
                HeadShape::Operator { inputs, .. } => {
                    let mut feeders = inputs.iter().flatten().peekable();
                    (feeders.peek().is_none() && kind == TickKind::Data)
                        || feeders.any(|feeder| all[feeder.stage].given)
                }
            };
            let given = read
                && stage.slides.is_none_or(|slides| {
                    // A window of processing time takes no batch from a tick without data, and ends with one.
                    kind == TickKind::Data && slides.due(before, time).is_some()
                });
            all.push(Batches { read, given });
        }
        all
    }

    /// How many tails a stage waits for.
    pub fn feeders(&self, stage: usize) -> usize {
        match &self.stages[stage].head {
            HeadShape::Source(_) => 0,
            HeadShape::Operator { inputs, .. } => inputs.iter().map(Vec::len).sum(),
        }
    }

    /// The stage that starts from a source.
    pub fn stage_of_source(&self, source: usize) -> Option<usize> {
        self.stages.iter().position(|s| matches!(s.head, HeadShape::Source(i) if i == source))
    }
}
