//! A pipeline is started once: `start` and `run` take it.

use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let pipeline = stream!({
        let lines = source(queue([vec!["a"]]));
        lines.print();
    });
    let job = Engine::local().start(pipeline)?;
    job.stop();
    let again = Engine::local().start(pipeline)?; //~
    again.wait()
}
