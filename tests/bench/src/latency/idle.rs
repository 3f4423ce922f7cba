//! What a pipeline costs that has nothing to do.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use millstream::Trigger;
use millstream::prelude::*;

/// Of a core, what a pipeline without input takes.
#[derive(Clone, Debug)]
pub struct Idle {
    pub trigger: String,
    pub core: f64,
}

/// Runs a word count of a socket that nothing comes from, for a time.
pub fn idle(trigger: Trigger, time: Duration) -> Idle {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it has an address").to_string();
    let pipeline = stream!(move { <Idle>
        let words = source(text_socket(address)).flat_map(|line| line.split(' '));
        words.map(|word| (word, ())).running_count().for_each(|pair| { std::hint::black_box(pair); });
    });
    let engine = Engine::local().threads(2).partitions(2).trigger(trigger);
    let shown = trigger.to_string();
    let job = engine.start(pipeline).expect("it starts");
    std::thread::sleep(Duration::from_secs(1));
    let (before, began) = (crate::processor_time(), Instant::now());
    std::thread::sleep(time);
    let core = (crate::processor_time() - before).as_secs_f64() / began.elapsed().as_secs_f64();
    job.stop();
    job.wait().expect("it ran");
    Idle { trigger: shown, core }
}
