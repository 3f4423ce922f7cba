//! Clicks joined to the impressions that they are of: an advertisement was shown, and perhaps clicked within a minute. Both logs are
//! out of order, as logs of several servers are.
//!
//! ```text
//! … -- impressions [SHOWN CLICKED]   files of lines `SECOND IMPRESSION AD` and `SECOND IMPRESSION`; by default made ones
//! ```

use std::path::Path;

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Interval, Window};

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "impressions",
    about: "[SHOWN CLICKED]: clicks joined to the impressions that they are of: how often an advertisement is clicked",
    plan: Some(|| impressions(text_files("shown.log"), text_files("clicked.log"), |_| ()).plan()),
    run,
};

/// By so many seconds the logs are out of order, and so many a click may take.
const DISORDER: i64 = 10;
const WITHIN: i64 = 60;

fn impression(line: &str) -> Option<(i64, u64, String)> {
    let mut words = line.split_whitespace();
    let (second, number, ad) = (words.next()?, words.next()?, words.next()?);
    Some((second.parse().ok()?, number.parse().ok()?, ad.to_string()))
}

fn click(line: &str) -> Option<(i64, u64)> {
    let (second, number) = line.split_once(' ')?;
    Some((second.parse().ok()?, number.parse().ok()?))
}

/// Of an advertisement: of how many impressions the outcome became known in this minute, how many of them were clicked, and
/// after how many seconds on average.
pub type Figures = (Window, String, (u64, u64, f64));

/// `show` gets the figures of each minute when it is over.
pub fn impressions<'a>(
    shown: impl Source<Batch = Lines>,
    clicked: impl Source<Batch = Lines>,
    show: impl FnMut(Figures) + Send + 'a,
) -> Pipeline<'a> {
    let disorder = millis(1000 * DISORDER.unsigned_abs());
    let within = Interval::millis(0..=1000 * WITHIN);
    stream! { <Impressions>
        let shown = source(shown).filter_map(impression).event_time(|(second, _, _)| 1000 * second, disorder);
        let clicked = source(clicked).filter_map(click).event_time(|(second, _)| 1000 * second, disorder);
        let clicks = clicked.map(|(second, number)| (number, second));
        // An impression without a click comes with `None` when it is too late for one.
        let outcomes = shown
            .map(|(second, number, ad)| (number, (second, ad)))
            .left_outer_interval_join(clicks, within);
        let by_ad = outcomes.map(|(_, ((second, ad), click))| (ad, click.map(|click| click - second)));
        let figures = by_ad.tumbling(minutes(1)).aggregate_by_key((
            count(),
            sum(|waited: &Option<i64>| u64::from(waited.is_some())),
            sum(|waited: &Option<i64>| waited.unwrap_or(0)),
        ));
        figures
            .map(|(minute, ad, (outcomes, clicks, seconds))| {
                (minute, ad, (outcomes, clicks, seconds as f64 / clicks.max(1) as f64))
            })
            .for_each(show);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let show = |(minute, ad, (outcomes, clicks, seconds)): Figures| {
        let (minute, rate) = (minute.start.millis() / 60_000, 100.0 * clicks as f64 / outcomes as f64);
        println!(
            "minute {minute:>3}  {ad:<8} {outcomes:>4} shown, {rate:>5.1} % clicked, after {seconds:>4.1} s"
        );
    };
    match arguments {
        [] => {
            let folder = std::env::temp_dir().join(format!("millstream-impressions-{}", std::process::id()));
            std::fs::create_dir_all(&folder)?;
            let ran = made(&folder).map_err(BoxError::from).and_then(|[shown, clicked]| {
                Ok(Engine::local().run(impressions(text_files(shown), text_files(clicked), show))?)
            });
            std::fs::remove_dir_all(folder)?;
            ran
        }
        [shown, clicked] => {
            Ok(Engine::local().run(impressions(text_files(shown), text_files(clicked), show))?)
        }
        _ => Err("write no file, or two: SHOWN CLICKED".into()),
    }
}

/// What was shown and what was clicked in some minutes: both logs, each in the order in which its lines arrived.
fn logs() -> [Vec<String>; 2] {
    // The numbers look random, and are the same every time (an LCG; Knuth's MMIX).
    let mut state = 1u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    // Arrival, second, and the rest of the line.
    let (mut shown, mut clicked) = (Vec::new(), Vec::new());
    for number in 0..400u64 {
        let second = number;
        let ad = ["pears", "figs", "quinces"][below(3) as usize];
        shown.push((second + below(DISORDER as u64), second, format!("{number} {ad}")));
        // Pears are clicked more often than figs. Some click when it counts no more.
        let often = if ad == "pears" { 2 } else { 5 };
        if below(often) == 0 {
            let second = second + below(80);
            clicked.push((second + below(DISORDER as u64), second, number.to_string()));
        }
    }
    [shown, clicked].map(|mut lines| {
        lines.sort_by_key(|(arrival, ..)| *arrival);
        lines.into_iter().map(|(_, second, rest)| format!("{second} {rest}\n")).collect()
    })
}

/// Writes them to files.
fn made(folder: &Path) -> std::io::Result<[std::path::PathBuf; 2]> {
    let files = ["shown.log", "clicked.log"].map(|name| folder.join(name));
    for (file, lines) in files.iter().zip(logs()) {
        std::fs::write(file, lines.concat())?;
    }
    Ok(files)
}

#[test]
fn each_impression_is_counted_once_with_its_click_or_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let [shown, clicked] = made(folder.path()).expect("they are written");
    let mut figures = Vec::new();
    // Small ticks, so that much is out of order between them.
    let sources = [shown, clicked].map(|file| text_files(file).max_bytes_per_tick(300));
    let [shown, clicked] = sources;
    let pipeline = impressions(shown, clicked, |(_, ad, (outcomes, clicks, seconds))| {
        figures.push((ad, outcomes, clicks, (seconds * clicks as f64).round() as i64));
    });
    Engine::test().run(pipeline).expect("it runs");

    // The same, by looking at all clicks for each impression.
    let [shown, clicked] = logs();
    let clicks: Vec<(i64, u64)> = clicked.iter().filter_map(|line| click(line.trim_end())).collect();
    let mut expected = std::collections::BTreeMap::<String, (u64, u64, i64)>::new();
    for (second, number, ad) in shown.iter().filter_map(|line| impression(line)) {
        let of_ad = expected.entry(ad).or_default();
        of_ad.0 += 1;
        let is_its = |(at, of): &&(i64, u64)| *of == number && (0..=WITHIN).contains(&(at - second));
        if let Some((at, _)) = clicks.iter().find(is_its) {
            of_ad.1 += 1;
            of_ad.2 += at - second;
        }
    }
    let mut got = std::collections::BTreeMap::<String, (u64, u64, i64)>::new();
    for (ad, outcomes, clicks, seconds) in figures {
        let of_ad = got.entry(ad).or_default();
        (of_ad.0, of_ad.1, of_ad.2) = (of_ad.0 + outcomes, of_ad.1 + clicks, of_ad.2 + seconds);
    }
    assert_eq!(got, expected);
    assert_eq!(got.values().map(|figures| figures.0).sum::<u64>(), 400);
}
