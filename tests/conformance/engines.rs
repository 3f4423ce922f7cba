//! Where each case runs: the real pool and the test engine, at several numbers of partitions.

use std::fmt;

use millstream::{Engine, Pipeline, Trigger};

#[derive(Clone, Copy)]
pub enum Under {
    Local(usize),
    Test(usize),
}

pub const ALL: [Under; 6] =
    [Under::Test(1), Under::Test(2), Under::Test(7), Under::Local(1), Under::Local(2), Under::Local(7)];

impl Under {
    pub fn run(self, pipeline: Pipeline<'_>) -> millstream::Result<()> {
        match self {
            Under::Local(n) => {
                Engine::local().partitions(n).threads(2).trigger(Trigger::AvailableNow).run(pipeline)
            }
            Under::Test(n) => Engine::test().partitions(n).seed(n as u64).run(pipeline),
        }
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, n) = match self {
            Under::Local(n) => ("local engine", n),
            Under::Test(n) => ("test engine", n),
        };
        write!(f, "{engine}, {n} partitions")
    }
}
