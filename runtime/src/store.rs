//! A location as the user writes it, a path or a URL, and the store that it means.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::{env, fmt};

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme};
use url::Url;

use crate::BoxError;
use crate::sync::Mutex;

/// A folder of this machine, or a place in a store.
pub(crate) enum Place {
    Files(LocalFileSystem, Path),
    Store(Arc<dyn ObjectStore>, Path),
}

/// What is not to be in memory.
pub(crate) const CHECKPOINT: &str = "the checkpoint";

/// Where a location is. `what` is to be there, for errors: `the checkpoint`.
pub(crate) fn place(location: &str, what: &str) -> Result<Place, BoxError> {
    match location.split_once("://") {
        Some((scheme, _)) => remote(location, scheme, what),
        None => local(std::path::Path::new(location), what),
    }
}

/// A location without what may be a secret: the user and password of a URL, and what is behind its path.
pub(crate) fn shown(location: &str) -> String {
    let Some((scheme, rest)) = location.split_once("://") else { return location.to_string() };
    let rest = rest.split_once(['?', '#']).map_or(rest, |(path, _)| path);
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Stores in memory, by their names in `memory://NAME/…`: one process' own.
static IN_MEMORY: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());

fn in_memory(name: &str) -> Arc<dyn ObjectStore> {
    let mut stores = IN_MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(stores.entry(name.to_string()).or_insert_with(|| Arc::new(InMemory::new())))
}

/// From here on `memory://NAME/…` is in this store.
#[cfg(test)]
pub(crate) fn name_in_memory(name: &str, store: Arc<dyn ObjectStore>) {
    IN_MEMORY.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), store);
}

/// A folder. Files and folders are synced before a put returns.
fn local(path: &std::path::Path, what: &str) -> Result<Place, BoxError> {
    let refused = |error: &dyn fmt::Display| format!("{what} can't be at `{}`: {error}", path.display());
    let absolute = std::path::absolute(path).map_err(|error| refused(&error))?;
    if absolute.is_file() {
        return Err(refused(&"this is a file, and a folder is needed").into());
    }
    let root = Path::from_absolute_path(&absolute).map_err(|error| refused(&error))?;
    Ok(Place::Files(LocalFileSystem::new().with_fsync(true), root))
}

/// What a URL names, by its scheme.
fn remote(location: &str, scheme: &str, what: &str) -> Result<Place, BoxError> {
    // What may be a secret is in no message: not even in that it is no URL.
    let mut url =
        Url::parse(location).map_err(|error| format!("a location with `{scheme}://` is no URL: {error}"))?;
    let _ = url.set_password(None);
    let shown = shown(url.as_str());
    let refused = |error: &dyn fmt::Display| {
        let error = error.to_string().replace(url.as_str(), &shown);
        format!("{what} can't be at `{shown}`: {error}")
    };
    match scheme {
        "file" => match url.to_file_path() {
            Ok(path) => return local(&path, what),
            Err(()) => {
                return Err(refused(&"a `file` URL has no host, so three slashes: `file:///path`").into());
            }
        },
        "memory" if what == CHECKPOINT => {
            return Err(refused(&"what is in memory does not outlive the program").into());
        }
        "memory" => {
            let path = Path::from_url_path(url.path()).map_err(|error| refused(&error))?;
            return Ok(Place::Store(in_memory(url.host_str().unwrap_or_default()), path));
        }
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

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for (location, expected) in [
            ("out/user@x", "out/user@x"),
            ("s3://bucket/a/b", "s3://bucket/a/b"),
            ("s3://key:secret@bucket/a@b?sig=secret", "s3://bucket/a@b"),
            ("az://secret@bucket", "az://bucket"),
            ("s3://bucket#secret", "s3://bucket"),
        ] {
            assert_eq!(shown(location), expected);
        }
    }

    #[test]
    fn a_name_in_memory_is_one_store() {
        let of = |location| match place(location, "the files").expect("it is a place") {
            Place::Store(store, path) => (Arc::as_ptr(&store).cast::<()>(), path.to_string()),
            Place::Files(..) => panic!("it is in memory"),
        };
        let (a, b, other) = (of("memory://one/a"), of("memory://one/b/c"), of("memory://two/a"));
        assert_eq!((a.0, a.1.as_str(), b.1.as_str()), (b.0, "a", "b/c"));
        assert_ne!(a.0, other.0);
    }
}
