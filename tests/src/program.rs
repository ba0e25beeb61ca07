//! A program of this workspace, run as a person runs it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::soon;

/// Where Cargo puts an example program: beside the folder of the test programs.
///
/// # Panics
///
/// When the test does not know its own path.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the test's path");
    path.pop();
    path.pop();
    path.join("examples").join(name)
}

/// An example program that says something and goes on, until it is dropped.
#[derive(Debug)]
pub struct Program {
    /// Every line of its output that was read.
    pub said: Vec<String>,
    name: String,
    child: Child,
    output: BufReader<ChildStdout>,
    /// Read all the time: a full pipe would hold the program up.
    log: JoinHandle<String>,
}

impl Program {
    /// Starts it on a free port, with no settings but these.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_with(name, &[], environment)
    }

    /// The same with arguments.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub fn start_with(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(example(name));
        for variable in std::env::vars_os().map(|(variable, _)| variable) {
            let name = variable.to_string_lossy();
            let prefixes = ["PASSID_", "PASSBASE_", "DOCVERIFY_", "PUBLIC_URL"];
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(variable);
            }
        }
        let mut child = command
            .args(arguments)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut log = child.stderr.take().expect("its log");
        let log = tokio::spawn(async move {
            let mut read = String::new();
            let _ = log.read_to_string(&mut read).await;
            read
        });
        Self { said: Vec::new(), name: name.to_owned(), child, output, log }
    }

    /// Reads up to the next line with these words, and gives it.
    ///
    /// # Panics
    ///
    /// When the program ends without it.
    #[expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
    pub async fn line(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let read = soon(words, self.output.read_line(&mut line)).await.expect("its output");
            if read == 0 {
                let log = (&mut self.log).await;
                panic!("{} ended without {words:?}: {:?}\n{log:?}", self.name, self.said);
            }
            let line = line.trim_end().to_owned();
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Where it listens, which it has said or is about to say.
    ///
    /// # Panics
    ///
    /// When it says something else.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub async fn address(&mut self) -> SocketAddr {
        let line = self.line("listens on http://").await;
        let address = line.rsplit("http://").next().and_then(|rest| rest.split('/').next());
        address.and_then(|address| address.parse().ok()).expect("an address")
    }

    /// Sends it a signal, such as `INT`.
    ///
    /// # Panics
    ///
    /// When it is gone.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub async fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("a program that runs").to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status().await;
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end; gives how it ended, the rest of its output and its log.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub async fn end(mut self) -> (ExitStatus, String, String) {
        let mut output = String::new();
        let reading = async {
            tokio::join!(self.output.read_to_string(&mut output), &mut self.log, self.child.wait())
        };
        let (_, log, status) = soon("the end", reading).await;
        (status.expect("a status"), output, log.expect("its log"))
    }
}
