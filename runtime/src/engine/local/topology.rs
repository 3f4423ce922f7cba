//! Which stage feeds what: the shape of a pipeline, without its closures.

use crate::pipeline::{Head, HeadTasks, Pipeline, Route};

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
}

/// # Contract
/// - Stages are in an order in which every stage comes after those that feed it.
#[derive(Clone, Debug)]
pub(crate) struct Topology {
    pub stages: Vec<StageShape>,
    /// For each outlet the tails that feed it, in stage order.
    pub outlets: Vec<Vec<Feeder>>,
    pub sources: usize,
}

impl Topology {
    pub fn of(pipeline: &Pipeline<'_>) -> Topology {
        let mut stages: Vec<StageShape> = pipeline
            .stages
            .iter()
            .map(|stage| StageShape {
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
                    Route::Clock(_) => {}
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
        Topology { stages, outlets, sources: pipeline.sources.len() }
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
