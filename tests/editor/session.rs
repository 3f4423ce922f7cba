//! A running rust-analyzer with one program open.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long it may take to load the package (it builds the macro), or to answer. Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct Session {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    uri: String,
    next_id: u64,
    version: i64,
    /// Nothing is being loaded.
    quiet: bool,
}

impl Session {
    /// Makes a package that depends on millstream, opens it, and waits until it is loaded.
    pub fn start(rust_analyzer: &Path) -> Session {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().expect("the package lies in the workspace");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("editor");
        std::fs::create_dir_all(folder.join("src")).expect("the target folder can be written");
        let manifest = format!(
            "[package]\nname = \"shown\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [workspace]\n\n[dependencies]\nmillstream.path = {:?}\n",
            root.join("runtime")
        );
        std::fs::write(folder.join("Cargo.toml"), manifest).expect("the target folder can be written");
        std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
            .expect("the workspace has a lock file");
        let main = folder.join("src/main.rs");
        std::fs::write(&main, "fn main() {}\n").expect("the target folder can be written");

        let mut process = Command::new(rust_analyzer)
            .current_dir(&folder)
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("rust-analyzer starts");
        let to = process.stdin.take().expect("it is piped");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (tell, from) = channel();
        std::thread::spawn(
            move || while message(&mut output).is_some_and(|message| tell.send(message).is_ok()) {},
        );
        let uri = format!("file://{}", main.display());
        let mut session = Session { process, to, from, uri, next_id: 0, version: 0, quiet: false };
        session.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": format!("file://{}", folder.display()),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": {
                        "completion": { "completionItem": { "documentationFormat": ["plaintext"] } },
                        "hover": { "contentFormat": ["plaintext"] },
                    },
                },
                "initializationOptions": {
                    "checkOnSave": false,
                    "cachePriming": { "enable": false },
                    "completion": { "autoimport": { "enable": false } },
                },
            }),
        );
        session.notify("initialized", json!({}));
        let item =
            json!({ "uri": session.uri, "languageId": "rust", "version": 0, "text": "fn main() {}\n" });
        session.notify("textDocument/didOpen", json!({ "textDocument": item }));
        let begun = Instant::now();
        while !session.quiet {
            assert!(
                begun.elapsed() < PATIENCE,
                "rust-analyzer has not loaded the package after {PATIENCE:?}"
            );
            session.receive();
        }
        session
    }

    pub fn completion(&mut self, program: &str, lines: &str) -> Value {
        let position = self.show(program, lines);
        self.request("textDocument/completion", position)
    }

    pub fn hover(&mut self, program: &str, lines: &str) -> String {
        let position = self.show(program, lines);
        let hover = self.request("textDocument/hover", position);
        hover["contents"]["value"].as_str().unwrap_or_default().to_string()
    }

    /// File and line.
    pub fn definition(&mut self, program: &str, lines: &str) -> (String, usize) {
        let position = self.show(program, lines);
        let found = self.request("textDocument/definition", position);
        let first = found.get(0).unwrap_or(&found);
        let file = first["uri"].as_str().unwrap_or_default().to_string();
        (file, first["range"]["start"]["line"].as_u64().map_or(usize::MAX, |line| line as usize))
    }

    pub fn diagnostics(&mut self, program: &str, lines: &str) -> Vec<Value> {
        let position = self.show(program, lines);
        let found =
            self.request("textDocument/diagnostic", json!({ "textDocument": position["textDocument"] }));
        found["items"].as_array().cloned().unwrap_or_default()
    }

    /// Shows the program with these lines in it, and gives the position of `$0`.
    fn show(&mut self, program: &str, lines: &str) -> Value {
        let marked = program.replace("/*here*/", lines);
        let at = marked.find("$0").expect("the lines have a mark");
        let text = marked.replace("$0", "");
        self.version += 1;
        self.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": self.uri, "version": self.version },
                "contentChanges": [{ "text": text }],
            }),
        );
        let before = &text[..at];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().len();
        json!({ "textDocument": { "uri": self.uri }, "position": { "line": line, "character": column } })
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        loop {
            self.next_id += 1;
            let id = self.next_id;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let answer = loop {
                let message = self.receive();
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            // The content was changed, or the answer is out of date: asked again.
            if [-32801, -32802].contains(&answer["error"]["code"].as_i64().unwrap_or(0)) {
                continue;
            }
            assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
            return answer["result"].clone();
        }
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("rust-analyzer listens");
        self.to.flush().expect("rust-analyzer listens");
    }

    fn receive(&mut self) -> Value {
        let message = self.from.recv_timeout(PATIENCE);
        let message = message.unwrap_or_else(|e| panic!("rust-analyzer went away, or says nothing: {e}"));
        if message["method"] == "experimental/serverStatus" {
            let status = &message["params"];
            assert_ne!(status["health"], "error", "{status}");
            self.quiet = status["quiescent"] == true;
        } else if message.get("method").is_some() && message.get("id").is_some() {
            // It asks for something (a configuration, a progress token): nothing to say.
            let answer =
                if message["method"] == "workspace/configuration" { json!([null]) } else { Value::Null };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": answer }));
        }
        message
    }
}

/// The next message of the process, or `None` when there will be no other.
fn message(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).expect("it speaks UTF-8") == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(n) = line.strip_prefix("Content-Length: ") {
            length = n.parse().expect("a length is a number");
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("rust-analyzer speaks JSON"))
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
