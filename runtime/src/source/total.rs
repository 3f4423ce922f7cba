//! How much a source has in all.

use std::fmt;

/// How much there is to read, as [`Reader::total`](super::Reader::total) says it, in units of offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Total {
    /// Of files: before what is made of the bytes.
    Bytes(u64),
    /// Of iterators and queues.
    Records(u64),
}

impl Total {
    /// The number, whatever it counts.
    pub fn amount(self) -> u64 {
        match self {
            Total::Bytes(n) | Total::Records(n) => n,
        }
    }

    /// Both together, if they count alike.
    pub(crate) fn plus(self, other: Total) -> Option<Total> {
        match (self, other) {
            (Total::Bytes(a), Total::Bytes(b)) => Some(Total::Bytes(a.saturating_add(b))),
            (Total::Records(a), Total::Records(b)) => Some(Total::Records(a.saturating_add(b))),
            _ => None,
        }
    }
}

/// In three digits or so: `1.2 MB`, `340 k records`.
impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, prefix) = short(self.amount());
        match (self, prefix) {
            (Total::Bytes(_), prefix) => write!(f, "{number} {prefix}B"),
            (Total::Records(_), "") => write!(f, "{number} records"),
            (Total::Records(_), prefix) => write!(f, "{number} {prefix} records"),
        }
    }
}

fn short(n: u64) -> (String, &'static str) {
    let mut value = n as f64;
    let mut prefixes = ["", "k", "M", "G", "T", "P", "E"].into_iter();
    let mut prefix = prefixes.next().unwrap_or_default();
    // 999.5 would be shown as 1000.
    while value >= 999.5 {
        let Some(next) = prefixes.next() else { break };
        value /= 1000.0;
        prefix = next;
    }
    let digits = if prefix.is_empty() || value >= 99.95 { 0 } else { 1 };
    (format!("{value:.digits$}"), prefix)
}

#[cfg(test)]
mod tests {
    use super::Total;

    #[test]
    fn it_is_shown_in_three_digits() {
        let bytes = [0, 999, 1000, 99_949, 99_951, 999_499, 999_500, 2_900_000_000, u64::MAX];
        let shown = bytes.map(|n| Total::Bytes(n).to_string());
        assert_eq!(
            shown,
            ["0 B", "999 B", "1.0 kB", "99.9 kB", "100 kB", "999 kB", "1.0 MB", "2.9 GB", "18.4 EB"]
        );
        assert_eq!(Total::Records(12).to_string(), "12 records");
        assert_eq!(Total::Records(340_000).to_string(), "340 k records");
    }
}
