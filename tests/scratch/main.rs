#[path = "../core/event_time.rs"]
mod event_time;
