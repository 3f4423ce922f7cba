//! From a pipeline to its driver.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Driver;
use crate::Result;
use crate::engine::control::Control;
use crate::engine::local::budget::Budget;
use crate::engine::local::core::Core;
use crate::engine::local::delivery::Delivery;
use crate::engine::local::estimate::Estimate;
use crate::engine::local::failure::Places;
use crate::engine::local::intake::Intake;
use crate::engine::local::planner::Planner;
use crate::engine::local::recovery::Found;
use crate::engine::local::savepoints::Savepoints;
use crate::engine::local::schedule::Scheduler;
use crate::engine::local::states;
use crate::engine::local::tables::Tables;
use crate::engine::local::throttle::Throttle;
use crate::engine::local::topology::Topology;
use crate::engine::local::watermarks::Clocks;
use crate::engine::local::windows;
use crate::engine::local::work::Work;
use crate::engine::{Settings, Trigger, guarantee};
use crate::pipeline::Pipeline;
use crate::progress::{CounterProgress, SourceProgress};
use crate::source::{SourceContext, Waker};

impl<'env> Driver<'env> {
    /// Opens outlets, then sources: nothing arrives before there is a place for it. With a log, goes on where it ends, and
    /// keeps it up.
    pub fn open(
        pipeline: Pipeline<'env>,
        settings: &Settings,
        control: &Arc<Control>,
        runtime: Option<&tokio::runtime::Handle>,
        found: Found,
    ) -> Result<Driver<'env>> {
        let Found { mut log, durable, lanes, kept } = found;
        pipeline.check_operands()?;
        states::check_trigger(&pipeline.plan, settings.trigger)?;
        windows::fit(&pipeline, settings.trigger)?;
        let topology = Arc::new(Topology::of(&pipeline));
        let source_names = states::source_names(&pipeline);
        let mut clocks = Clocks::of(&pipeline);
        let every_interval = durable.is_some() && states::goes_by_time(&pipeline);
        let places = Places::of(&pipeline.plan);
        tracing::info!(
            target: "millstream::engine",
            pipeline = places.pipeline().unwrap_or(""),
            guarantee = %guarantee::of(&pipeline, durable.is_some()),
            partitions = settings.partitions,
            trigger = %settings.trigger,
            "the pipeline starts"
        );
        let throttle = Throttle::of(settings, topology.sources)?;
        let counters = pipeline.counters;
        let epoch = log.as_ref().map_or(0, |log| log.epoch);
        let last_tick = log.as_ref().and_then(|log| log.last).map(|tick| tick.number);
        let weigh: Vec<_> = pipeline.outlets.iter().map(|outlet| outlet.weigh).collect();
        let delivery = Delivery::open(pipeline.outlets, &topology, &places, epoch, last_tick)?;
        let waker = {
            let control = Arc::clone(control);
            Waker::new(move || control.bell.ring())
        };
        settings.clock.watch(&waker);
        let cx = runtime.map(|runtime| SourceContext {
            runtime: runtime.clone(),
            waker,
            clock: Arc::clone(&settings.clock),
            trigger: settings.trigger,
        });
        let mut intake =
            Intake::open(pipeline.sources, cx.as_ref(), &topology, &places, settings.partitions)?;
        let resume = log.as_mut().filter(|log| log.newest().is_some());
        let mut ready = resume.map_or(Ok(()), |log| intake.seek(log));
        if matches!(settings.trigger, Trigger::AvailableNow) {
            ready = ready.and_then(|()| intake.freeze());
        }
        if let Err(error) = ready {
            intake.close();
            return Err(error);
        }
        let mut scheduler = Scheduler::new(Arc::clone(&topology), settings.partitions);
        let states = states::names(&pipeline.plan, &pipeline.stages);
        if let Some(log) = &mut log {
            let restored =
                states::restore(&pipeline.stages, &states, &pipeline.migrations, &log.states, &mut scheduler)
                    .and_then(|()| clocks.restore(&log.states));
            if let Err(error) = restored {
                intake.close();
                return Err(error);
            }
            if durable.is_some() {
                // What was stored is there again.
                (log.states, log.journals) = Default::default();
            }
        }
        scheduler.resume(log.as_ref().and_then(|log| log.last).map(|tick| tick.time));
        let backend = match settings.state_backend.open() {
            Ok(backend) => backend,
            Err(error) => {
                intake.close();
                return Err(error);
            }
        };
        let readers = intake.readers();
        let work = Work::new(pipeline.stages, &weigh, readers, places.clone(), runtime.cloned(), backend);
        let core = Core::new(work, scheduler, Arc::clone(&control.bell), settings.trace.clone());
        let budget = log.as_ref().and_then(|log| log.budget.clone());
        let budget = budget.unwrap_or_else(|| Budget::new(settings.memory_budget, intake.grains()));
        let streams: Vec<_> = intake.streams().collect();
        let mut planner = Planner::new(
            intake,
            budget,
            throttle,
            clocks,
            settings.trigger,
            settings.overrun,
            settings.clock.now(),
        );
        if settings.flush_at_end && topology.stages.iter().any(|stage| stage.timed) {
            planner.flush_at_end();
        }
        if let Some(log) = &log {
            planner.resume(log, every_interval);
        }
        control.update(|progress| {
            progress.sources = streams.iter().map(|&stream| SourceProgress { stream, input: 0 }).collect();
            progress.stages = vec![Duration::ZERO; topology.stages.len()];
            progress.counters =
                counters.iter().map(|c| CounterProgress { name: c.shared_name(), value: c.get() }).collect();
        });
        let last = log.as_ref().and_then(|log| log.last);
        let mut driver = Driver {
            core: Arc::new(core),
            planner,
            control: Arc::clone(control),
            settings: settings.clone(),
            estimate: Estimate::new(topology.sources),
            topology,
            places,
            delivery,
            tables: Tables::of(pipeline.tables),
            states,
            sources: source_names,
            in_flight: VecDeque::new(),
            counters,
            log: log.filter(|_| kept || durable.is_some()),
            durable,
            savepoints: Savepoints::default(),
            lanes,
            last,
            bar: None,
            crashed: None,
        };
        if let Err(error) = driver.found() {
            driver.planner.intake.close();
            return Err(error);
        }
        Ok(driver)
    }
}
