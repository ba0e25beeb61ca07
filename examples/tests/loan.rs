//! The example programs themselves, run as a newcomer runs them: the contract table, the redemption
//! rows, the commands that they print.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::Loan;
use passid_sandbox::{FaultKind, Route};
use passid_tests::apps::Setup;
use passid_tests::http::{Request, Response, send};
use passid_tests::program::example;
use passid_tests::soon;
use passid_tests::table::{Row, redemption_rows, rows};
use passid_tests::upstream::{Api, Upstream};
use tokio::process::Command;

/// What is wrong with both programs' answers to a row.
async fn check(api: &Api, programs: &[Loan; 2], row: &Row) -> Vec<String> {
    api.prepare(row.upstream);
    let [axum, actix] = programs;
    let both =
        async { tokio::join!(send(axum.address, &row.request), send(actix.address, &row.request)) };
    let (axum, actix) = soon(row.name, both).await;
    let (axum, actix) = (axum.unwrap(), actix.unwrap());
    let mut complaints = Vec::new();
    if (axum.status, &axum.body) != (actix.status, &actix.body) {
        complaints.push(format!("{}: axum {axum:?}, actix-web {actix:?}", row.name));
    }
    // The other rows are about guards that the examples do not have; there the two must agree.
    if row.setup == Setup::Loan {
        for (name, response) in [("axum", &axum), ("actix-web", &actix)] {
            let response = without_the_tables_own_field(response);
            let wrong = row.complaints(&response).into_iter();
            complaints.extend(wrong.map(|complaint| format!("{name}: {}: {complaint}", row.name)));
        }
    }
    complaints
}

/// The table's apps tell the length of the body that reached the handler and greet in fewer words;
/// the examples answer as the guide does.
fn without_the_tables_own_field(response: &Response) -> Response {
    let mut response = response.clone();
    if let Some(body) = response.body.strip_suffix('}')
        && body.contains("\"income_band\"")
    {
        response.body = format!("{body},\"body_len\":0}}");
    }
    for (said, verified) in [("Hello, verified caller.", true), ("Hello.", false)] {
        if response.body == format!(r#"{{"greeting":"{said}","verified":{verified}}}"#) {
            response.body = format!(r#"{{"verified":{verified}}}"#);
        }
    }
    response
}

/// Rows that need the API in the same place can share two programs.
async fn run(upstream: impl Fn(Upstream) -> bool, rows: Vec<Row>) {
    let api = Api::start().await;
    let rows: Vec<Row> = rows.into_iter().filter(|row| upstream(row.upstream)).collect();
    assert!(!rows.is_empty());
    let programs = Loan::start_both(&api, rows.first().unwrap().upstream).await;
    let mut complaints = Vec::new();
    for row in &rows {
        complaints.extend(check(&api, &programs, row).await);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn every_row() -> Vec<Row> {
    rows().into_iter().chain(redemption_rows()).collect()
}

fn takes_ten_seconds(upstream: Upstream) -> bool {
    matches!(upstream, Upstream::Fault(FaultKind::Delay { .. } | FaultKind::SlowBody { .. }, _))
}

#[tokio::test]
async fn both_examples_answer_every_row_alike_while_the_api_can_be_reached() {
    let reachable = |upstream| {
        matches!(upstream, Upstream::Sound | Upstream::Fault(..)) && !takes_ten_seconds(upstream)
    };
    run(reachable, every_row()).await;
}

#[tokio::test]
async fn both_examples_give_an_api_up_that_does_not_answer() {
    run(takes_ten_seconds, every_row()).await;
}

#[tokio::test]
async fn both_examples_answer_alike_when_their_key_is_unknown() {
    run(|upstream| upstream == Upstream::UnknownKey, every_row()).await;
}

#[tokio::test]
async fn both_examples_answer_alike_when_nobody_is_there() {
    run(|upstream| upstream == Upstream::Down, every_row()).await;
}

#[tokio::test]
async fn without_settings_the_sandbox_runs_inside_and_the_printed_commands_show_the_three_outcomes()
{
    for name in ["loan-axum", "loan-actix"] {
        let program = Loan::start(name, &[]).await;
        assert!(program.program.said.iter().any(|line| line.contains("sandbox runs inside")));
        let mut statuses = Vec::new();
        for shown in program.commands() {
            let status = program.send(&shown.request()).await.status;
            assert_eq!(status, shown.status, "{name}: {shown:?}");
            statuses.push(status);
        }
        assert_eq!(statuses, [401, 200, 403], "{name}");
    }
}

#[tokio::test]
async fn a_minted_code_is_redeemed_once_by_either_example() {
    let api = Api::start().await;
    let programs = Loan::start_both(&api, Upstream::Sound).await;
    for program in &programs {
        let code = api.sandbox.mint_code(passid_sandbox::NewCredential::new()).unwrap();
        let request = Request::new("POST", "/api/redeem").json(format!(r#"{{"code":"{code}"}}"#));
        assert_eq!(send(program.address, &request).await.unwrap().status, 200);
        assert_eq!(send(program.address, &request).await.unwrap().status, 410);
    }
    assert_eq!(api.sandbox.calls(Route::Redeem), 4);
}

#[tokio::test]
async fn an_example_stops_at_an_interrupt() {
    for name in ["loan-axum", "loan-actix"] {
        let program = Loan::start(name, &[]).await.program;
        program.signal("INT").await;
        let (status, _, log) = program.end().await;
        assert!(status.success(), "{name}: {status}: {log}");
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named_without_its_value() {
    for (variable, value, named) in [
        ("LISTEN_ADDR", "nowhere-secret", "LISTEN_ADDR"),
        ("PASSID_BASE_URL", "http://nowhere-secret.example", "PASSID_BASE_URL"),
    ] {
        let output = Command::new(example("loan-axum"))
            .env("PASSID_API_KEY", "pk_sandbox_nowhere-secret")
            .env(variable, value)
            .output();
        let output = soon("the end", output).await.unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named) && !said.contains("nowhere-secret"), "{said}");
    }
}

mod client {
    use super::*;

    async fn run(argument: &str) -> (Option<i32>, String, String) {
        let output = Command::new(example("client"))
            .env_remove("PASSID_BASE_URL")
            .env_remove("PASSID_API_KEY")
            .arg(argument)
            .output();
        let output = soon("the end", output).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    #[tokio::test]
    async fn a_verified_code_is_shown() {
        let (status, out, _) = run("ke8v 3txy z72l").await;
        assert_eq!(status, Some(0));
        assert!(out.contains("status:     verified") && out.contains("$3,000-4,000/mo"), "{out}");
    }

    #[tokio::test]
    async fn a_code_that_is_not_verified_has_a_status_of_its_own() {
        let (status, out, _) = run("GH2P-ABCD-56KL").await;
        assert_eq!(status, Some(3));
        assert!(out.contains("manual_review_required"), "{out}");
    }

    #[tokio::test]
    async fn a_wrong_code_is_not_repeated() {
        for (code, said) in [("AAAA-BBBB-CCCC", "does not know the code"), ("AAAA", "12 letters")] {
            let (status, _, error) = run(code).await;
            assert_eq!(status, Some(1));
            assert!(error.contains(said) && !error.contains(code), "{error}");
        }
    }
}
