//! Holds the instructions of the five core stage shapes (`benches/shapes.rs`) to the committed counts:
//! `cargo run -p millstream-instructions`. `BLESS=1` writes them anew.
//!
//! Needs valgrind, and gungraun-runner of the same version as gungraun; says so and passes over everything where one is
//! missing. Counts follow from the compiler too: those of another rustc are shown, and not held to anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use serde_json::{Value, json};

/// How far from the committed count one may be, in both directions: what became cheaper is to be committed too.
const WITHIN: f64 = 0.03;

/// The version of Cargo.toml.
const GUNGRAUN: &str = "0.20.0";

type Counts = BTreeMap<String, u64>;

fn main() -> ExitCode {
    if let Some(missing) = missing() {
        println!("instructions: not counted, because {missing}");
        return ExitCode::SUCCESS;
    }
    let compiler = compiler();
    let counts = count();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json");
    if env::var_os("BLESS").is_some() {
        let text = serde_json::to_string_pretty(&json!({ "compiler": compiler, "instructions": counts }))
            .expect("numbers and strings are JSON");
        fs::write(&file, text + "\n").expect("the package's folder can be written");
        println!("{counts:#?}\nwritten to {}", file.display());
        return ExitCode::SUCCESS;
    }
    let committed: Value =
        serde_json::from_slice(&fs::read(&file).expect("baseline.json is committed")).expect("it is JSON");
    let same_compiler = committed["compiler"] == json!(compiler);
    let baseline: Counts =
        serde_json::from_value(committed["instructions"].clone()).expect("it has a count for each shape");
    let names = |counts: &Counts| counts.keys().cloned().collect::<Vec<_>>();
    let mut held = names(&counts) == names(&baseline);
    if !held {
        println!("counted are {:?}, committed {:?}", names(&counts), names(&baseline));
    }
    println!("{:<16} {:>14} {:>14} {:>9}", "instructions", "committed", "now", "change");
    for (shape, now) in &counts {
        let Some(before) = baseline.get(shape) else { continue };
        let change = *now as f64 / *before as f64 - 1.0;
        let fits = change.abs() <= WITHIN;
        held &= fits;
        println!(
            "{shape:<16} {before:>14} {now:>14} {:>+8.2}%{}",
            change * 100.0,
            if fits { "" } else { "  <- more than 3%" }
        );
    }
    if !same_compiler {
        println!(
            "not held to anything: the committed counts are of {}, these of {compiler}. `BLESS=1` writes them anew",
            committed["compiler"]
        );
        return ExitCode::SUCCESS;
    }
    if held {
        ExitCode::SUCCESS
    } else {
        println!(
            "if the change is meant, `BLESS=1 cargo run -p millstream-instructions` writes the counts anew"
        );
        ExitCode::FAILURE
    }
}

/// What can't be done without and is not here.
fn missing() -> Option<String> {
    let runs = |program: &Path| {
        let version = Command::new(program).arg("--version").stdin(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    };
    if !runs(Path::new("valgrind")) {
        return Some("there is no valgrind here".into());
    }
    let runner = runner();
    (!runs(&runner)).then(|| {
        format!(
            "`{}` is not there (`cargo install gungraun-runner --version {}`, or its path in GUNGRAUN_RUNNER)",
            runner.display(),
            GUNGRAUN
        )
    })
}

fn runner() -> PathBuf {
    env::var_os("GUNGRAUN_RUNNER").map_or_else(|| "gungraun-runner".into(), PathBuf::from)
}

/// The compiler and the kind of machine.
fn compiler() -> String {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let of = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("?").to_string();
    format!("rustc {} for {}", of("release: "), of("host: "))
}

/// Runs the shapes, and gives the instructions of each.
fn count() -> Counts {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "bench",
            "--locked",
            "--package",
            "millstream-instructions",
            "--features",
            "callgrind",
            "--bench",
            "shapes",
        ])
        .args(["--", "--output-format=json"])
        // The same code wherever this runs.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_INCREMENTAL", "0")
        .env("GUNGRAUN_RUNNER", runner())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the shapes could not be run");
    let text = String::from_utf8_lossy(&output.stdout);
    let summaries = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let counts: Counts = summaries
        .map(|summary| {
            let summary = summary.expect("it writes JSON");
            let shape = summary["function_name"].as_str().expect("a bench has a name").to_string();
            let count =
                summary.pointer("/profiles/0/data/total/metrics/Ir/values/new").and_then(Value::as_u64);
            (shape, count.unwrap_or_else(|| panic!("no count in {summary:#}")))
        })
        .collect();
    assert!(!counts.is_empty(), "nothing was counted");
    counts
}
