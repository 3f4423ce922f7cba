//! The cases as the programs of a package of its own, in the target folder: one `cargo check` for all.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::report::Report;

/// What the compiler says of each case.
pub fn check(cases: &BTreeMap<String, PathBuf>) -> BTreeMap<String, Report> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the package lies in the workspace");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");

    let mut manifest = format!(
        "[package]\nname = \"mistakes\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\nmillstream.path = {:?}\n",
        root.join("runtime")
    );
    for (name, path) in cases {
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("the target folder can be written");
    // The same versions, so that nothing is fetched.
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace has a lock file");

    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .stderr(Stdio::piped())
        .output()
        .expect("cargo runs");
    let mut reports: BTreeMap<String, Report> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        if message["reason"] != "compiler-message" {
            continue;
        }
        let case = message["target"]["name"].as_str().unwrap_or_default();
        reports.entry(case.to_string()).or_default().add(&message["message"]);
    }
    assert!(
        !reports.is_empty(),
        "no case was compiled; cargo said:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    reports.into_iter().map(|(case, report)| (case, report.sorted())).collect()
}

/// `1.95.0`.
pub fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1).unwrap_or_default().to_string()
}
