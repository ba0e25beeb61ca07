//! The loan examples with each provider: the same routes, whatever the policy file says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{Loan, passbase_token};
use passid_sandbox::{Route, Sandbox};
use passid_tests::http::Request;
use passid_tests::program::{Program, example};
use passid_tests::redis::RedisServer;
use passid_tests::{soon, until};
use tokio::process::Command;

const PROGRAMS: [&str; 2] = ["loan-axum", "loan-actix"];
const OTHERS: [&str; 2] = ["passbase", "docverify"];

fn policy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name)
}

async fn start(program: &str, provider: &str, file: &str, environment: &[(&str, &str)]) -> Loan {
    let file = policy(file);
    let arguments = ["--provider", provider, "--policy", file.to_str().unwrap()];
    Loan::start_with(program, &arguments, environment).await
}

/// Pastes every printed command; what was said must come true.
async fn paste(program: &Loan) -> Vec<u16> {
    let mut statuses = Vec::new();
    for shown in program.commands() {
        let status = program.send(&shown.request()).await.status;
        assert_eq!(status, shown.status, "{shown:?}");
        statuses.push(status);
    }
    statuses
}

#[tokio::test]
async fn with_a_policy_that_a_provider_can_meet_the_printed_commands_show_the_three_outcomes() {
    for program in PROGRAMS {
        for provider in ["passid", "passbase", "docverify"] {
            let loan = start(program, provider, "identity.json", &[]).await;
            assert_eq!(paste(&loan).await, [401, 200, 403], "{program} {provider}");
            let old = loan.send(&loan.commands().get(2).unwrap().request()).await.body;
            assert!(old.contains("must not be older than 72 hours"), "{old}");
            let token = loan.token_for(200, "/api/apply");
            let greeting = Request::new("GET", "/api/greeting").header("X-PASSID-Token", token);
            assert!(loan.send(&greeting).await.body.contains("\"verified\":true"));
        }
    }
}

#[tokio::test]
async fn under_the_guides_policy_the_others_are_refused_and_told_which_claim_they_cannot_have() {
    for program in PROGRAMS {
        for provider in OTHERS {
            let loan = Loan::start_with(program, &["--provider", provider], &[]).await;
            assert_eq!(paste(&loan).await, [401, 403, 403], "{program} {provider}");
            let why = "The claim income_verified must be present and true; \
                       this credential does not have it.";
            // The old one is told that it is old as well.
            for shown in loan.commands().iter().skip(1) {
                let told = loan.send(&shown.request()).await.body;
                assert!(told.contains(why), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn only_who_was_screened_meets_a_policy_on_sanctions_and_the_others_are_told_why() {
    for program in PROGRAMS {
        let loan = start(program, "passbase", "screened.json", &[]).await;
        assert_eq!(paste(&loan).await, [401, 200, 403]);
        let loan = start(program, "docverify", "screened.json", &[]).await;
        assert_eq!(paste(&loan).await, [401, 403, 403]);
        let told = loan.send(&loan.commands().get(1).unwrap().request()).await.body;
        let why = "Sanctions screening must be clear; this credential says nothing of it.";
        assert!(told.contains(why), "{told}");
    }
}

#[tokio::test]
async fn the_policy_of_the_environment_counts_unless_a_file_is_named() {
    let identity = policy("identity.json");
    let environment = [("PASSID_POLICY", identity.to_str().unwrap())];
    for program in PROGRAMS {
        let loan = Loan::start_with(program, &["--provider=docverify"], &environment).await;
        assert_eq!(paste(&loan).await, [401, 200, 403]);
        let loan = start(program, "docverify", "loan.json", &environment).await;
        assert_eq!(paste(&loan).await, [401, 403, 403]);
    }
}

#[tokio::test]
async fn share_codes_are_passids_and_the_answer_says_so() {
    for program in PROGRAMS {
        for provider in OTHERS {
            let loan = Loan::start_with(program, &["--provider", provider], &[]).await;
            let request = Request::new("POST", "/api/redeem").json(r#"{"code":"KE8V-3TXY-Z72L"}"#);
            let answer = loan.send(&request).await;
            assert_eq!(answer.status, 404);
            assert!(answer.body.contains("NOT_OFFERED"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_cache_stands_before_every_provider() {
    for program in PROGRAMS {
        for provider in OTHERS {
            let settings = [("PASSID_CACHE_TTL_SECS", "60")];
            let loan = start(program, provider, "identity.json", &settings).await;
            let token = loan.token_for(200, "/api/apply");
            for _ in 0..3 {
                let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", &*token);
                assert_eq!(loan.send(&request).await.status, 200);
            }
            let metrics = loan.send(&Request::new("GET", "/metrics")).await.body;
            for line in ["{event=\"miss\"} 1", "{event=\"hit\"} 2"] {
                assert!(metrics.contains(line), "{program} {provider}: {metrics}");
            }
        }
    }
}

#[tokio::test]
async fn a_redis_is_shared_by_both_programs_with_another_provider_too() {
    let Some(redis) = RedisServer::start_own().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let environment = [
        ("PASSBASE_BASE_URL", sandbox.passbase().url()),
        ("PASSBASE_SECRET_KEY", sandbox.passbase().key()),
        ("PASSBASE_ENVIRONMENT", "sandbox"),
        ("PASSID_CACHE_TTL_SECS", "60"),
        ("PASSID_REDIS_URL", &*redis.url),
    ];
    let token = passbase_token(&sandbox, true);
    let mut loans = Vec::new();
    for program in PROGRAMS {
        loans.push(start(program, "passbase", "screened.json", &environment).await);
    }
    // A request that comes before the connection does is a call of its own.
    for loan in &loans {
        counted(loan, "subscribed").await;
    }
    for loan in &loans {
        let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", &*token);
        assert_eq!(loan.send(&request).await.status, 200);
        counted(loans.first().unwrap(), "kept").await;
    }
    assert_eq!(sandbox.calls(Route::PassbaseIdentity), 1);
}

/// Waits until a program has counted this event of what is shared.
async fn counted(loan: &Loan, event: &str) {
    let line = format!("passid_shared_events_total{{event=\"{event}\"}} 1");
    until(&line, async || loan.send(&Request::new("GET", "/metrics")).await.body.contains(&line))
        .await;
}

/// What a program that cannot start says.
async fn end(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(example(program))
        .args(arguments)
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .envs(environment.iter().copied())
        .kill_on_drop(true)
        .output();
    let output = soon("the end", output).await.unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), said)
}

#[tokio::test]
async fn arguments_that_are_not_understood_end_in_the_usage_without_being_repeated() {
    for program in PROGRAMS {
        for arguments in [["--provider", "marker"], ["--provider=marker", ""], ["--marker", "a"]] {
            let (status, said) = end(program, &arguments, &[]).await;
            assert_eq!(status, 2, "{said}");
            assert!(
                said.contains("passid|passbase|docverify") && !said.contains("marker"),
                "{said}"
            );
        }
        let (status, said) = end(program, &["--help"], &[]).await;
        assert!(status == 0 && said.starts_with("usage: "), "{said}");
    }
}

#[tokio::test]
async fn a_setting_of_a_provider_that_cannot_be_used_is_named_without_its_value() {
    let passbase = |more: &[(&'static str, &'static str)], named| {
        let base = [("PASSBASE_BASE_URL", "http://127.0.0.1:1")].as_slice();
        ("passbase", [base, more].concat(), named)
    };
    let docverify = |more: &[(&'static str, &'static str)], named| {
        let base = [("DOCVERIFY_BASE_URL", "http://127.0.0.1:1"), ("DOCVERIFY_CLIENT_ID", "a")];
        ("docverify", [base.as_slice(), more].concat(), named)
    };
    let secret = ("DOCVERIFY_CLIENT_SECRET", "marker");
    let cases = [
        passbase(&[], "PASSBASE_SECRET_KEY"),
        passbase(&[("PASSBASE_SECRET_KEY", "pk_marker")], "PASSBASE_SECRET_KEY"),
        passbase(
            &[("PASSBASE_SECRET_KEY", "marker"), ("PASSBASE_ENVIRONMENT", "marker")],
            "PASSBASE_ENVIRONMENT",
        ),
        passbase(
            &[("PASSBASE_SECRET_KEY", "a"), ("PASSBASE_BASE_URL", "http://marker.example")],
            "PASSBASE_BASE_URL",
        ),
        docverify(&[], "DOCVERIFY_CLIENT_SECRET"),
        docverify(&[("DOCVERIFY_CLIENT_SECRET", "mark er\u{1}")], "DOCVERIFY_CLIENT_SECRET"),
        docverify(&[secret, ("DOCVERIFY_ENVIRONMENT", "marker")], "DOCVERIFY_ENVIRONMENT"),
        docverify(&[secret, ("DOCVERIFY_BASE_URL", "http://marker")], "DOCVERIFY_BASE_URL"),
        ("docverify", vec![("PUBLIC_URL", "marker")], "PUBLIC_URL"),
        ("passbase", vec![("PASSID_POLICY", "/marker/none")], "PASSID_POLICY"),
    ];
    for program in PROGRAMS {
        for (provider, environment, named) in &cases {
            let (status, said) = end(program, &["--provider", provider], environment).await;
            assert_eq!(status, 2, "{said}");
            assert!(said.contains(named) && !said.contains("marker"), "{said}");
        }
    }
}

#[tokio::test]
async fn an_example_with_another_provider_stops_at_an_interrupt() {
    for program in PROGRAMS {
        for provider in OTHERS {
            let mut started = Program::start_with(program, &["--provider", provider], &[]);
            started.line("In a browser").await;
            started.signal("INT").await;
            let (status, _, log) = started.end().await;
            assert!(status.success(), "{program}: {status}: {log}");
        }
    }
}
