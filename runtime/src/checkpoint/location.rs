//! A location as the user writes it, a path or a URL, and the store that it means.

use std::sync::Arc;

use super::Storage;
use crate::BoxError;
use crate::store::{CHECKPOINT, Place, place};

impl Storage {
    /// The objects of `pipeline` at a location: a local path, or a URL. Nothing is made there before something is
    /// written.
    pub fn open(location: &str, pipeline: &str) -> Result<Storage, BoxError> {
        match place(location, CHECKPOINT)? {
            Place::Files(store, path) => Ok(Storage::in_files(store, path, pipeline)?),
            Place::Store(store, path) => Ok(Storage::below(store, path, pipeline)),
        }
    }

    /// All pipelines at a location.
    pub(super) async fn all(location: &str) -> Result<Vec<Storage>, BoxError> {
        match place(location, CHECKPOINT)? {
            Place::Files(store, path) => Storage::all_below(Arc::new(store), path).await,
            Place::Store(store, path) => Storage::all_below(store, path).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn refusal(location: &str) -> String {
        Storage::open(location, "p").expect_err("it is refused").to_string()
    }

    #[test]
    fn a_location_that_can_not_be_says_why() {
        assert!(refusal("http://host/path").contains("plain HTTP can't create"));
        assert!(refusal("memory:///x").contains("does not outlive"));
        assert!(refusal("file://host/path").contains("three slashes"));
        assert!(refusal("ftp://host/path").contains("ftp://host/path"));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(refusal(file.path().to_str().unwrap()).contains("a folder is needed"));
    }

    #[test]
    #[cfg(not(feature = "aws"))]
    fn a_store_without_its_feature_says_which() {
        assert!(refusal("s3://bucket/path").contains("--features aws"));
    }

    #[test]
    fn secrets_are_in_no_message() {
        for location in
            ["ftp://user:secret@host/path", "ftp://host/path?sig=secret", "ftp://:secret@host:x/path"]
        {
            assert!(!refusal(location).contains("secret"), "{location}");
        }
    }

    #[test]
    fn a_path_and_its_url_are_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("with space and ü%");
        let url = Url::from_file_path(&path).unwrap();
        let (path, url) = (Storage::open(path.to_str().unwrap(), "p"), Storage::open(url.as_str(), "p"));
        assert_eq!(path.unwrap().to_string(), url.unwrap().to_string());
    }
}
