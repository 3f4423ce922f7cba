//! What may be a secret, in a URL or in the environment, is in no plan, log or error.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use millstream::prelude::*;
use tracing_subscriber::filter::LevelFilter;

/// The secret key, and what stands in URLs where a secret may.
pub const SECRET: &str = "a-secret-of-tests";

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn url(path: &str) -> String {
    format!("s3://key:{SECRET}@bucket/{path}?sig={SECRET}")
}

pub fn hidden(_: &SocketAddr) {
    let logged = Logged::default();
    let to = logged.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
    let subscriber = subscriber.with_writer(move || to.clone()).finish();
    let mut seen = String::new();
    tracing::subscriber::with_default(subscriber, || {
        let read = |path: &str| stream! { <Secret> source(text_files(url(path))).count().print(1); };
        let engine = Engine::local().trigger(Trigger::AvailableNow);
        for path in ["nothing", "nothing/*"] {
            seen.push_str(&read(path).plan().to_string());
            let error = engine.run(read(path)).expect_err("nothing is there");
            assert!(error.to_string().contains("s3://bucket/nothing"), "{error}");
            seen.push_str(&format!("{error} {error:?}"));
        }
        let numbers = || stream! { <Kept> source(queue([[1u64], [2]])).map(|n| ((), n)).running_reduce(|a, b| a + b).print(1); };
        let kept = engine.checkpoint(url("kept"));
        seen.push_str(&kept.explain(&numbers()).to_string());
        kept.run(numbers()).expect("it runs");
        // Not of this pipeline: so there is none.
        let error = kept.run_from(url("elsewhere"), numbers()).expect_err("it is not there");
        assert!(error.to_string().contains("s3://bucket/elsewhere"), "{error}");
        seen.push_str(&format!("{error} {error:?} {kept:?}"));
    });
    let logs = String::from_utf8_lossy(&logged.0.lock().expect("nobody panics")).into_owned();
    for said in [&seen, &logs] {
        let line = said.lines().find(|line| line.contains(SECRET));
        assert!(line.is_none(), "a secret is shown: {line:?}");
    }
}
