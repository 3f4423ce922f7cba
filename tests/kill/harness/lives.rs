//! Processes of the victim: started, killed, waited for.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use millstream_kill_tests::trap::{STOPPED, Trap};

/// A folder with the victim's input, checkpoint and output.
pub struct Place {
    folder: tempfile::TempDir,
    /// `file`, `windows`, `joins` or `socket`.
    kind: &'static str,
    input: String,
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, in order.
    Done,
    /// By SIGKILL.
    Killed,
    /// By itself, with this on its stderr.
    Failed(String),
}

impl Place {
    pub fn with_file(text: &str) -> Place {
        Place::with(text, "file")
    }

    /// Its pipeline is that of `windows` or of `joins`.
    pub fn with(text: &str, kind: &'static str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("in.txt");
        std::fs::write(&path, text).expect("it is written");
        Place { input: path.display().to_string(), kind, folder }
    }

    pub fn with_socket(address: String) -> Place {
        Place { folder: tempfile::tempdir().expect("a folder"), kind: "socket", input: address }
    }

    pub fn output(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn checkpoint(&self) -> PathBuf {
        self.folder.path().join("checkpoint").join("Victim")
    }

    /// Whether a start finds a checkpoint.
    pub fn has_checkpoint(&self) -> bool {
        std::fs::read_dir(self.checkpoint().join("manifest"))
            .is_ok_and(|mut entries| entries.next().is_some())
    }

    pub fn start(&self, partitions: usize, trap: Option<Trap>) -> Life {
        let child = Command::new(env!("CARGO_BIN_EXE_victim"))
            .arg(self.kind)
            .arg(&self.input)
            .arg(self.folder.path().join("checkpoint"))
            .arg(self.output().join("t"))
            .arg(partitions.to_string())
            .args(trap.map(|trap| trap.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the victim starts");
        Life(child)
    }
}

/// A process of the victim. It is killed at the latest when it is dropped.
pub struct Life(Child);

impl Life {
    pub fn end(mut self) -> End {
        let mut said = String::new();
        // Ends when the process does.
        self.0.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it is text");
        let status = self.0.wait().expect("it can be waited for");
        match (status.success(), status.signal()) {
            (true, _) => End::Done,
            (_, Some(9)) => End::Killed,
            _ => End::Failed(format!("{status}: {said}")),
        }
    }

    /// Kills it after a while, if it still lives.
    pub fn kill_after(mut self, time: Duration) -> End {
        std::thread::sleep(time);
        self.0.kill().expect("a process that was not waited for can be killed");
        self.end()
    }

    /// Kills it once `moment` has come, if it still lives.
    pub fn kill_when(mut self, moment: impl Fn() -> bool) -> End {
        while self.0.try_wait().expect("it can be waited for").is_none() {
            if moment() {
                self.0.kill().expect("a process that was not waited for can be killed");
                break;
            }
            std::thread::yield_now();
        }
        self.end()
    }

    /// Waits until it says that it stops itself; `false` if it ends before.
    pub fn stops(&mut self) -> bool {
        let out = self.0.stdout.as_mut().expect("it is piped");
        BufReader::new(out).lines().map_while(Result::ok).any(|line| line == STOPPED)
    }

    /// SIGCONT.
    pub fn wakes(&self) {
        let status = Command::new("kill").arg("-CONT").arg(self.0.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "`kill` is there");
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Where a test fails nothing is to be left; else it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
