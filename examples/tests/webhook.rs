//! The webhook examples, run as a newcomer runs them: a test event at once, and what is promised of
//! the inbox when the process dies.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use passid_core::testing::webhook::{envelope, sign};
use passid_core::{Environment, WebhookSecret};
use passid_inbox::store::{State, open};
use passid_inbox::{Inbox, ListFilter};
use passid_sandbox::demo;
use passid_tests::http::{Request, Response, send};
use passid_tests::program::Program;
use passid_tests::soon;
use passid_tests::webhook::{DUPLICATE, PATH, RECEIVED};
use serde_json::{Value, json};
use tempfile::TempDir;

const EXAMPLES: [&str; 2] = ["webhook-axum", "webhook-actix"];
const SECRET: &str = "whsec_current_0000000000000000000";
const PREVIOUS: &str = "whsec_previous_000000000000000000";
const STRANGE: &str = "whsec_strange_0000000000000000000";
/// Nobody listens there: the example is told where PASSID is, and has no need to call it.
const NO_SANDBOX: [(&str, &str); 1] = [("PASSID_BASE_URL", "http://127.0.0.1:9")];

/// An example that waits for webhooks sent by hand, and the folder of its inbox.
struct Example {
    name: &'static str,
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Example {
    fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = NO_SANDBOX.map(|(name, value)| (name, value.to_owned())).to_vec();
        environment.push(("PASSID_WEBHOOK_SECRET", SECRET.to_owned()));
        environment.push(("PASSID_WEBHOOK_SECRET_PREVIOUS", PREVIOUS.to_owned()));
        let example = Self { name, folder, environment };
        let url = example.url();
        Self {
            environment: [example.environment, vec![("PASSID_INBOX_URL", url)]].concat(),
            ..example
        }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("inbox.sqlite").display())
    }

    async fn start(&self) -> (Program, SocketAddr) {
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut program = Program::start(self.name, &environment);
        let address = program.address().await;
        (program, address)
    }

    /// What is in the inbox's file while no program has it.
    async fn states(&self) -> Vec<(i64, State)> {
        let store = open(&self.url()).await.unwrap();
        let inbox = Inbox::builder(store, Environment::Live).build().unwrap();
        let all = inbox.list(ListFilter::default()).await.unwrap();
        all.iter().map(|entry| (entry.id.get(), entry.state)).collect()
    }
}

fn signed_by(secret: &str, name: &str, data: Value) -> Request {
    let (secret, body) = (WebhookSecret::parse(secret).unwrap(), envelope(name, data));
    let signature = sign(&secret, &body);
    Request::new("POST", PATH).json(body).header("X-PASSID-Signature", signature)
}

fn test_event(message: &str) -> Request {
    signed_by(SECRET, "webhook.test", json!({"message": message}))
}

async fn sent(address: SocketAddr, request: &Request) -> Response {
    soon("the answer", send(address, request)).await.unwrap()
}

#[tokio::test]
async fn without_settings_the_sandbox_runs_inside_and_its_test_event_is_handled() {
    for name in EXAMPLES {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Program::start(name, &[("TMPDIR", folder.path().to_str().unwrap())]);
        let handled = program.line("handled").await;
        assert_eq!(handled, "handled webhook.test, entry 1, attempt 1", "{name}");
        assert!(program.said.iter().any(|line| line.contains("sandbox runs inside")));
        assert!(program.said.iter().any(|line| line.contains("The inbox is sqlite:")));
        program.signal("TERM").await;
        let (status, rest, log) = program.end().await;
        assert_eq!((status.code(), &*rest), (Some(0), ""), "{name}: {log}");
    }
}

#[tokio::test]
async fn a_webhook_that_comes_three_times_is_handled_once() {
    for name in EXAMPLES {
        let (mut program, address) = Example::new(name).start().await;
        let request = test_event("thrice");
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(sent(address, &request).await.body);
        }
        assert_eq!(answers, [RECEIVED, DUPLICATE, DUPLICATE], "{name}");
        sent(address, &test_event("the last")).await;
        let first = program.line("handled").await;
        let second = program.line("handled").await;
        program.signal("INT").await;
        let (status, rest, _) = program.end().await;
        assert_eq!((status.code(), &*rest), (Some(0), ""), "{name}: {first} {second}");
    }
}

#[tokio::test]
async fn the_previous_secret_is_accepted_and_no_other() {
    for name in EXAMPLES {
        let (mut program, address) = Example::new(name).start().await;
        let by = |secret| signed_by(secret, "webhook.test", json!({"message": secret}));
        let mut statuses = Vec::new();
        for secret in [SECRET, STRANGE, PREVIOUS] {
            statuses.push(sent(address, &by(secret)).await.status);
        }
        assert_eq!(statuses, [200, 401, 200], "{name}");
        program.line("handled").await;
        program.line("handled").await;
    }
}

#[tokio::test]
async fn what_is_printed_names_the_event_and_nobody() {
    for name in EXAMPLES {
        let (mut program, address) = Example::new(name).start().await;
        let (token, band) = (demo::KENYA_TOKEN, "$3,000-4,000/mo");
        for (event, data) in [
            ("verification.completed", json!({"token": token, "claims": {"income_band": band}})),
            ("verification.failed", json!({"token": token, "deny_reason": "EXPIRED"})),
            ("outcome.reported", json!({"token": token, "outcome": "repaid"})),
            ("credential.\u{1b}[2J\n", json!({"band": band})),
        ] {
            assert_eq!(sent(address, &signed_by(SECRET, event, data)).await.status, 200, "{event}");
        }
        let denied = json!({"token": demo::SANCTIONS_DENIED_TOKEN,
            "deny_reason": "HARD_DENY_SANCTIONS_MATCH"});
        sent(address, &signed_by(SECRET, "verification.failed", denied)).await;
        let mut handled = Vec::new();
        for _ in 0..5 {
            let line = program.line("handled").await;
            let event = line.trim_start_matches("handled ").split(',').next().unwrap();
            handled.push(event.to_owned());
        }
        handled.sort();
        assert_eq!(
            handled,
            [
                r"credential.\u{1b}[2J\n",
                "outcome.reported",
                "verification.completed",
                "verification.failed (final)",
                "verification.failed (not final)"
            ],
            "{name}"
        );
        program.signal("TERM").await;
        let said = program.said.join("\n");
        let (_, rest, log) = program.end().await;
        for secret in [token, demo::SANCTIONS_DENIED_TOKEN, band, SECRET, PREVIOUS] {
            assert!(![&said, &rest, &log].iter().any(|text| text.contains(secret)), "{secret}");
        }
    }
}

/// Killed at any moment: what was answered 200 is handled, and what was done is not handled again.
async fn nothing_is_lost_or_done_twice_by_a_kill(name: &'static str) {
    const EVENTS: usize = 20;
    let example = Example::new(name);
    for round in 0..3 {
        let (mut program, address) = example.start().await;
        for event in 0..EVENTS {
            let request = test_event(&format!("round {round}, event {event}"));
            assert_eq!(sent(address, &request).await.status, 200, "{name}");
        }
        program.line("handled").await;
        program.signal("KILL").await;
        program.end().await;
    }
    let before = example.states().await;
    assert_eq!(before.len(), 3 * EVENTS, "{name}: an event that was answered 200 is lost");
    let done = |states: &[(i64, State)]| -> Vec<i64> {
        states.iter().filter(|(_, state)| *state == State::Done).map(|(id, _)| *id).collect()
    };
    let done_before = done(&before);

    // Everything again, as PASSID would: all of it is known.
    let (mut program, address) = example.start().await;
    for round in 0..3 {
        for event in 0..EVENTS {
            let request = test_event(&format!("round {round}, event {event}"));
            assert_eq!(sent(address, &request).await.body, DUPLICATE, "{name}");
        }
    }
    let mut handled = Vec::new();
    for _ in done_before.len()..before.len() {
        let line = program.line("handled").await;
        let id = line.split("entry ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        handled.push(id.parse::<i64>().unwrap());
    }
    program.signal("TERM").await;
    let (status, rest, log) = program.end().await;
    assert_eq!((status.code(), &*rest), (Some(0), ""), "{name}: {log}");
    assert!(handled.iter().all(|id| !done_before.contains(id)), "{name}: done twice");
    assert_eq!(done(&example.states().await).len(), before.len(), "{name}");
}

#[tokio::test]
async fn the_axum_example_loses_nothing_and_does_nothing_twice_when_it_is_killed() {
    nothing_is_lost_or_done_twice_by_a_kill("webhook-axum").await;
}

#[tokio::test]
async fn the_actix_example_loses_nothing_and_does_nothing_twice_when_it_is_killed() {
    nothing_is_lost_or_done_twice_by_a_kill("webhook-actix").await;
}

#[tokio::test]
async fn a_wrong_setting_is_named_without_its_value() {
    let unprintable = "nowhere-secret\u{7}nowhere-secret";
    for name in EXAMPLES {
        for (variable, value) in [
            ("LISTEN_ADDR", "nowhere-secret"),
            ("PASSID_INBOX_URL", "mysql://nowhere-secret"),
            ("PASSID_WEBHOOK_SECRET", unprintable),
            ("PASSID_WEBHOOK_SECRET", "nowhere-secret"),
            ("PASSID_WEBHOOK_SECRET_PREVIOUS", "nowhere-secret"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path().to_str().unwrap();
            let program = Program::start(name, &[("TMPDIR", folder), (variable, value)]);
            let (status, said, log) = program.end().await;
            assert_eq!(status.code(), Some(2), "{name}, {variable}: {log}");
            assert!(log.contains(&format!("{variable} ")), "{log}");
            assert!(!log.contains("nowhere-secret") && said.is_empty(), "{log}");
        }
        let (status, _, log) = Program::start(name, &NO_SANDBOX).end().await;
        assert_eq!(status.code(), Some(2));
        assert!(log.contains("PASSID_WEBHOOK_SECRET must be set"), "{log}");
    }
}
