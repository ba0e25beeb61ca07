//! The loan examples, started as a newcomer starts them.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use passid_passbase::{FlowMetadata, Nonce};
use passid_sandbox::Sandbox;
use passid_sandbox::passbase::NewIdentity;
use passid_tests::http::{Request, Response, send};
use passid_tests::program::Program;
use passid_tests::soon;
use passid_tests::upstream::{Api, Upstream};

/// A printed command.
#[derive(Debug)]
pub(crate) struct Shown {
    /// What it was said to end in.
    pub(crate) status: u16,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// The header that it is in, and the token.
    pub(crate) token: Option<(&'static str, String)>,
}

impl Shown {
    fn read(told: &str, command: &str, address: SocketAddr) -> Self {
        let status = told.split(['(', ')']).nth(1).and_then(|status| status.parse().ok());
        let (method, rest) = command.split_once(' ').unwrap();
        let method = ["GET", "POST"].into_iter().find(|known| *known == method).unwrap();
        let (url, header) = rest.split_once(' ').unwrap_or((rest, ""));
        let path = url.strip_prefix(&format!("http://{address}")).unwrap().to_owned();
        let token = ["X-PASSID-Token", "X-Document-Session"].into_iter().find_map(|name| {
            let token = header.strip_prefix("-H '")?.strip_prefix(name)?.strip_prefix(": ")?;
            Some((name, token.strip_suffix('\'')?.to_owned()))
        });
        assert_eq!(token.is_none(), header.is_empty(), "{header}");
        // Where nobody was asked, nothing was said.
        Self { status: status.unwrap_or_default(), method, path, token }
    }

    pub(crate) fn request(&self) -> Request {
        let request = Request::new(self.method, self.path.clone());
        match &self.token {
            Some((name, token)) => request.header(name, token.as_str()),
            None => request,
        }
    }
}

/// A loan example that has said where it listens and which commands to paste.
pub(crate) struct Loan {
    pub(crate) address: SocketAddr,
    pub(crate) program: Program,
}

impl Loan {
    pub(crate) async fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_with(name, &[], environment).await
    }

    /// With these arguments.
    pub(crate) async fn start_with(
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut program = Program::start_with(name, arguments, environment);
        let address = program.address().await;
        // The last of the first words.
        program.line("In a browser").await;
        Self { address, program }
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        soon("an answer", send(self.address, request)).await.unwrap()
    }

    /// The commands that it printed, each with what it said would come of it.
    pub(crate) fn commands(&self) -> Vec<Shown> {
        let mut commands = Vec::new();
        let mut told = "";
        for line in &self.program.said {
            if let Some(command) = line.trim_start().strip_prefix("curl -i -X ") {
                commands.push(Shown::read(told, command, self.address));
            }
            told = line;
        }
        commands
    }

    /// The token of a command that was said to end like this.
    pub(crate) fn token_for(&self, status: u16, path: &str) -> String {
        let commands = self.commands();
        let found = commands.iter().find(|shown| shown.status == status && shown.path == path);
        found.unwrap().token.clone().unwrap().1
    }

    pub(crate) async fn start_both(api: &Api, upstream: Upstream) -> [Self; 2] {
        Self::start_both_with(api, upstream, &[]).await
    }

    /// With these settings besides.
    pub(crate) async fn start_both_with(
        api: &Api,
        upstream: Upstream,
        settings: &[(&str, &str)],
    ) -> [Self; 2] {
        let (url, key) = api.access(upstream);
        let access = [("PASSID_BASE_URL", &*url), ("PASSID_API_KEY", &*key)];
        let environment = [&access, settings].concat();
        let axum = Self::start("loan-axum", &environment).await;
        [axum, Self::start("loan-actix", &environment).await]
    }
}

/// Somebody whom Passbase approved; looked for on watchlists only if said so.
pub(crate) fn passbase_token(sandbox: &Sandbox, screened: bool) -> String {
    let nonce = Nonce::random().unwrap();
    let metadata = FlowMetadata::new("user-1", &nonce).unwrap().to_json();
    let metadata = serde_json::from_str(&metadata).unwrap();
    let passbase = sandbox.passbase();
    let key = passbase.begin(NewIdentity { metadata, ..NewIdentity::default() }).unwrap();
    passbase.submit(&key).unwrap();
    passbase.process(&key).unwrap();
    if screened {
        passbase.screen(&key, &[]).unwrap();
    }
    passbase.review(&key, true).unwrap();
    format!("{key}.{}", nonce.expose())
}
