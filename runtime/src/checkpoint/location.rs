//! A location as the user writes it, a path or a URL, and the store that it means.

use std::sync::Arc;
use std::{env, fmt};

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme};
use url::Url;

use super::Storage;
use crate::BoxError;

impl Storage {
    /// The objects of `pipeline` at a location: a local path, or a URL. Nothing is made there before something is
    /// written.
    pub fn open(location: &str, pipeline: &str) -> Result<Storage, BoxError> {
        match place(location)? {
            Place::Files(store, path) => Ok(Storage::in_files(store, path, pipeline)?),
            Place::Store(store, path) => Ok(Storage::below(store, path, pipeline)),
        }
    }

    /// All pipelines at a location.
    pub(super) async fn all(location: &str) -> Result<Vec<Storage>, BoxError> {
        match place(location)? {
            Place::Files(store, path) => Storage::all_below(Arc::new(store), path).await,
            Place::Store(store, path) => Storage::all_below(store, path).await,
        }
    }
}

enum Place {
    Files(LocalFileSystem, Path),
    Store(Arc<dyn ObjectStore>, Path),
}

fn place(location: &str) -> Result<Place, BoxError> {
    match location.split_once("://") {
        Some((scheme, _)) => remote(location, scheme),
        None => local(std::path::Path::new(location)),
    }
}

/// A folder. Files and folders are synced before a put returns.
fn local(path: &std::path::Path) -> Result<Place, BoxError> {
    let refused =
        |error: &dyn fmt::Display| format!("the checkpoint can't be at `{}`: {error}", path.display());
    let absolute = std::path::absolute(path).map_err(|error| refused(&error))?;
    if absolute.is_file() {
        return Err(refused(&"this is a file, and a checkpoint is a folder").into());
    }
    let root = Path::from_absolute_path(&absolute).map_err(|error| refused(&error))?;
    Ok(Place::Files(LocalFileSystem::new().with_fsync(true), root))
}

/// What a URL names, by its scheme.
fn remote(location: &str, scheme: &str) -> Result<Place, BoxError> {
    // What may be a secret is in no message: not even in that it is no URL.
    let mut url =
        Url::parse(location).map_err(|error| format!("a location with `{scheme}://` is no URL: {error}"))?;
    let _ = url.set_password(None);
    let mut shown = url.clone();
    shown.set_query(None);
    let refused = |error: &dyn fmt::Display| {
        let error = error.to_string().replace(url.as_str(), shown.as_str());
        format!("the checkpoint can't be at `{shown}`: {error}")
    };
    match scheme {
        "file" => match url.to_file_path() {
            Ok(path) => return local(&path),
            Err(()) => {
                return Err(refused(&"a `file` URL has no host, so three slashes: `file:///path`").into());
            }
        },
        "memory" => return Err(refused(&"what is in memory does not outlive the program").into()),
        "hdfs" => return hdfs(&url).map_err(|error| refused(&error).into()),
        _ => {}
    }
    let (kind, _) = ObjectStoreScheme::parse(&url).map_err(|error| refused(&error))?;
    let (feature, variables) = match kind {
        ObjectStoreScheme::AmazonS3 => ("aws", "AWS_"),
        ObjectStoreScheme::GoogleCloudStorage => ("gcp", "GOOGLE_"),
        ObjectStoreScheme::MicrosoftAzure => ("azure", "AZURE_"),
        // Its puts always overwrite.
        ObjectStoreScheme::Http => {
            return Err(
                refused(&"plain HTTP can't create an object only if there is none of that name").into()
            );
        }
        _ => return Err(refused(&"this kind of store is not known").into()),
    };
    if !has(feature) {
        return Err(refused(&missing(feature)).into());
    }
    // Of the program's environment only what is meant for this store: `TOKEN`, say, may be anybody's.
    let options = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let options = options.filter(|(name, _)| name.starts_with(variables));
    let (store, path) = object_store::parse_url_opts(&url, options).map_err(|error| refused(&error))?;
    Ok(Place::Store(store.into(), path))
}

fn has(feature: &str) -> bool {
    match feature {
        "aws" => cfg!(feature = "aws"),
        "gcp" => cfg!(feature = "gcp"),
        "azure" => cfg!(feature = "azure"),
        _ => false,
    }
}

fn missing(feature: &str) -> String {
    format!("this needs the feature `{feature}`: `cargo add millstream --features {feature}`")
}

#[cfg(feature = "hdfs")]
fn hdfs(url: &Url) -> Result<Place, BoxError> {
    let host = &url[..url::Position::BeforePath];
    let store = hdfs_native_object_store::HdfsObjectStoreBuilder::new().with_url(host).build()?;
    Ok(Place::Store(Arc::new(store), Path::from_url_path(url.path())?))
}

#[cfg(not(feature = "hdfs"))]
fn hdfs(_: &Url) -> Result<Place, BoxError> {
    Err(missing("hdfs").into())
}

#[cfg(test)]
mod tests {
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
        assert!(refusal(file.path().to_str().unwrap()).contains("a checkpoint is a folder"));
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
