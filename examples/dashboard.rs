//! Visits of pages, by the minute in which they happened: the log is out of order, as logs of several servers are.
//!
//! ```text
//! … -- dashboard [FILE…]        lines `SECOND PAGE MILLISECONDS`; by default a few that are shipped in the program
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Window};

use crate::{Example, Shown};

pub const EXAMPLE: Example = Example {
    name: "dashboard",
    about: "[FILE…]: visits of pages, by the minute in which they happened, from a log that is out of order",
    plan: Some(|| dashboard(text_files("*.log"), Shown(|_| String::new()), |_| ()).plan()),
    run,
};

/// When, which page, and how long it took.
type Visit = (i64, String, u64);

fn visit(line: &str) -> Option<Visit> {
    let mut words = line.split_whitespace();
    let (second, page, millis) = (words.next()?, words.next()?, words.next()?);
    Some((second.parse().ok()?, page.to_string(), millis.parse().ok()?))
}

/// Of a page in a minute: how many visits, the mean of what they took, and the longest.
pub type Figures = (Window, String, (u64, f64, u64));

/// `out` gets the figures of each minute once, when no more visits of it are expected: half a minute later by the log's own time.
/// `late` gets those that come even later.
pub fn dashboard<'a>(
    input: impl Source<Batch = Lines>,
    out: impl Sink<Figures> + 'a,
    late: impl FnMut((String, u64)) + Send + 'a,
) -> Pipeline<'a> {
    stream! { <Dashboard>
        let lines = source(input);
        let visits = lines.filter_map(visit).event_time(|(second, _, _)| 1000 * second, secs(30));
        let times = visits.map(|(_, page, ms)| (page, ms));
        let (figures, too_late) =
            times.tumbling(minutes(1)).aggregate_by_key((count(), mean(|ms| *ms), max(|ms| *ms)));
        figures.sink(out);
        too_late.for_each(late);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let show = Shown(|(window, page, (visits, mean, longest)): Figures| {
        let minute = window.start.millis() / 60_000;
        format!("minute {minute:>3}  {page:<8} {visits:>4} visits, {mean:>6.1} ms, at most {longest} ms")
    });
    let late = |(page, ms): (String, u64)| println!("too late:   {page} ({ms} ms)");
    if arguments.is_empty() {
        let folder = std::env::temp_dir().join(format!("millstream-dashboard-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("visits.log");
        std::fs::write(&file, LOG)?;
        let ran = Engine::local().run(dashboard(text_files(file), show, late));
        std::fs::remove_dir_all(folder)?;
        return Ok(ran?);
    }
    Ok(Engine::local().run(dashboard(text_files(arguments.to_vec()), show, late))?)
}

const LOG: &str = "\
5 / 30
61 / 12
9 /about 7
58 / 20
70 /about 9
64 / 14
130 / 11
66 /about 5
";

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    /// A line a tick, so that the last one comes when the watermark has passed its minute.
    fn lines(folder: &tempfile::TempDir) -> impl Source<Batch = Lines> + use<> {
        let file = folder.path().join("visits.log");
        std::fs::write(&file, format!("{LOG}20 / 99\n")).expect("it is written");
        text_files(file).max_bytes_per_tick(1)
    }

    #[test]
    fn visits_count_in_the_minute_in_which_they_happened() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, mut too_late) = (MemorySink::new(), Vec::new());
        let pipeline = dashboard(lines(&folder), out.clone(), |visit| too_late.push(visit));
        Engine::test().run(pipeline).expect("it runs");
        let minutes = out
            .records()
            .into_iter()
            .map(|(w, page, figure): Figures| (w.start.millis() / 60_000, page, figure));
        let mut figures: Vec<_> = minutes.collect();
        figures.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let page = |minute: i64, page: &str, figure: (u64, f64, u64)| (minute, page.to_string(), figure);
        let expected = [
            page(0, "/", (2, 25.0, 30)),
            page(0, "/about", (1, 7.0, 7)),
            page(1, "/", (2, 13.0, 14)),
            page(1, "/about", (2, 7.0, 9)),
            page(2, "/", (1, 11.0, 11)),
        ];
        assert_eq!(figures, expected);
        assert_eq!(too_late, [("/".to_string(), 99)]);
    }

    #[test]
    fn a_restart_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        restarts_change_nothing(|out| dashboard(lines(&folder), out, |_| ()));
    }
}
