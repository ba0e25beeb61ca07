//! The PASSID API as a row of the table wants it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{ApiKey, PassidClient};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox};
use tokio::net::TcpSocket;

/// How the API behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// As it should.
    Sound,
    /// The next calls go wrong, as often as said; 0 means all of them.
    Fault(FaultKind, u32),
    /// The same for calls of one route alone.
    FaultAt(Route, FaultKind, u32),
    /// It does not know the key.
    UnknownKey,
    /// Nobody is there.
    Down,
}

impl Upstream {
    /// The fault, where it is one; on this route unless it names another.
    pub(crate) fn fault(self, route: Route) -> Option<Fault> {
        let (route, kind, times) = match self {
            Self::Fault(kind, times) => (route, kind, times),
            Self::FaultAt(route, kind, times) => (route, kind, times),
            Self::Sound | Self::UnknownKey | Self::Down => return None,
        };
        Some(Fault::on(route, kind).times(if times == 0 { 100 } else { times }))
    }

    /// Short only where the API is to be given up: elsewhere a busy machine must not look like one.
    pub(crate) fn attempt_timeout(self) -> Duration {
        let given_up = match self {
            Self::Fault(kind, _) | Self::FaultAt(_, kind, _) => {
                matches!(kind, FaultKind::Delay { .. } | FaultKind::SlowBody { .. })
            }
            Self::Sound | Self::UnknownKey | Self::Down => false,
        };
        Duration::from_millis(if given_up { 400 } else { 10_000 })
    }
}

/// Tries again after a little while.
pub(crate) fn hasty_retries() -> RetrySettings {
    RetrySettings {
        base_delay: Duration::from_millis(2),
        max_delay: Duration::from_millis(5),
        ..RetrySettings::default()
    }
}

/// Bound, but not listening: connections are refused, and no other test gets the port.
#[derive(Debug)]
pub(crate) struct Nobody(TcpSocket);

impl Nobody {
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub(crate) fn bind() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        Self(socket)
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }
}

/// The API, running.
#[derive(Debug)]
pub struct Api {
    /// The sandbox behind it.
    pub sandbox: Sandbox,
    nobody: Nobody,
}

impl Api {
    /// Starts a sandbox.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let sandbox = Sandbox::start().await.expect("the sandbox starts");
        Self { sandbox, nobody: Nobody::bind() }
    }

    /// Makes the API behave like this from now on.
    ///
    /// # Panics
    ///
    /// When the fault is not acceptable.
    #[expect(clippy::expect_used, reason = "a mistake in the table")]
    pub fn prepare(&self, upstream: Upstream) {
        self.sandbox.reset();
        if let Some(fault) = upstream.fault(Route::Any) {
            self.sandbox.inject_fault(fault).expect("an acceptable fault");
        }
    }

    /// Base URL and key for this behaviour.
    ///
    /// # Panics
    ///
    /// When a socket has no address.
    pub fn access(&self, upstream: Upstream) -> (String, String) {
        let key = match upstream {
            Upstream::UnknownKey => "pk_sandbox_unknown".to_owned(),
            _ => self.sandbox.sandbox_key().to_owned(),
        };
        let url = match upstream {
            Upstream::Down => self.nobody.url(),
            _ => self.sandbox.url().to_owned(),
        };
        (url, key)
    }

    /// A client that waits little between its tries.
    ///
    /// # Panics
    ///
    /// When it cannot be built.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub fn client(&self, upstream: Upstream) -> PassidClient {
        let (url, key) = self.access(upstream);
        let attempt = upstream.attempt_timeout();
        PassidClient::builder(ApiKey::parse(&key).expect("a key"))
            .base_url(url)
            .attempt_timeout(attempt)
            .operation_timeout(attempt * 2)
            .retry(hasty_retries())
            .build()
            .expect("a client")
    }
}
