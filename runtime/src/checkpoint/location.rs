//! A location as the user writes it, a path or a URL, and the store that it means.

use super::Storage;
use crate::BoxError;

impl Storage {
    /// The objects of `pipeline` at a location: a local path, or a URL.
    pub fn open(location: &str, pipeline: &str) -> Result<Storage, BoxError> {
        todo!("{location} {pipeline}")
    }
}
