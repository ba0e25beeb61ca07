//! The program that is killed.

use std::net::SocketAddr;
use std::process::Stdio;

use passid_tests::soon;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The secret that PASSID and the nodes share.
pub(crate) const SECRET: &str = "whsec_crash_00000000000000000000";

/// How a node is started.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) store: String,
    pub(crate) works: bool,
    /// Such as `before-answer:17`; empty for nowhere.
    pub(crate) stop_at: String,
}

/// A running node; killed when it is dropped.
pub(crate) struct Node {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Node {
    pub(crate) async fn start(role: &Role) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_inbox-node"))
            .env("INBOX_NODE_STORE", &role.store)
            .env("INBOX_NODE_WORKS", if role.works { "yes" } else { "no" })
            .env("INBOX_NODE_STOP_AT", &role.stop_at)
            .env("INBOX_NODE_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = soon("the start of a node", lines.next_line()).await.unwrap();
        let address = first.expect("it starts after every kind of end").parse().unwrap();
        Self { child, lines, address }
    }

    /// Waits until the node has reached the point where it was told to stop.
    pub(crate) async fn stopped(&mut self) {
        let line = soon("reaching the point", self.lines.next_line()).await.unwrap();
        assert_eq!(line.as_deref(), Some("stopped"));
    }

    /// SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
