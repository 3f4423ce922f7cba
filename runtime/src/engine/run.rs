//! From a pipeline to a thread that drives it, and back to its result.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::Settings;
use super::bar;
use super::control::Control;
use super::job::{Job, Outcome};
use super::local::driver::Driver;
use super::local::failure::{Failure, Places};
use super::local::lane::Lanes;
use super::local::pool::{self, Pool, STACK};
use super::local::recovery::{self, Found};
use super::local::schedule::TaskId;
use super::spans;
use crate::blame::{self, Caught};
use crate::pipeline::Pipeline;
use crate::sync::Mutex;
use crate::{Error, Place, Result};

/// How long the end waits for tasks of sources that don't notice that their reader was closed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a pipeline to its end, and handles the signals.
pub(super) fn blocking(settings: &Settings, pipeline: Pipeline<'_>) -> Result<()> {
    let control = Arc::new(Control::default());
    let span = spans::pipeline(pipeline.name());
    let attended = Attended::Yes { bar: settings.progress_bar && bar::is_welcome() };
    std::thread::scope(|scope| {
        driver_thread()
            .spawn_scoped(scope, || span.in_scope(|| drive(settings, pipeline, &control, attended)))
            .map_err(no_thread)?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Runs a pipeline in the background.
pub(super) fn background(settings: &Settings, pipeline: Pipeline<'static>) -> Result<Job> {
    let control = Arc::new(Control::default());
    let (ended, done) = watch::channel(false);
    let thread = {
        let (settings, control) = (settings.clone(), Arc::clone(&control));
        let span = spans::pipeline(pipeline.name());
        let drive = move || {
            let result = span.in_scope(|| drive(&settings, pipeline, &control, Attended::No));
            drop(span);
            ended.send_replace(true);
            result
        };
        driver_thread().spawn(drive).map_err(no_thread)?
    };
    Ok(Job { control, done, outcome: Mutex::new(Outcome::Running(thread)) })
}

/// Whether the program is this pipeline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attended {
    /// Its signals are handled, and there may be a progress bar.
    Yes { bar: bool },
    /// It is a service's.
    No,
}

fn driver_thread() -> std::thread::Builder {
    std::thread::Builder::new().name("millstream-driver".into()).stack_size(STACK)
}

fn no_thread(source: std::io::Error) -> Error {
    Error::System { what: "a thread for the driver", source }
}

/// The driver's thread, from its first line to its last. When it returns, nothing of the pipeline is left.
fn drive(
    settings: &Settings,
    pipeline: Pipeline<'_>,
    control: &Arc<Control>,
    attended: Attended,
) -> Result<()> {
    let pipeline_name = pipeline.name().map(str::to_string);
    let runtime = if settings.needs_runtime(&pipeline) { Some(io_runtime()?) } else { None };
    let result = blame::catch(|| open_and_run(settings, pipeline, control, runtime.as_ref(), attended));
    control.close();
    if let Some(runtime) = runtime {
        runtime.shutdown_timeout(PATIENCE);
    }
    result.unwrap_or_else(|Caught { message, .. }| {
        let at = Place { pipeline: pipeline_name, ..Place::default() };
        Err(Error::Panic { at: Box::new(at), message })
    })
}

fn open_and_run(
    settings: &Settings,
    pipeline: Pipeline<'_>,
    control: &Arc<Control>,
    runtime: Option<&Runtime>,
    attended: Attended,
) -> Result<()> {
    let pool = pool::shared(settings.threads)?;
    let places = Places::of(&pipeline.plan);
    let found = match runtime {
        None => Found::default(),
        Some(runtime) => {
            let lanes = Lanes::Threads(runtime.handle().clone(), Arc::clone(&control.bell));
            recovery::start(&pipeline, settings, &lanes)?
        }
    };
    let mut driver = Driver::open(pipeline, settings, control, runtime.map(Runtime::handle), found)?;
    // Not before: whoever waits for a broker that is down would not be stopped by it.
    let _listening = match runtime {
        Some(runtime) if attended != Attended::No => Some(super::signals::listen(runtime.handle(), control)?),
        _ => None,
    };
    if attended == (Attended::Yes { bar: true }) {
        driver.show_bar();
    }
    // The scope ends when no task of this pipeline is left, in the pool or on its way there.
    let ran = blame::catch(|| {
        pool.in_place_scope(|scope| {
            let core = Arc::clone(&driver.core);
            let ran = blame::catch(|| driver.run(&mut Pool { scope, core }));
            if ran.is_err() {
                driver.core.break_off();
            }
            ran
        })
    });
    // What users wrote is caught closer to it: this is a mistake of the engine's own.
    if let Ok(Err(caught)) | Err(caught) = ran {
        let at = TaskId { tick: u64::MAX, stage: usize::MAX, task: usize::MAX };
        let place = places.place(caught.node, None, None);
        driver.core.fail(Failure { at, error: Error::Panic { at: place, message: caught.message } });
    }
    driver.end().0
}

/// Where sources wait for the outside: one thread is enough for waiting.
pub(super) fn io_runtime() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("millstream-io")
        .enable_all()
        .build()
        .map_err(|source| Error::System { what: "a runtime for the sources", source })
}

/// Ends a runtime, also on a thread of another one, which must not block.
pub(super) fn shut_down(runtime: Runtime) {
    if tokio::runtime::Handle::try_current().is_ok() {
        runtime.shutdown_background();
    } else {
        runtime.shutdown_timeout(PATIENCE);
    }
}
