//! `millstream-ckpt`: what is in the checkpoints of a location. It only reads.

mod export;
mod show;
#[cfg(test)]
mod tests;
mod verify;

use std::io::Write;

use super::Storage;
use super::manifest::Manifest;
use super::name::ManifestName;
use super::recover;
use crate::BoxError;
use crate::clock::Timestamp;

const USAGE: &str = "\
usage: millstream-ckpt COMMAND LOCATION [PIPELINE] [--tick N] [--operator NAME]

LOCATION is what the engine's `checkpoint` was given: a path, or a URL.
PIPELINE can be left out if there is one.

  ls       pipelines and their checkpoints, newest first
  show     a checkpoint: offsets, operators, key counts, bytes
  verify   reads all there is and checks it; exit code 1 if anything is damaged
  export   the state as JSON lines

show and export take the newest checkpoint, or that of --tick N; export --operator NAME takes that state alone.
";

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    location: String,
    pipeline: Option<String>,
    tick: Option<u64>,
    operator: Option<String>,
}

/// Runs the command and writes what it says to `out`. `false`: it has found damage.
pub fn command(args: &[String], out: &mut dyn Write) -> Result<bool, BoxError> {
    let Some((what, args)) = args.split_first() else { return Err(USAGE.into()) };
    if ["help", "--help", "-h"].contains(&what.as_str()) {
        out.write_all(USAGE.as_bytes())?;
        return Ok(true);
    }
    if !["ls", "show", "verify", "export"].contains(&what.as_str()) {
        return Err(format!("`{what}` is no command\n{USAGE}").into());
    }
    let asked = Asked::parse(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match what.as_str() {
            "ls" => show::list(&asked.pipelines().await?, out).await,
            "show" => show::checkpoint(&asked.pipeline().await?, asked.tick, out).await,
            "verify" => verify::all(&asked.pipelines().await?, out).await,
            _ => export::state(&asked.pipeline().await?, asked.tick, asked.operator.as_deref(), out).await,
        }
    })
}

impl Asked {
    fn parse(args: &[String]) -> Result<Asked, BoxError> {
        let mut asked = Asked::default();
        let mut plain = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value\n{USAGE}"));
            match arg.as_str() {
                "--tick" => {
                    let tick = value()?;
                    asked.tick = Some(tick.parse().map_err(|_| format!("`{tick}` is no number of a tick"))?);
                }
                "--operator" => asked.operator = Some(value()?.clone()),
                option if option.starts_with("--") => {
                    return Err(format!("there is no option `{option}`\n{USAGE}").into());
                }
                _ => plain.push(arg.clone()),
            }
        }
        let mut plain = plain.into_iter();
        asked.location = plain.next().ok_or_else(|| format!("where are the checkpoints?\n{USAGE}"))?;
        asked.pipeline = plain.next();
        match plain.next() {
            Some(more) => Err(format!("`{more}` is one argument too many\n{USAGE}").into()),
            None => Ok(asked),
        }
    }

    async fn pipelines(&self) -> Result<Vec<Storage>, BoxError> {
        let storages = match &self.pipeline {
            Some(name) => vec![Storage::open(&self.location, name)?],
            None => Storage::all(&self.location).await?,
        };
        if storages.is_empty() {
            return Err(format!("there is no checkpoint in `{}`", self.location).into());
        }
        Ok(storages)
    }

    async fn pipeline(&self) -> Result<Storage, BoxError> {
        let mut storages = self.pipelines().await?;
        if storages.len() > 1 {
            let names: Vec<_> = storages.iter().map(Storage::pipeline).collect();
            return Err(format!("there are several pipelines, say which: {}", names.join(", ")).into());
        }
        Ok(storages.remove(0))
    }
}

/// The checkpoint of a tick, or the newest, as its manifest has it.
async fn find(storage: &Storage, tick: Option<u64>) -> Result<Manifest, BoxError> {
    let names = storage.list::<ManifestName>().await?;
    let name =
        names.iter().rev().map(|found| found.name).find(|name| tick.is_none_or(|tick| name.tick == tick));
    let Some(name) = name else {
        let of = tick.map_or(String::new(), |tick| format!(" of tick {tick}"));
        return Err(format!("there is no checkpoint{of} in {storage}").into());
    };
    Ok(recover::manifest(storage, name).await.map_err(|unread| unread.to_string())?)
}

/// As people read it, in UTC.
fn utc(time: Timestamp) -> String {
    let seconds = time.millis().div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Counted from 1 March of the year 0, leap days are at the ends of years.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A number of bytes.
fn bytes(n: u64) -> String {
    match n {
        0..10_000 => format!("{n} B"),
        10_000..10_000_000 => format!("{} kB", n / 1000),
        _ => format!("{} MB", n / 1_000_000),
    }
}
