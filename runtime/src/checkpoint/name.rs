//! The names of objects. Numbers are padded, so that names in order of text are in order of numbers.

use std::fmt;

/// The three folders of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    Log,
    State,
    Manifest,
}

impl Folder {
    pub const fn as_str(self) -> &'static str {
        match self {
            Folder::Log => "log",
            Folder::State => "state",
            Folder::Manifest => "manifest",
        }
    }
}

/// The name of an object. `Display` gives it with its folder.
pub(super) trait Name: Copy + Ord + fmt::Display + Send {
    const FOLDER: Folder;

    /// The name without its folder.
    fn file(self) -> String;

    /// Of the name without its folder.
    fn parse(text: &str) -> Option<Self>;
}

/// A position of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(pub u64);

/// A segment of the log, which holds entries from this tick on, of the start whose fence is at this position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct SegmentName {
    pub fence: u64,
    pub tick: u64,
}

/// A checkpoint: the newest start first in order, then the newest tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ManifestName {
    pub epoch: u64,
    pub tick: u64,
}

/// Pieces of state, the `k`th object that was begun at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct StateName {
    pub tick: u64,
    pub epoch: u64,
    pub k: u64,
}

impl Name for Position {
    const FOLDER: Folder = Folder::Log;

    fn file(self) -> String {
        format!("{:020}", self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        number(text).map(Position)
    }
}

impl Name for SegmentName {
    const FOLDER: Folder = Folder::Log;

    fn file(self) -> String {
        format!("{:020}-{:020}", self.fence, self.tick)
    }

    fn parse(text: &str) -> Option<Self> {
        let (fence, tick) = text.split_once('-')?;
        Some(SegmentName { fence: number(fence)?, tick: number(tick)? })
    }
}

impl Name for ManifestName {
    const FOLDER: Folder = Folder::Manifest;

    fn file(self) -> String {
        format!("{:020}-{:010}", self.tick, self.epoch)
    }

    fn parse(text: &str) -> Option<Self> {
        let (tick, epoch) = text.split_once('-')?;
        Some(ManifestName { epoch: number(epoch)?, tick: number(tick)? })
    }
}

impl Name for StateName {
    const FOLDER: Folder = Folder::State;

    fn file(self) -> String {
        format!("{:020}-{:010}-{:05}", self.tick, self.epoch, self.k)
    }

    fn parse(text: &str) -> Option<Self> {
        let (tick, rest) = text.split_once('-')?;
        let (epoch, k) = rest.split_once('-')?;
        Some(StateName { tick: number(tick)?, epoch: number(epoch)?, k: number(k)? })
    }
}

/// Of digits alone: `parse` would take a `+`.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::FOLDER.as_str(), self.file())
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::FOLDER.as_str(), self.file())
    }
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::FOLDER.as_str(), self.file())
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::FOLDER.as_str(), self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed<N: Name + fmt::Debug>(name: N) -> Option<N> {
        N::parse(&name.file())
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for n in [0, 7, u64::MAX] {
            assert_eq!(parsed(Position(n)), Some(Position(n)));
            let segment = SegmentName { fence: n / 2, tick: n };
            assert_eq!(parsed(segment), Some(segment));
            let manifest = ManifestName { tick: n, epoch: n / 2 };
            assert_eq!(parsed(manifest), Some(manifest));
            let state = StateName { tick: n, epoch: n / 3, k: n };
            assert_eq!(parsed(state), Some(state));
        }
        assert_eq!(
            ManifestName { epoch: 2, tick: 31 }.to_string(),
            "manifest/00000000000000000031-0000000002"
        );
    }

    #[test]
    fn other_names_are_none() {
        for text in ["", "x", "+1", "1-2-3-4", ".00000000000000000001.tmp.1", "00000000000000000001#1"] {
            assert_eq!(Position::parse(text), None, "{text}");
            assert_eq!(SegmentName::parse(text), None, "{text}");
            assert_eq!(ManifestName::parse(text), None, "{text}");
            assert_eq!(StateName::parse(text), None, "{text}");
        }
    }
}
