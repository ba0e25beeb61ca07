//! Paths that try something.

use passid_sandbox::{RequestFilter, Route, Sandbox};

use crate::support::exchange;

async fn status_of(sandbox: &Sandbox, path: &str) -> String {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    let (answer, _) = exchange(sandbox, request.as_bytes()).await;
    let head = String::from_utf8_lossy(&answer);
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_path_that_tries_something_is_not_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = format!("/{}", "x".repeat(20_000));
    let deep = "/v1".repeat(5_000);
    for path in [
        "/v1//verify",
        "//v1/verify",
        "/v1/verify/",
        "/v1/%76erify",
        "/v1/verify%00",
        "/v1/verify%2f",
        "/%2e%2e/v1/verify",
        "/v1/sessions/../verify",
        "/v1/%2e%2e/_passid/reset",
        "/..%2f_passid/reset",
        "/_passid%2freset",
        "/v1/verify;x=1",
        "/%ff%fe",
        "/%",
        "/%zz",
        long.as_str(),
        deep.as_str(),
    ] {
        assert_eq!(status_of(&sandbox, path).await, "404", "{path}");
    }
    let recorded = sandbox.requests(&RequestFilter::new());
    assert_eq!(recorded.len(), 17);
    assert!(recorded.iter().all(|request| request.template == "*"));
    assert_eq!(sandbox.calls(Route::Verify), 0);
}

#[tokio::test]
async fn what_is_no_path_is_a_bad_request() {
    let sandbox = Sandbox::start().await.unwrap();
    let endless = format!("/{}", "x".repeat(70_000));
    for path in ["/v1/verify\0", "/v1/ver ify", "v1/verify", "", "/v1/\u{7f}", endless.as_str()] {
        let status = status_of(&sandbox, path).await;
        assert!(status.is_empty() || status.starts_with('4'), "{status} for {path:.20}");
    }
    let status = status_of(&sandbox, "*").await;
    assert!(status.starts_with('4'), "{status}");
}
