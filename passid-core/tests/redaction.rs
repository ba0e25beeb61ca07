//! Nothing secret or personal reaches a log, an error or a `Debug`: unique markers stand for the
//! key, the token, the code, the claims and the text of answers, and none of them may be seen.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use common::log::{logged, record};
use common::{Api, CODE, KEY, TOKEN, api, block_on, chain, code, token};
use passid_core::client::{ApiResponse, IdempotencyKey, TransportErrorKind};
use passid_core::testing::{ManualClock, MockTransport, ScriptedVerifier};
use passid_core::{
    Answers, ApiKey, Decision, DenyReason, Detail, Environment, Guard, Policy, RequestView,
    ShareCode, Step, Token, TokenSources, Unavailable, UnavailableKind, Verdict,
    VerificationClaims, VerifiedCredential, Verify,
};
use serde_json::{Value, json};

/// In lower case; what is looked at is brought to lower case too.
const MARKERS: [&str; 13] = [
    "zq7xv9kw3jp5rt1yb8nd", // the key
    "qz7x-8vkj-4wpn-6rty",  // the token
    "qz7x8vkj4wpn6rty",
    "kq7z-9xvj-3wpd", // the code
    "kq7z9xvj3wpd",
    "band-marker",
    "corridor-marker",
    "tier-marker",
    "extra-marker",
    "body-marker",
    "918273",
    "827364",
    "736455",
];

fn personal() -> Value {
    json!({
        "identity_verified": true, "income_verified": false, "income_band": "band-marker",
        "sanctions_screening_clear": false, "corridor": "corridor-marker",
        "data_window_days": 918_273, "linked_accounts": 827_364, "freshness_hours": 736_455,
        "tier": "tier-marker", "extra-marker": "extra-marker"
    })
}

fn claims() -> VerificationClaims {
    serde_json::from_value(personal()).unwrap()
}

#[track_caller]
fn clean(shown: &str) {
    let lower = shown.to_lowercase();
    for marker in MARKERS {
        assert!(!lower.contains(marker), "{marker} is seen in {shown}");
    }
}

#[track_caller]
fn opaque(value: &impl Debug) {
    clean(&format!("{value:?} {value:#?}"));
}

#[track_caller]
fn opaque_error(error: &(impl std::error::Error + 'static)) {
    opaque(error);
    clean(&chain(error).join(": "));
}

struct Request(Vec<(&'static str, String)>);

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.0.iter().filter(|(header, _)| *header == name) {
            visit(value.as_bytes());
        }
    }
}

fn presented() -> Request {
    Request(vec![("x-passid-token", TOKEN.to_owned())])
}

/// What is done to a request.
type Outcome = Box<dyn Fn(&MockTransport)>;

/// Every answer and failure that leads somewhere else, all of them full of markers; those that echo
/// something echo the key and what was asked about.
fn outcomes(asked: &str) -> Vec<Outcome> {
    let mut all: Vec<Outcome> = Vec::new();
    for kind in
        [TransportErrorKind::Connect, TransportErrorKind::Interrupted, TransportErrorKind::TooLarge]
    {
        all.push(Box::new(move |transport| transport.fail(kind)));
    }
    all.push(Box::new(MockTransport::hang));
    let said = json!({
        "message": "body-marker", "error": {"code": asked, "message": "body-marker"},
        "claims": personal(), "request": {"key": KEY, "code": CODE}
    });
    let html = format!("<html>body-marker {KEY} {TOKEN} {CODE}</html>");
    let valid = json!({
        "credential_valid": true, "status": "verified", "claims": personal(), "token": TOKEN,
        "issuer": "extra-marker", "decisioning_note": "body-marker", "proof": "extra-marker",
        "body-marker": "body-marker"
    });
    let mut wrong = valid.clone();
    wrong["claims"]["identity_verified"] = json!("extra-marker");
    let mut odd = valid.clone();
    odd["revocation_status"] = json!({"body-marker": TOKEN});
    let mut review = valid.clone();
    review["status"] = json!("manual_review_required");
    let echo = |word: &str| {
        json!({
            "credential_valid": false, "reason_code": word, "status": word, "code": word,
            "message": "body-marker"
        })
    };
    let final_word = json!({"deny_reason": "HARD_DENY_SANCTIONS_MATCH", "message": "body-marker"});
    let mut bodies = vec![html, String::new(), "{\"body-marker\":".to_owned()];
    let values = [said, valid, wrong, odd, review, final_word, echo(asked), echo(KEY)];
    bodies.extend(values.map(|value| value.to_string()));
    for status in [200, 204, 302, 400, 401, 403, 404, 410, 422, 429, 500, 503] {
        for body in bodies.clone() {
            all.push(Box::new(move |transport| {
                let answer = ApiResponse::new(status, body.clone())
                    .with_header("x-request-id", format!("req {KEY}"))
                    .with_header("x-other", "body-marker");
                transport.answer(answer);
            }));
        }
    }
    all
}

fn scripted(outcome: &dyn Fn(&MockTransport)) -> Api {
    let api = api();
    for _ in 0..3 {
        outcome(&api.transport);
    }
    api
}

#[test]
fn the_recorder_sees_what_is_logged_in_events_and_in_spans() {
    record();
    let span =
        tracing::trace_span!("a_span", at_start = "seen-at-start", later = tracing::field::Empty);
    span.record("later", "seen-later");
    span.in_scope(|| tracing::trace!(target: "any::target", number = 421_973, "seen in an event"));
    let seen = logged();
    for text in ["seen-at-start", "seen-later", "421973", "seen in an event", "any::target"] {
        assert!(seen.contains(text), "{seen}");
    }
    let caught = std::panic::catch_unwind(|| clean("a record that holds the BODY-MARKER"));
    assert!(caught.is_err(), "a marker is not found");
}

#[test]
fn no_call_of_the_client_shows_a_marker() {
    record();
    for outcome in outcomes(TOKEN) {
        let api = scripted(&outcome);
        match block_on(api.client.verify_token(&token())) {
            Ok(credential) => opaque(&credential),
            Err(error) => {
                opaque_error(&error);
                clean(&format!("{:?} {:?} {:?}", error.kind(), error.code(), error.request_id()));
            }
        }
        opaque(&api.transport);
        opaque(&api.transport.requests());
        opaque(&api.client);
        let api = scripted(&outcome);
        opaque(&block_on(api.client.verify(token())));
    }
    for outcome in outcomes(CODE) {
        let api = scripted(&outcome);
        match block_on(api.client.redeem_code(&code())) {
            Ok(redemption) => opaque(&redemption),
            Err(error) => opaque_error(&error),
        }
        opaque(&api.transport);
    }
    let seen = logged();
    assert!(seen.contains("trying again"), "the client's events are not recorded");
    clean(&seen);
}

#[test]
fn no_decision_of_a_guard_shows_a_marker_to_anyone() {
    record();
    let policies = [
        Policy::verified_only(),
        Policy::builder()
            .require_claims(["income_verified", "dscr"])
            .max_credential_age_hours(1)
            .require_sanctions_clear()
            .not(Policy::builder().require_claims(["tier"]).build().unwrap())
            .build()
            .unwrap(),
    ];
    let outcomes = outcomes(TOKEN);
    let pairs = outcomes.iter().flat_map(|outcome| policies.iter().map(move |p| (outcome, p)));
    for (outcome, policy) in pairs {
        let api = scripted(outcome);
        let sources = TokenSources::default().and_cookie("passid");
        let guard = Guard::builder(api.client, policy.clone())
            .token_sources(sources)
            .clock(Arc::new(api.clock));
        opaque(&guard);
        let guard = guard.build();
        opaque(&guard);
        opaque(&guard.begin(&presented(), None));
        let decision = block_on(guard.check(&presented()));
        opaque(&decision);
        let Decision::Refused(rejection) = decision else { continue };
        opaque_error(&rejection);
        for answers in [Answers::json(), Answers::problem_json()] {
            for detail in [Detail::Terse, Detail::Detailed, Detail::Everything] {
                let answer = answers.clone().detail(detail).render(&rejection);
                clean(&format!("{answer:?} {}", String::from_utf8_lossy(&answer.body)));
            }
        }
    }
    let seen = logged();
    for level in ["refused for good", "passid::guard", "cause="] {
        assert!(seen.contains(level), "the guard's events are not recorded");
    }
    clean(&seen);
}

#[test]
fn what_a_caller_presents_is_not_repeated_when_it_is_refused() {
    record();
    let guard = Guard::new(ScriptedVerifier::new(), Policy::verified_only());
    for headers in [
        vec![("x-passid-token", format!("{TOKEN} body-marker"))],
        vec![("x-passid-token", format!("{TOKEN}{}", "x".repeat(5000)))],
        vec![("x-passid-token", TOKEN.to_owned()), ("authorization", "Bearer PASSID-A".to_owned())],
        vec![("x-passid-token", format!("{TOKEN}\u{e9}"))],
        vec![("authorization", "Bearer body-marker.jwt".to_owned())],
        vec![("x-passid-token", TOKEN.to_owned())],
    ] {
        let Decision::Refused(rejection) = block_on(guard.check(&Request(headers))) else {
            panic!("passed")
        };
        opaque_error(&rejection);
        opaque(&guard.answer(&rejection));
    }
    clean(&logged());
}

#[test]
fn no_value_shows_a_marker() {
    let credential =
        VerifiedCredential::builder("passid", Environment::Sandbox, claims(), common::start())
            .token(token())
            .issuer("extra-marker")
            .decisioning_note("body-marker")
            .proof_type("extra-marker")
            .extra(personal().as_object().unwrap().clone());
    opaque(&credential);
    let credential = credential.build().unwrap();
    opaque(&credential);
    opaque(&Verdict::Valid(credential.clone()));
    opaque(&Decision::Verified(credential));
    opaque(&claims());
    opaque(&ApiKey::parse(KEY).unwrap());
    opaque(&Token::parse(TOKEN).unwrap());
    opaque(&ShareCode::parse(CODE).unwrap());
    opaque(&passid_core::PassidClient::builder(ApiKey::parse(KEY).unwrap()));
    opaque(&ApiResponse::new(200, "body-marker").with_header("x-request-id", TOKEN));

    let verifier = ScriptedVerifier::new();
    verifier.accept(TOKEN, claims());
    block_on(verifier.verify(token()));
    opaque(&verifier.asked());
    let transport = MockTransport::new();
    transport.answer(ApiResponse::new(200, "body-marker"));
    opaque(&transport);
    opaque(&Step::Verifying(verifier.verify(token())));
    opaque(&Verdict::Invalid(DenyReason::Unspecified));
    let cause = serde_json::from_value::<VerificationClaims>(json!({"corridor": 918_273}));
    let outage = Unavailable::new(UnavailableKind::Failed).because(cause.unwrap_err());
    opaque_error(&outage.retry_after(Duration::from_secs(1)));
    opaque(&ManualClock::at(common::start()));
    let key = IdempotencyKey::parse(TOKEN).map(|_| ());
    opaque(&key);
}

#[test]
fn a_scripted_verifier_shows_no_marker() {
    let verifier = ScriptedVerifier::new();
    verifier.accept(TOKEN, claims());
    opaque(&verifier);
}

#[test]
fn an_echo_of_a_secret_in_another_spelling_is_not_kept() {
    for (secret, spellings) in [
        (CODE, ["KQ7Z9XVJ3WPD", "kq7z 9xvj 3wpd", "KQ7Z.9XVJ.3WPD"]),
        (TOKEN, ["PASSIDQZ7X8VKJ4WPN6RTY", "QZ7X-8VKJ-4WPN-6RTY", "passid qz7x 8vkj 4wpn 6rty"]),
    ] {
        for spelling in spellings {
            let body = json!({"error": {"code": format!("unknown:{spelling}")}}).to_string();
            let api = api();
            api.answer(404, body);
            let error = if secret == CODE {
                block_on(api.client.redeem_code(&code())).unwrap_err()
            } else {
                block_on(api.client.verify_token(&token())).unwrap_err()
            };
            let shown = format!("{error:?} {:?}", error.code()).to_lowercase();
            assert!(!shown.contains(&spelling.to_lowercase()), "{shown}");
        }
    }
}

#[test]
fn a_sentence_in_the_place_of_a_code_is_not_kept() {
    let mut seen = Vec::new();
    for (status, body) in [
        (404, json!({"error": "No account of Jane body-marker"})),
        (503, json!({"error": {"code": "Lookup of Jane body-marker failed"}})),
        (200, json!({"credential_valid": false, "reason_code": "Jane body-marker is 17"})),
        (400, json!({"deny_reason": "Jane body-marker is 17"})),
    ] {
        let api = scripted(&|transport: &MockTransport| {
            transport.answer(ApiResponse::new(status, body.to_string()));
        });
        let error = block_on(api.client.verify_token(&token())).unwrap_err();
        let shown = format!("{error:?} {error}");
        if shown.contains("body-marker") {
            seen.push(shown);
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
}
