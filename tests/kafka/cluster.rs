//! Brokers that a test starts, kills and starts again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Brokers of `broker.sh`, beside those that `KAFKA_BOOTSTRAP` names. They stop with it.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    brokers: u16,
    pub bootstrap: String,
}

/// What clients with a password say.
pub const USER: &str = "millstream";
pub const PASSWORD: &str = "a-password-of-tests";

impl Cluster {
    /// Where its first broker is, started or not.
    fn at(folder: PathBuf, port: u16, brokers: u16) -> Cluster {
        let all: Vec<String> = (0..brokers).map(|n| format!("127.0.0.1:{}", port + 3 * n)).collect();
        Cluster { folder, port, brokers, bootstrap: all.join(",") }
    }

    /// # Panics
    /// If they don't start.
    pub fn start(folder: &Path, port: u16, brokers: u16) -> Cluster {
        let cluster = Cluster::at(folder.to_path_buf(), port, brokers);
        cluster.script(&["start", &brokers.to_string()]);
        cluster
    }

    /// Its listener for clients with a password.
    pub fn with_password(&self) -> String {
        format!("127.0.0.1:{}", self.port + 1)
    }

    /// SIGKILL.
    pub fn kill(&self, broker: u16) {
        self.script(&["kill", &broker.to_string()]);
    }

    pub fn up(&self, broker: u16) {
        self.script(&["up", &broker.to_string()]);
    }

    fn script(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("broker.sh");
        let status = Command::new(script)
            .args(arguments)
            .env("MILLSTREAM_KAFKA_DIR", &self.folder)
            .env("MILLSTREAM_KAFKA_PORT", self.port.to_string())
            .env("MILLSTREAM_KAFKA_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("`bash` is there");
        assert!(status.success(), "broker.sh {arguments:?}: {status}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What they hold is thrown away; so there is no need for an orderly end.
        (1..=self.brokers).for_each(|broker| self.kill(broker));
    }
}
