//! Who may use the control API.

use std::net::SocketAddr;

use passid_sandbox::{Sandbox, StartError, demo};
use reqwest::RequestBuilder;

use crate::support::{Answer, client, exchange, send, verify};

const TOKEN: &str = "control-SECRET";

fn control(sandbox: &Sandbox, path: &str) -> RequestBuilder {
    client().get(format!("{}{path}", sandbox.admin_url()))
}

#[tokio::test]
async fn a_token_opens_the_control_api_and_nothing_else_does() {
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    for sandbox in [
        Sandbox::builder().control_token(TOKEN).start().await.unwrap(),
        Sandbox::builder().control_token(TOKEN).listen(everywhere).start().await.unwrap(),
    ] {
        for path in ["/calls", "/requests", "/nothing", ""] {
            for request in [
                control(&sandbox, path),
                control(&sandbox, path).bearer_auth("control-OTHER"),
                control(&sandbox, path).basic_auth("user", Some(TOKEN)),
                control(&sandbox, path).bearer_auth(TOKEN).bearer_auth(TOKEN),
            ] {
                let answer = send(request).await;
                assert_eq!(answer.error(), (401, "CONTROL_TOKEN_REQUIRED".to_owned()), "{path}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
        assert_eq!(send(control(&sandbox, "/calls").bearer_auth(TOKEN)).await.status, 200);
        assert_eq!(send(control(&sandbox, "/health")).await.status, 200);
        assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200, "the API needs none");
        assert!(!format!("{sandbox:?}").contains("SECRET"));
    }
}

#[tokio::test]
async fn no_web_page_drives_a_sandbox_on_loopback() {
    let sandbox = Sandbox::start().await.unwrap();
    let from =
        async |origin: &str| send(control(&sandbox, "/calls").header("Origin", origin)).await;
    let port = sandbox.url().rsplit(':').next().unwrap();
    for ours in [sandbox.url().to_owned(), format!("http://localhost:{port}")] {
        assert_eq!(from(&ours).await.status, 200, "{ours}");
    }
    let refused = |answer: Answer| {
        assert_eq!(answer.error(), (403, "CONTROL_ORIGIN_REFUSED".to_owned()));
    };
    for foreign in ["null", "http://evil.example", "http://127.0.0.1:1", "https://localhost"] {
        refused(from(foreign).await);
    }
    let rebound = format!("evil.example:{port}");
    refused(send(control(&sandbox, "/calls").header("Host", rebound)).await);
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_at_the_start() {
    for token in ["", "two words", "t\u{f6}ken-SECRET"] {
        let builder = Sandbox::builder().control_token(token);
        assert!(!format!("{builder:?}").contains("SECRET"));
        let error = builder.start().await.unwrap_err();
        assert!(matches!(error, StartError::ControlToken));
        assert!(!error.to_string().contains("SECRET"));
    }
}

#[tokio::test]
async fn no_method_and_no_spelling_of_the_path_goes_round_the_guard() {
    let sandbox = Sandbox::start().await.unwrap();
    for request_line in [
        "HEAD /_passid/state",
        "OPTIONS /_passid/state",
        "GET /_passid/state?x=/v1/verify",
        "GET http://localhost/_passid/state",
        "GET http://localhost:80/_passid/state",
        "POST /_passid/reset",
        "BREW /_passid/state",
    ] {
        for foreign in ["Origin: https://evil.example\r\n", "Origin: null\r\n"] {
            let request = format!(
                "{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{foreign}\r\n"
            );
            let (answer, _) = exchange(&sandbox, request.as_bytes()).await;
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 403"), "{request_line}: {answer}");
            assert!(!answer.contains("access-control"));
        }
    }
    // These are other paths, at which there is nothing.
    for path in ["//_passid/state", "/_PASSID/state", "/%5fpassid/state", "/v1/../_passid/state"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let (answer, _) = exchange(&sandbox, request.as_bytes()).await;
        assert!(answer.starts_with(b"HTTP/1.1 404"), "{path}");
    }
}
