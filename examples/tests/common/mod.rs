//! The loan examples, started as a newcomer starts them.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::net::SocketAddr;

use passid_tests::program::Program;
use passid_tests::upstream::{Api, Upstream};

/// A loan example that has said where it listens and which commands to paste.
pub(crate) struct Loan {
    pub(crate) address: SocketAddr,
    pub(crate) program: Program,
}

impl Loan {
    pub(crate) async fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        let mut program = Program::start(name, environment);
        let address = program.address().await;
        for _ in 0..3 {
            program.line("curl").await;
        }
        Self { address, program }
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
