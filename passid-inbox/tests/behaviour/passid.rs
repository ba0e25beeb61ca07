//! PASSID's side of the outbox.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use passid_core::client::{
    ApiRequest, ApiResponse, RetrySettings, Transport, TransportError, TransportErrorKind,
};
use passid_core::testing::ManualClock;
use passid_core::{ApiKey, BoxFuture, PassidClient};
use serde_json::Value;

/// One outcome per token, and trouble on demand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passid(Arc<Mutex<World>>);

#[derive(Debug, Default)]
struct World {
    outcomes: HashMap<String, Value>,
    troubles: VecDeque<Trouble>,
    /// Once `troubles` is empty.
    lasting: Option<Trouble>,
    keys: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Nothing is taken; the answer has this status, and perhaps a `Retry-After`.
    Status(u16, Option<u64>),
    /// No connection comes about.
    Unreachable,
    /// It is taken, and the connection breaks.
    TakenAndBroken,
    /// It is taken, and no answer comes.
    TakenAndSilent,
    /// It is taken, and this is answered.
    TakenAnd(u16),
}

impl Passid {
    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.0.lock().unwrap().troubles.push_back(trouble);
    }

    pub(crate) fn lasting(&self, trouble: Option<Trouble>) {
        self.0.lock().unwrap().lasting = trouble;
    }

    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().keys.len()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys.clone()
    }

    pub(crate) fn outcome(&self, token: &str) -> Option<String> {
        let world = self.0.lock().unwrap();
        Some(world.outcomes.get(token)?["outcome"].as_str()?.to_owned())
    }

    pub(crate) fn report_elsewhere(&self, token: &str, outcome: &str) {
        let body = serde_json::json!({"token": token, "outcome": outcome});
        self.0.lock().unwrap().outcomes.insert(token.to_owned(), body);
    }

    pub(crate) fn client(&self, clock: &ManualClock) -> PassidClient {
        PassidClient::builder(ApiKey::parse("pk_sandbox_outbox").unwrap())
            .transport(self.clone())
            .clock(Arc::new(clock.clone()))
            .retry(RetrySettings::never())
            .build()
            .unwrap()
    }
}

impl Transport for Passid {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let mut world = self.0.lock().unwrap();
        let key = request.headers().iter().find(|header| header.name == "idempotency-key");
        world.keys.push(key.unwrap().value.clone());
        let trouble = world.troubles.pop_front().or_else(|| world.lasting.clone());
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let token = body["token"].as_str().unwrap().to_owned();
        let take = || match world.outcomes.get(&token) {
            Some(_) => ApiResponse::new(409, r#"{"error":{"code":"CONFLICT"}}"#),
            None => {
                world.outcomes.insert(token, body);
                ApiResponse::new(201, "{}")
            }
        };
        let answer = match trouble {
            None => Some(Ok(take())),
            Some(Trouble::Status(status, delay)) => {
                let answer = ApiResponse::new(status, "{}");
                Some(Ok(match delay {
                    Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
                    None => answer,
                }))
            }
            Some(Trouble::Unreachable) => {
                Some(Err(TransportError::new(TransportErrorKind::Connect)))
            }
            Some(Trouble::TakenAndBroken) => {
                take();
                Some(Err(TransportError::new(TransportErrorKind::Interrupted)))
            }
            Some(Trouble::TakenAndSilent) => {
                take();
                None
            }
            Some(Trouble::TakenAnd(status)) => {
                take();
                Some(Ok(ApiResponse::new(status, "{}")))
            }
        };
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}
