//! A real Redis, or Valkey, for one test: started on a free port of 127.0.0.1, killed, frozen, started
//! again.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::until;

/// A server, and what of it belongs to this test. One of its own is killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    /// Where it is.
    pub url: String,
    /// What the test's keys begin with.
    pub prefix: String,
    child: Option<Child>,
    port: u16,
    folder: PathBuf,
}

impl RedisServer {
    /// Starts one or, where the program is missing, takes the one at `PASSID_TEST_REDIS_URL`. `None`,
    /// and a word about it, if there is neither.
    ///
    /// # Panics
    ///
    /// When there is neither and `PASSID_REQUIRE_SERVICES` is `1`, or when it does not start.
    pub async fn start() -> Option<Self> {
        match Self::spawned().await {
            Some(server) => Some(server),
            None => match env::var("PASSID_TEST_REDIS_URL") {
                Ok(url) => {
                    let mut elsewhere = Self::new(0);
                    elsewhere.url = url;
                    Some(elsewhere)
                }
                Err(_) => skipped(),
            },
        }
    }

    /// Starts one of the test's own, to kill and to freeze.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub async fn start_own() -> Option<Self> {
        match Self::spawned().await {
            Some(server) => Some(server),
            None => skipped(),
        }
    }

    fn new(port: u16) -> Self {
        static SERVERS: AtomicU32 = AtomicU32::new(0);
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("passid-test-{}-{number}", std::process::id());
        let folder = env::temp_dir().join(&prefix);
        Self { url: format!("redis://127.0.0.1:{port}"), prefix, child: None, port, folder }
    }

    /// `None` where the program is missing.
    async fn spawned() -> Option<Self> {
        // Another program may take the port before the server does.
        for _ in 0..20 {
            let mut server = Self::new(free_port());
            match server.spawn() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
                Err(error) => panicked(&format!("redis-server does not start: {error}")),
            }
            if server.answers().await {
                return Some(server);
            }
        }
        panicked("redis-server found no free port")
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGSTOP: connections stay, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Starts it again on the same port, with an empty memory.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.kill();
        // The port may take a moment to be free again.
        for _ in 0..50 {
            if self.spawn().is_ok() && self.answers().await {
                return;
            }
        }
        panicked("redis-server does not start again")
    }

    fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            let _ = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        }
    }

    fn spawn(&mut self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Whether it runs and answers; `false` if it has ended.
    async fn answers(&mut self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut ended = false;
        until("redis-server answers or ends", async || {
            let running =
                self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
            ended = !running;
            ended || tokio::net::TcpStream::connect(address).await.is_ok()
        })
        .await;
        !ended
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    match listener.and_then(|listener| listener.local_addr()) {
        Ok(address) => address.port(),
        Err(error) => panicked(&format!("no free port: {error}")),
    }
}

/// Loud, and a failure where services are required.
#[expect(clippy::print_stderr, reason = "whoever runs the tests has to see it")]
fn skipped() -> Option<RedisServer> {
    eprintln!("skipped: no Redis (no redis-server in PATH to start, no PASSID_TEST_REDIS_URL)");
    if env::var("PASSID_REQUIRE_SERVICES").is_ok_and(|required| required == "1") {
        panicked("PASSID_REQUIRE_SERVICES=1, and there is no Redis");
    }
    None
}

#[expect(clippy::panic, reason = "a test cannot go on")]
fn panicked(why: &str) -> ! {
    panic!("{why}")
}
