//! The contract: (request, behaviour of the API) -> (status, headers, body).
//!
//! One table for every provider. A [`Cast`] says who presents what to it; a row for which it has nobody
//! is left out, and named by [`inexpressible`].

mod cast;
mod expected;
mod outages;
mod policies;
mod presented;
mod redemptions;
mod routes;
mod sources;
mod verdicts;
pub(crate) mod violations;

use std::fmt::Display;

use crate::apps::{App, Service, Setup};
use crate::http::{Request, Response};
use crate::provider;
use crate::upstream::Upstream;

pub use cast::{Cast, Part};
pub use expected::Expected;
pub(crate) use expected::*;
pub use redemptions::rows as redemption_rows;

/// One row of the contract.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the row is about, as a sentence.
    pub name: &'static str,
    /// How the app is guarded.
    pub setup: Setup,
    /// What the app demands.
    pub service: Service,
    /// How the API behaves.
    pub upstream: Upstream,
    /// What the caller sends.
    pub request: Request,
    /// What the caller gets.
    pub expected: Expected,
    /// How often the API is called, where it matters.
    pub calls: Option<u64>,
    /// Whether the provider can do what the row is about.
    holds: bool,
}

impl Row {
    pub(crate) fn new(name: &'static str, request: Request, expected: Expected) -> Self {
        Self {
            name,
            setup: Setup::Loan,
            service: provider::passid::SERVICE,
            upstream: Upstream::Sound,
            request,
            expected,
            calls: None,
            holds: true,
        }
    }

    pub(crate) fn setup(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    pub(crate) fn upstream(self, upstream: Upstream) -> Self {
        Self { upstream, ..self }
    }

    pub(crate) fn calls(self, calls: u64) -> Self {
        Self { calls: Some(calls), ..self }
    }

    /// For a service with other demands.
    pub(crate) fn service(self, service: Service) -> Self {
        Self { service, ..self }
    }

    fn where_it_holds(self, holds: bool) -> Self {
        Self { holds, ..self }
    }

    /// The app that the request is sent to.
    pub fn app(&self) -> App {
        App { setup: self.setup, service: self.service }
    }

    fn is_expressible(&self) -> bool {
        self.holds && !Part::is_wanting_in(&self.request)
    }

    /// What is wrong with an answer to this row; empty when nothing is.
    pub fn complaints(&self, response: &Response) -> Vec<String> {
        self.expected.complaints(response)
    }
}

/// Every row of PASSID's own, which both adapters must meet.
pub fn rows() -> Vec<Row> {
    rows_of(&provider::passid::cast())
}

/// Every row that a provider can express.
pub fn rows_of(cast: &Cast) -> Vec<Row> {
    every_row(cast).into_iter().filter(Row::is_expressible).collect()
}

/// The names of the rows that a provider cannot express.
pub fn inexpressible(cast: &Cast) -> Vec<&'static str> {
    let rows = every_row(cast).into_iter();
    rows.filter(|row| !row.is_expressible()).map(|row| row.name).collect()
}

fn every_row(cast: &Cast) -> Vec<Row> {
    let parts = [
        presented::rows(cast),
        verdicts::rows(cast),
        policies::rows(cast),
        outages::rows(cast),
        sources::rows(cast),
        routes::rows(cast),
    ];
    parts.into_iter().flatten().map(|row| Row { service: cast.service, ..row }).collect()
}

pub(crate) fn apply() -> Request {
    Request::new("POST", "/api/apply")
}

pub(crate) fn with_token(token: impl Display) -> Request {
    apply().header("X-PASSID-Token", token.to_string())
}

pub(crate) fn greet() -> Request {
    Request::new("GET", "/api/greeting")
}
