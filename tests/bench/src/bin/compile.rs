//! How long a `stream!` takes to compile: `cargo run -p millstream-bench --bin compile`.
//!
//! Writes a package of programs, each with one pipeline, to `target/bench/compile`, builds what they depend on, and then
//! times cargo on each of them, without incremental compilation: the best of three, of which the time of a program
//! without a pipeline is taken off. The profiles are cargo's own. Then the clean build of the library in its default features, with all
//! that it depends on. `chain` as an argument measures the cases whose name holds it; the clean build is `clean`.
//!
//! Everything is in `target/bench/summary.json` afterwards, as rows of workloads that begin with `compile`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use millstream_bench::tracked;

/// What is timed, each as cargo's arguments.
const MODES: [(&str, &[&str]); 3] =
    [("check", &["check"]), ("debug", &["build"]), ("release", &["build", "--release"])];

/// The program that is taken off.
const NOTHING: &str = "nothing";

fn main() {
    let filters: Vec<String> = env::args().skip(1).collect();
    let mut cases = vec![(NOTHING.to_string(), 0, String::new())];
    for operators in [5, 50, 200] {
        cases.push((format!("chain_{operators}"), operators, chain(operators)));
        cases.push((format!("stages_{operators}"), operators, stages(operators)));
    }
    cases.push(("tails_12".into(), 36, tails(12)));
    cases.retain(|(name, ..)| {
        name == NOTHING || filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
    });
    let folder = write(&cases);

    let mut rows = Vec::new();
    println!("{:<12} {:>9} {:>9} {:>9} {:>9}   seconds", "", "operators", "check", "debug", "release");
    let mut base = Vec::new();
    for (name, operators, _) in &cases {
        let seconds: Vec<f64> = MODES.iter().map(|(_, arguments)| best(&folder, name, arguments)).collect();
        if name == NOTHING {
            base.clone_from(&seconds);
        }
        let own: Vec<f64> = match name.as_str() {
            NOTHING => seconds,
            _ => seconds.iter().zip(&base).map(|(all, nothing)| (all - nothing).max(0.0)).collect(),
        };
        println!("{name:<12} {operators:>9} {:>9.2} {:>9.2} {:>9.2}", own[0], own[1], own[2]);
        for ((mode, _), seconds) in MODES.iter().zip(&own) {
            rows.push(serde_json::json!({
                "workload": format!("compile {name}, {mode}"),
                "system": "millstream",
                "operators": operators,
                "seconds": seconds,
            }));
        }
    }
    if filters.is_empty() || filters.iter().any(|filter| filter == "clean") {
        for (mode, arguments) in MODES {
            let seconds = clean(&folder, arguments);
            println!("clean build, {mode}: {seconds:.1} seconds");
            rows.push(serde_json::json!({
                "workload": format!("compile all, {mode}"),
                "system": "millstream",
                "seconds": seconds,
            }));
        }
    }
    tracked::replace_compiling(rows).expect("the target folder can be written");
}

/// How long it takes to build the smallest program that uses the library, with nothing built before.
fn clean(folder: &Path, arguments: &[&str]) -> f64 {
    let target = folder.join("clean");
    // It is there if a build was broken off.
    let _ = fs::remove_dir_all(&target);
    let begin = Instant::now();
    cargo(folder, NOTHING, arguments, &target);
    let seconds = begin.elapsed().as_secs_f64();
    fs::remove_dir_all(&target).expect("it was made");
    seconds
}

/// One stage: maps, filters and flat maps in turn.
fn chain(operators: usize) -> String {
    let mut body = String::from("let numbers = source(queue([vec![1u64]]));\nnumbers");
    for i in 0..operators {
        let _ = match i % 3 {
            0 => write!(body, "\n.map(|x| x * {i} + 1)"),
            1 => write!(body, "\n.filter(|x| x % 7 != {})", i % 7),
            _ => write!(body, "\n.flat_map(|x| [x, x + {i}])"),
        };
    }
    body + ".count().print();"
}

/// A stage for every five operators.
fn stages(operators: usize) -> String {
    let mut body = String::from("let s0 = source(queue([vec![1u64]]));\n");
    for i in 0..operators / 5 {
        let _ = writeln!(
            body,
            "let s{} = s{i}.map(|x| x + {i}).filter(|x| x % 7 != 3).map(|x| (x % 10, x))\n\
             .reduce_by_key(|a, b| a + b).map(|(_, sum)| sum);",
            i + 1
        );
    }
    format!("{body}s{}.print();", operators / 5)
}

/// One stream with so many outputs, three operators each.
fn tails(outputs: usize) -> String {
    let mut body = String::from("let numbers = source(queue([vec![1u64]]));\n");
    for i in 0..outputs {
        let _ = writeln!(
            body,
            "numbers.filter(|x| x % {} == 0).map(|x| (x % 10, x)).reduce_by_key(|a, b| a + b).print();",
            i + 1
        );
    }
    body
}

fn write(cases: &[(String, usize, String)]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/bench/compile");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let mut manifest = format!(
        "[package]\nname = \"compile\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [dependencies]\nmillstream.path = {:?}\n",
        root.join("runtime").canonicalize().expect("it is there")
    );
    for (name, _, body) in cases {
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = \"{name}.rs\"\n");
        let program = if body.is_empty() {
            "use millstream as _;\nfn main() {}\n".to_string()
        } else {
            format!(
                "use millstream::prelude::*;\n\nfn main() -> millstream::Result<()> {{\n\
                 let pipeline = stream! {{\n{body}\n}};\nEngine::local().run(pipeline)\n}}\n"
            )
        };
        fs::write(folder.join(format!("{name}.rs")), program).expect("the target folder can be written");
    }
    fs::write(folder.join("Cargo.toml"), manifest).expect("the target folder can be written");
    // The same versions, so that nothing is fetched.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace has a lock file");
    folder
}

/// The least time of three that cargo takes for one program whose dependencies are built.
fn best(folder: &Path, name: &str, arguments: &[&str]) -> f64 {
    let source = folder.join(format!("{name}.rs"));
    let text = fs::read(&source).expect("it was written");
    let target = folder.join("target");
    cargo(folder, name, arguments, &target);
    let times = (0..3).map(|_| {
        // A newer time makes it a changed program.
        fs::write(&source, &text).expect("the target folder can be written");
        let begin = Instant::now();
        cargo(folder, name, arguments, &target);
        begin.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn cargo(folder: &Path, name: &str, arguments: &[&str], target: &Path) {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .args(["--offline", "--quiet", "--bin", name])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stderr));
}
