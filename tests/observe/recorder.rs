//! A `tracing` subscriber that writes down what it is told.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// An event, or the beginning of a span.
#[derive(Clone, Debug)]
pub struct Line {
    /// The spans around it and itself, outermost first, as `name{field=value}`.
    pub path: Vec<String>,
    pub message: String,
    /// As the book's table has it.
    pub row: String,
}

#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Line>>>);

impl Recorder {
    /// The one of the whole process, which sees all threads.
    pub fn of_the_process() -> &'static Recorder {
        static RECORDER: OnceLock<Recorder> = OnceLock::new();
        RECORDER.get_or_init(|| {
            let recorder = Recorder::default();
            let subscriber = tracing_subscriber::registry().with(recorder.clone());
            tracing::subscriber::set_global_default(subscriber).expect("it is the only one");
            recorder
        })
    }

    /// What happened within the pipeline of that name.
    pub fn of_pipeline(&self, name: &str) -> Vec<Line> {
        let pipeline = format!("pipeline{{name={name}}}");
        let lines = self.0.lock().expect("nothing panics");
        lines.iter().filter(|line| line.path.contains(&pipeline)).cloned().collect()
    }

    fn push(&self, line: Line) {
        self.0.lock().expect("nothing panics").push(line);
    }
}

/// A span's name and fields.
struct Shown(String);

#[derive(Default)]
struct Fields {
    text: String,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            let comma = if self.text.is_empty() { "" } else { " " };
            write!(self.text, "{comma}{}={value:?}", field.name()).expect("a string takes all");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

fn row(kind: &str, name: &str, metadata: &Metadata<'_>) -> String {
    let fields = metadata.fields().iter().filter(|field| field.name() != "message");
    let fields: Vec<String> = fields.map(|field| format!("`{}`", field.name())).collect();
    let level = metadata.level().as_str().to_lowercase();
    format!("| {kind} | {name} | `{}` | {level} | {} |", metadata.target(), fields.join(", "))
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let span = cx.span(id).expect("it is new");
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let name = attributes.metadata().name();
        let braces = if fields.text.is_empty() { String::new() } else { format!("{{{}}}", fields.text) };
        span.extensions_mut().insert(Shown(format!("{name}{braces}")));
        let path = path(&cx, Some(id));
        let row = row("span", &format!("`{name}`"), attributes.metadata());
        self.push(Line { path, message: String::new(), row });
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let path = path(&cx, cx.event_span(event).map(|span| span.id()).as_ref());
        let row = row("event", &fields.message, event.metadata());
        self.push(Line { path, message: fields.message, row });
    }
}

fn path<S: Subscriber + for<'l> LookupSpan<'l>>(cx: &Context<'_, S>, id: Option<&Id>) -> Vec<String> {
    let Some(scope) = id.and_then(|id| cx.span_scope(id)) else { return Vec::new() };
    let shown = scope.from_root().map(|span| {
        span.extensions().get::<Shown>().map_or_else(|| span.name().to_string(), |shown| shown.0.clone())
    });
    shown.collect()
}
