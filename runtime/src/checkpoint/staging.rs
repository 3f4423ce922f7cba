//! What a put that was killed has left of itself in a folder.
//!
//! The store of local folders writes an object as `NAME#NUMBER` and links it to its name when it is whole. It shows such files
//! to nobody, so only the file system knows of them.

use std::path::PathBuf;

use super::Storage;
use super::name::{Folder, ManifestName, Name, Position, SegmentName, StateName};

/// Deletes what puts of older starts have left: they had the log before the fence at a position. Gives what went wrong.
///
/// # Contract
/// - Nothing is deleted that the newest start may be writing, whoever that is: it writes behind that fence, in a newer epoch.
/// - A put of an older start that still runs fails, as it would have: it is fenced.
pub(super) fn clear(storage: &Storage, fence: u64, epoch: u64) -> Vec<String> {
    let Some(folder) = storage.folder_of_all() else { return Vec::new() };
    let is_old = |folder: Folder, name: &str| match folder {
        Folder::Log => {
            Position::parse(name).is_some_and(|position| position.0 < fence)
                || SegmentName::parse(name).is_some_and(|segment| segment.fence < fence)
        }
        Folder::State => StateName::parse(name).is_some_and(|state| state.epoch < epoch),
        Folder::Manifest => ManifestName::parse(name).is_some_and(|manifest| manifest.epoch < epoch),
    };
    let mut failures = Vec::new();
    for of in [Folder::Log, Folder::State, Folder::Manifest] {
        for path in files(&folder.join(of.as_str())) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some((object, number)) = name.split_once('#') else { continue };
            let is_staged = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if is_staged
                && is_old(of, object)
                && let Err(error) = std::fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                failures.push(format!("could not delete `{}`: {error}", path.display()));
            }
        }
    }
    failures
}

/// None, where there is no such folder yet.
fn files(folder: &std::path::Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
}
