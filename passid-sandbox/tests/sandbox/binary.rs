//! The program, as a script uses it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use passid_sandbox::{demo, docverify};
use serde_json::{Value, json};

use crate::support::{REDEEM, client};

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passid-sandbox"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PASSID_SANDBOX_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program that is killed when a test fails in between.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    pub(crate) ready: Value,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, stdout, ready }
    }

    /// Sends a signal, waits for the end, and gives the exit code, the rest of stdout, and stderr.
    pub(crate) fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let (mut rest, mut log) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), rest, log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn refused(command: &mut Command) -> (String, Output) {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    (String::from_utf8(output.stderr.clone()).unwrap(), output)
}

#[tokio::test]
async fn it_announces_itself_serves_and_stops_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let running = Running::start(program().args(["--listen", "127.0.0.1:0"]));
        let ready = running.ready.clone();
        let url = ready["url"].as_str().unwrap().to_owned();
        assert_eq!(
            ready,
            json!({
                "event": "ready",
                "url": url,
                "admin_url": format!("{url}/_passid"),
                "sandbox_key": demo::SANDBOX_KEY,
                "live_key": demo::LIVE_KEY,
                "institution_jwt": ready["institution_jwt"],
                "live_institution_jwt": ready["live_institution_jwt"],
                "user_jwt": ready["user_jwt"],
                "webhook_secret": demo::WEBHOOK_SECRET,
                "passbase_url": format!("{url}/passbase/verification/v2"),
                "passbase_key": passid_sandbox::passbase::SECRET_KEY,
                "docverify_url": format!("{url}/docverify"),
                "docverify_client_id": docverify::CLIENT_ID,
                "docverify_client_secret": docverify::CLIENT_SECRET,
            })
        );
        let redeemed = client()
            .post(format!("{url}{REDEEM}"))
            .header("X-Institution-Key", demo::SANDBOX_KEY)
            .json(&json!({"code": demo::KENYA_CODE}))
            .send()
            .await
            .unwrap();
        assert_eq!(redeemed.status(), 200);
        let (code, rest, log) = running.stop(signal);
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(rest, "", "nothing but the ready line on stdout");
        assert!(log.contains("listening"));
        for secret in [demo::SANDBOX_KEY, demo::LIVE_KEY, demo::WEBHOOK_SECRET, demo::KENYA_CODE] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

#[tokio::test]
async fn options_come_from_flags_and_from_the_environment() {
    let mut by_flags = program();
    by_flags.args(["--listen", "127.0.0.1:0", "--strict-demo-codes"]);
    by_flags.args(["--sandbox-key", "pk_sandbox_f", "--live-key", "pk_live_f"]);
    by_flags.args(["--webhook-secret", "whsec_f"]);
    let mut by_environment = program();
    by_environment
        .env("PASSID_SANDBOX_LISTEN", "127.0.0.1:0")
        .env("PASSID_SANDBOX_SANDBOX_KEY", "pk_sandbox_f")
        .env("PASSID_SANDBOX_LIVE_KEY", "pk_live_f")
        .env("PASSID_SANDBOX_WEBHOOK_SECRET", "whsec_f")
        .env("PASSID_SANDBOX_STRICT_DEMO_CODES", "yes");
    for mut command in [by_flags, by_environment] {
        let running = Running::start(&mut command);
        assert_eq!(running.ready["sandbox_key"], "pk_sandbox_f");
        assert_eq!(running.ready["live_key"], "pk_live_f");
        assert_eq!(running.ready["webhook_secret"], "whsec_f");
        let url = running.ready["url"].as_str().unwrap().to_owned();
        let mut statuses = Vec::new();
        for _ in 0..2 {
            let call = client()
                .post(format!("{url}{REDEEM}"))
                .header("X-Institution-Key", "pk_sandbox_f")
                .json(&json!({"code": demo::KENYA_CODE}));
            statuses.push(call.send().await.unwrap().status().as_u16());
        }
        assert_eq!(statuses, [200, 410]);
        assert_eq!(running.stop("TERM").0, Some(0));
    }
}

#[test]
fn what_is_wrong_is_said_on_stderr_with_a_failing_exit_code() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (message, output) = refused(program().args(["--listen", &address]));
    assert!(message.contains(&format!("cannot listen on {address}: ")), "{message}");
    assert_eq!(output.status.code(), Some(1));

    let (message, output) = refused(program().args(["--listen", "nowhere"]));
    assert!(message.contains("--listen") && message.contains("nowhere"), "{message}");
    assert_eq!(output.status.code(), Some(2));
    refused(program().env("PASSID_SANDBOX_LISTEN", "127.0.0.1"));
    refused(program().env("PASSID_SANDBOX_STRICT_DEMO_CODES", "perhaps"));
    refused(program().arg("--no-such-flag"));

    let args = ["--listen", "127.0.0.1:0", "--sandbox-key", "pk_live_SECRET"];
    let (message, _) = refused(program().args(args));
    assert!(message.contains("the sandbox key cannot be used: "), "{message}");
    assert!(!message.contains("SECRET"));
}
