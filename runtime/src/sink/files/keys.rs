//! In which folder of its tick a record is.

use std::fmt::Write;

use crate::clock::Timestamp;
use crate::tick::Tick;

/// Which folder a record belongs to.
pub(super) enum KeyOf<T> {
    Record { name: String, key: Box<dyn Fn(&T) -> String + Send> },
    Tick(ByTime),
}

/// How time is cut into folders: for [`FileSink::partition_by_time`](super::FileSink::partition_by_time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByTime {
    /// `day=2026-11-21`
    Day,
    /// `hour=2026-11-21T14`
    Hour,
}

impl ByTime {
    fn name(self) -> &'static str {
        match self {
            ByTime::Day => "day",
            ByTime::Hour => "hour",
        }
    }

    /// The day or the hour of a time, in UTC.
    ///
    /// ```
    /// use millstream::clock::Timestamp;
    /// use millstream::sink::ByTime;
    ///
    /// let time = Timestamp::from_millis(1_795_270_000_000);
    /// assert_eq!(ByTime::Day.of(time), "2026-11-21");
    /// assert_eq!(ByTime::Hour.of(time), "2026-11-21T14");
    /// ```
    pub fn of(self, time: Timestamp) -> String {
        let hours = time.millis().div_euclid(3_600_000);
        let (days, hour) = (hours.div_euclid(24), hours.rem_euclid(24));
        let (year, month, day) = date(days);
        match self {
            ByTime::Day => format!("{year:04}-{month:02}-{day:02}"),
            ByTime::Hour => format!("{year:04}-{month:02}-{day:02}T{hour:02}"),
        }
    }
}

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01. Years are counted from March here, so that a leap
/// day is the last of its year; 400 of them have 146,097 days.
fn date(days: i64) -> (i64, i64, i64) {
    let from_march_0000 = days + 719_468;
    let (era, day_of_era) = (from_march_0000.div_euclid(146_097), from_march_0000.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, five months have 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl<T> KeyOf<T> {
    /// Cuts records of a tick into runs of one folder each, and hands them on. Without a key all are in the tick's own.
    pub fn each_run<E>(
        of: Option<&KeyOf<T>>,
        records: &[T],
        tick: &Tick,
        mut visit: impl FnMut(&str, &[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (name, key) = match of {
            None => return visit("", records),
            Some(KeyOf::Tick(by)) => return visit(&folder(by.name(), &by.of(tick.time)), records),
            Some(KeyOf::Record { name, key }) => (name, key),
        };
        let mut run: Option<(String, usize)> = None;
        for (n, record) in records.iter().enumerate() {
            let value = key(record);
            match &run {
                Some((of, _)) if *of == value => {}
                _ => {
                    if let Some((of, start)) = run.replace((value, n)) {
                        visit(&folder(name, &of), &records[start..n])?;
                    }
                }
            }
        }
        if let Some((of, start)) = run {
            visit(&folder(name, &of), &records[start..])?;
        }
        Ok(())
    }
}

fn folder(name: &str, value: &str) -> String {
    match value {
        "" => format!("{}=__HIVE_DEFAULT_PARTITION__", escaped(name)),
        value => format!("{}={}", escaped(name), escaped(value)),
    }
}

/// Letters, digits and what harms nowhere as they are; the rest as Hive writes it, `%` and two digits.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte) && !(byte == b'.' && out.is_empty()) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
    }
    out
}

/// The path of a file in its tick.
pub(super) fn path(folder: &str, number: usize, extension: &str) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}part-{number:05}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_key_are_a_run() {
        let tick = Tick { number: 0, time: Timestamp::from_millis(0), epoch: 0 };
        let runs = |key: Option<&KeyOf<&'static str>>, records: &[&'static str]| {
            let mut runs = Vec::new();
            let visited: Result<(), ()> = KeyOf::each_run(key, records, &tick, |folder, run| {
                runs.push(format!("{folder}:{}", run.concat()));
                Ok(())
            });
            visited.expect("nothing fails");
            runs.join(" ")
        };
        let first = KeyOf::Record { name: "k".into(), key: Box::new(|text: &&str| text[..1].to_string()) };
        assert_eq!(runs(Some(&first), &["a1", "a2", "b", "a3"]), "k=a:a1a2 k=b:b k=a:a3");
        assert_eq!(runs(Some(&first), &[]), "");
        assert_eq!(runs(Some(&KeyOf::Tick(ByTime::Day)), &["a", "b"]), "day=1970-01-01:ab");
        assert_eq!(runs(None, &["a", "b"]), ":ab");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_778, (2026, 11, 21)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }

    #[test]
    fn a_value_can_not_leave_its_folder() {
        for (value, expected) in [
            ("AT", "k=AT"),
            ("", "k=__HIVE_DEFAULT_PARTITION__"),
            ("../../etc", "k=%2E.%2F..%2Fetc"),
            ("a=b%", "k=a%3Db%25"),
            ("ß", "k=%C3%9F"),
        ] {
            assert_eq!(folder("k", value), expected);
        }
        assert_eq!(path("k=AT", 3, "jsonl"), "k=AT/part-00003.jsonl");
        assert_eq!(path("", 0, "parquet"), "part-00000.parquet");
    }
}
