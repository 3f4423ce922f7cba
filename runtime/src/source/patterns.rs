//! From patterns to the files that they match.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::files::Origin;
use crate::BoxError;

/// What names files: a path, a glob (`logs/*.txt`), the URL of an object store (`s3://bucket/logs/*.txt`), or a list of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no files",
    note = "write a path or a glob as `&str`, `String`, `&Path` or `PathBuf`, or an array, slice or `Vec` of those"
)]
pub trait IntoPatterns {
    fn into_patterns(self) -> Vec<PathBuf>;
}

macro_rules! one_pattern {
    ($($path:ty),*) => {$(
        impl IntoPatterns for $path {
            fn into_patterns(self) -> Vec<PathBuf> {
                vec![PathBuf::from(self)]
            }
        }
    )*};
}

one_pattern!(&str, String, &String, &Path, PathBuf);

impl IntoPatterns for &PathBuf {
    fn into_patterns(self) -> Vec<PathBuf> {
        vec![self.clone()]
    }
}

impl<P: IntoPatterns> IntoPatterns for Vec<P> {
    fn into_patterns(self) -> Vec<PathBuf> {
        self.into_iter().flat_map(P::into_patterns).collect()
    }
}

impl<P: IntoPatterns, const N: usize> IntoPatterns for [P; N] {
    fn into_patterns(self) -> Vec<PathBuf> {
        self.into_iter().flat_map(P::into_patterns).collect()
    }
}

impl<P: IntoPatterns + Clone> IntoPatterns for &[P] {
    fn into_patterns(self) -> Vec<PathBuf> {
        self.iter().cloned().flat_map(P::into_patterns).collect()
    }
}

/// A file that can be read, and how many bytes it has now.
#[derive(Clone, Debug)]
pub(crate) struct FoundFile {
    /// What it is called.
    pub path: PathBuf,
    pub origin: Origin,
    pub bytes: u64,
}

/// The files that the patterns match, sorted by path, each once. Every pattern must match a file.
pub(crate) fn find(patterns: &[PathBuf]) -> Result<Vec<FoundFile>, BoxError> {
    if patterns.is_empty() {
        return Err("the list of files is empty: name a file or a glob, such as `logs/*.txt`".into());
    }
    let mut paths = Vec::new();
    for pattern in patterns {
        match is_glob(pattern) {
            Some(glob) => matches(glob, &mut paths)?,
            None => paths.push(pattern.clone()),
        }
    }
    paths.sort();
    paths.dedup();
    paths.into_iter().map(check).collect()
}

/// The pattern as a glob, if it is one. What exists is none: a file may have `*` or `[` in its name.
pub(super) fn is_glob(pattern: &Path) -> Option<&str> {
    pattern.to_str().filter(|text| text.contains(['*', '?', '[']) && !pattern.exists())
}

/// Appends the files that a glob matches. Folders are passed over, and names that begin with a dot, as in a shell.
fn matches(pattern: &str, into: &mut Vec<PathBuf>) -> Result<(), BoxError> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let found = glob::glob_with(pattern, options).map_err(|e| format!("`{pattern}` is no glob: {e}"))?;
    let (before, mut folders) = (into.len(), 0);
    for path in found {
        let path = path.map_err(|e| unreadable(e.path(), e.error()))?;
        if path.is_dir() {
            folders += 1;
        } else {
            into.push(path);
        }
    }
    if into.len() > before {
        return Ok(());
    }
    let folder = fixed_part(pattern);
    Err(if !folder.exists() {
        format!("no file matches `{pattern}`: there is no folder `{}`{}", folder.display(), working_folder(&folder))
    } else if folders > 0 {
        format!("`{pattern}` matches folders only: to read the files in them, write `{pattern}/*`")
    } else {
        format!(
            "no file matches `{pattern}`, though there is a folder `{}`{}; files that appear later are not seen, so \
             check the pattern",
            folder.display(),
            working_folder(&folder)
        )
    }
    .into())
}

/// The folders of a glob before its first wildcard.
pub(super) fn fixed_part(pattern: &str) -> PathBuf {
    let wild = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    match pattern[..wild].rfind(std::path::is_separator) {
        Some(0) => PathBuf::from(&pattern[..1]),
        Some(at) => PathBuf::from(&pattern[..at]),
        None => PathBuf::from("."),
    }
}

/// Where a relative path was looked up.
pub(super) fn working_folder(path: &Path) -> String {
    match std::env::current_dir() {
        Ok(folder) if path.is_relative() => format!(" (from the working folder `{}`)", folder.display()),
        _ => String::new(),
    }
}

fn check(path: PathBuf) -> Result<FoundFile, BoxError> {
    let about = path.metadata().map_err(|e| unreadable(&path, &e))?;
    if about.is_dir() {
        let shown = path.display();
        return Err(format!("`{shown}` is a folder: to read the files in it, write `{shown}/*`").into());
    }
    if !about.is_file() {
        let shown = path.display();
        return Err(format!(
            "`{shown}` is no regular file, so it can't be read in pieces; to read a pipe, use `stdin()` and \
             redirect it"
        )
        .into());
    }
    File::open(&path).map_err(|e| unreadable(&path, &e))?;
    Ok(FoundFile { bytes: about.len(), origin: Origin::File(path.clone()), path })
}

fn unreadable(path: &Path, error: &io::Error) -> BoxError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
            match folder.filter(|f| !f.exists()) {
                Some(folder) => format!(
                    "there is no file `{shown}`: its folder `{}` does not exist{}",
                    folder.display(),
                    working_folder(path)
                ),
                None => format!("there is no file `{shown}`{}: check its name", working_folder(path)),
            }
        }
        io::ErrorKind::PermissionDenied => {
            format!("`{shown}` may not be read by this user: give it read permission, or run as a user that has it")
        }
        _ => format!("`{shown}` can't be read: {error}"),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["b.txt", "a.txt", "c.log", ".hidden.txt", "odd[1].txt"] {
            fs::write(folder.path().join(name), name).expect("it can be written");
        }
        fs::create_dir(folder.path().join("sub.txt")).expect("it can be made");
        folder
    }

    fn names(found: &[FoundFile]) -> Vec<&str> {
        found.iter().map(|f| f.path.file_name().and_then(|n| n.to_str()).expect("a name")).collect()
    }

    fn error(pattern: impl IntoPatterns) -> String {
        find(&pattern.into_patterns()).expect_err("nothing is to be found").to_string()
    }

    #[test]
    fn a_glob_gives_files_in_sorted_order_without_folders_and_hidden_ones() {
        let folder = folder();
        let found = find(&folder.path().join("*.txt").into_patterns()).expect("they are there");
        assert_eq!(names(&found), ["a.txt", "b.txt", "odd[1].txt"]);
        assert_eq!(found[0].bytes, 5);
    }

    #[test]
    fn a_list_is_sorted_and_holds_each_file_once() {
        let folder = folder();
        let patterns = ["c.log", "*.txt", "a.txt"].map(|name| folder.path().join(name));
        let found = find(&patterns.into_patterns()).expect("they are there");
        assert_eq!(names(&found), ["a.txt", "b.txt", "c.log", "odd[1].txt"]);
    }

    #[test]
    fn a_path_that_exists_is_no_glob() {
        let folder = folder();
        let found = find(&folder.path().join("odd[1].txt").into_patterns()).expect("it is there");
        assert_eq!(names(&found), ["odd[1].txt"]);
    }

    #[test]
    fn a_glob_that_matches_nothing_is_an_error_that_says_how_far_the_path_goes() {
        let folder = folder();
        let none = error(folder.path().join("*.csv"));
        assert!(none.contains("*.csv`, though there is a folder `"), "{none}");
        let missing = error(folder.path().join("nowhere/*.csv"));
        assert!(missing.contains("/nowhere/*.csv`: there is no folder `"), "{missing}");
        let folders = error(folder.path().join("sub*"));
        assert!(
            folders.contains("sub*` matches folders only: to read the files in them, write `"),
            "{folders}"
        );
        assert!(error("[").contains("`[` is no glob"));
    }

    #[test]
    fn a_missing_file_a_missing_folder_and_a_folder_are_errors_with_advice() {
        let folder = folder();
        assert!(error(folder.path().join("z.txt")).ends_with("/z.txt`: check its name"));
        let missing = error(folder.path().join("nowhere/z.txt"));
        assert!(missing.contains("/nowhere` does not exist"), "{missing}");
        let is_folder = error(folder.path().join("sub.txt"));
        assert!(is_folder.contains("is a folder: to read the files in it, write `"), "{is_folder}");
        assert!(error(Vec::<String>::new()).contains("the list of files is empty"));
        assert!(error("nowhere/z.txt").contains("(from the working folder `"));
    }

    #[test]
    fn a_file_that_may_not_be_read_is_an_error_with_advice() {
        let refused =
            unreadable(Path::new("secret.txt"), &io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(refused.starts_with("`secret.txt` may not be read by this user: give it"), "{refused}");
    }
}
