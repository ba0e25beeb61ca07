//! Every call of the client against the sandbox, sound and under every fault, with unique markers for
//! whatever is secret or personal.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use passid_core::client::{
    CallObserver, CallReport, IdempotencyKey, InstitutionReference, NewWebhook, VerifyOptions,
};
use passid_core::{
    ApiError, InstitutionJwt, NewOutcome, NewSession, PassidClient, Probe, RedeemingVerifier,
    ReportedOutcome, RequestId, SessionCode, ShareCode, Token, Verify, WebhookSecret,
};
use passid_sandbox::{CredentialState, Fault, FaultKind, NewCredential, Route};
use passid_tests::soon;
use passid_tests::standing::{START, Standing};

use super::listener::{listen, said, told};

const KEY: &str = "pk_sandbox_keymarker4711keymarker";
const HOOK: &str = "http://127.0.0.1:9/hookmarker4711";
const SECRET: &str = "whsec_secretmarker4711secretmarker";
const CLAIMS: [&str; 3] = ["bandmarker4711", "corridormarker4711", "extramarker4711"];
const PRIVATE: [&str; 3] = ["notesmarker4711", "referencemarker4711", "productmarker4711"];

/// Keeps what an observer is told, as it would be logged.
#[derive(Default)]
struct Reports(Mutex<Vec<String>>);

impl CallObserver for Reports {
    fn called(&self, report: &CallReport) {
        self.0.lock().unwrap().push(format!("report {report:?} {:?}", report.error()));
    }
}

/// What the calls are about, with a marker in each place.
struct Marked {
    token: Token,
    denied: Token,
    code: ShareCode,
    denied_code: ShareCode,
    session: RequestId,
    session_code: SessionCode,
    jwt: InstitutionJwt,
}

fn credential() -> NewCredential {
    NewCredential::new()
        .claim("income_band", CLAIMS[0])
        .claim("corridor", CLAIMS[1])
        .claim(CLAIMS[2], CLAIMS[2])
}

impl Marked {
    async fn in_sandbox(standing: &Standing, client: &PassidClient) -> Self {
        let sandbox = &standing.sandbox;
        sandbox.reset();
        let denied = || credential().state(CredentialState::SanctionsDenied);
        let session = client.create_session(&NewSession::new()).await.unwrap();
        let id = session.request_id.as_str();
        sandbox.approve_session_with(id, credential()).unwrap();
        let marked = Self {
            token: Token::parse(&sandbox.mint_token(credential()).unwrap()).unwrap(),
            denied: Token::parse(&sandbox.mint_token(denied()).unwrap()).unwrap(),
            code: ShareCode::parse(&sandbox.mint_code(credential()).unwrap()).unwrap(),
            denied_code: ShareCode::parse(&sandbox.mint_code(denied()).unwrap()).unwrap(),
            session: session.request_id,
            session_code: session.code,
            jwt: InstitutionJwt::parse(&sandbox.institution_jwt()).unwrap(),
        };
        client.verify_token(&marked.token).await.unwrap();
        marked
    }

    fn secrets(&self) -> Vec<String> {
        let (_, signature) = self.jwt.expose().rsplit_once('.').unwrap();
        let of_calls = [
            self.token.expose(),
            self.denied.expose(),
            self.code.expose(),
            self.denied_code.expose(),
            self.jwt.expose(),
            signature,
            "keymarker4711",
            "secretmarker4711",
            "hookmarker4711",
        ];
        of_calls.iter().chain(&CLAIMS).chain(&PRIVATE).map(|text| (*text).to_owned()).collect()
    }

    /// Makes every call, and gives what a careless program would log of their results.
    async fn every_call(&self, client: &PassidClient) -> Vec<String> {
        let options = VerifyOptions::default()
            .idempotency_key(IdempotencyKey::parse("own-key").unwrap())
            .institution_reference(InstitutionReference::parse(PRIVATE[1]).unwrap());
        let outcome = NewOutcome::new(&self.token, ReportedOutcome::Repaid)
            .notes(PRIVATE[0])
            .and_then(|new| new.product_type(PRIVATE[2]))
            .unwrap();
        let webhook = NewWebhook::new(HOOK).unwrap().secret(WebhookSecret::parse(SECRET).unwrap());
        let redeeming = RedeemingVerifier::new(client.clone());
        let presented = Token::parse(self.code.expose()).unwrap();
        vec![
            shown(client.verify_token(&self.token).await),
            shown(client.verify_token(&self.denied).await),
            shown(client.verify_token_with(&self.token, options).await),
            shown(client.redeem_code(&self.code).await),
            shown(client.redeem_code(&self.denied_code).await),
            format!("{redeeming:?} {:?}", redeeming.verify(presented).await),
            format!("{:?}", client.verify(self.denied.clone()).await),
            shown(client.create_session(&NewSession::new()).await),
            shown(client.session(&self.session).await),
            shown(brief(client.wait_for_session(&self.session)).await),
            shown(client.public_session(&self.session).await),
            shown(client.public_session_by_code(&self.session_code).await),
            shown(client.report_outcome(&outcome).await),
            shown(client.outcome_cohort(&self.jwt).await),
            shown(client.set_webhook(&self.jwt, &webhook).await),
            shown(client.stored_verification(&self.token).await),
            format!("{:?}", client.probe().await),
            format!("{client:?} {outcome:?} {webhook:?} {:?}", self.jwt),
        ]
    }
}

/// The end of a wait. One that goes on, on a clock that stands, is dropped after a while.
async fn brief<T>(wait: impl Future<Output = Result<T, ApiError>>) -> Result<Option<T>, ApiError> {
    let mut waiting = pin!(wait);
    for _ in 0..2000 {
        if let Some(end) = (&mut waiting).now_or_never() {
            return end.map(Some);
        }
        tokio::task::yield_now().await;
    }
    Ok(None)
}

fn shown<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
    let error = match result {
        Ok(value) => return format!("{value:?} {value:#?}"),
        Err(error) => error,
    };
    let mut line = format!("{error:?} {error:#?} {error} {:?}", error.code());
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        line.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    line
}

fn faults() -> Vec<FaultKind> {
    vec![
        FaultKind::status(200),
        FaultKind::status(302),
        FaultKind::status(400),
        FaultKind::status(401),
        FaultKind::status(404),
        FaultKind::status(410),
        FaultKind::status(500),
        FaultKind::rate_limit(0),
        FaultKind::reset(),
        FaultKind::empty(),
        FaultKind::garbage(),
        FaultKind::html(),
        FaultKind::truncate(),
        FaultKind::oversize(),
        FaultKind::wrong_content_type(),
        FaultKind::apply_then_drop(),
        FaultKind::connect_refused(std::time::Duration::from_secs(60)),
    ]
}

#[tokio::test]
async fn no_call_tells_a_secret_a_code_or_a_claim_in_logs_results_errors_or_reports() {
    listen();
    let start = std::time::SystemTime::UNIX_EPOCH + START;
    let builder = passid_sandbox::Sandbox::builder().sandbox_key(KEY).start_time(start);
    let sandbox = builder.freeze_clock(true).start().await.unwrap();
    let clock = passid_core::testing::ManualClock::at(start);
    let standing = Standing { sandbox, clock };
    let reports = Arc::new(Reports::default());
    let observed = || standing.builder_for(KEY).observer(reports.clone()).build().unwrap();
    let (mut secrets, mut results) = (Vec::new(), Vec::new());
    for fault in std::iter::once(None).chain(faults().into_iter().map(Some)) {
        let client = observed();
        let marked = Marked::in_sandbox(&standing, &client).await;
        if let Some(fault) = fault {
            let fault = match fault {
                FaultKind::ConnectRefused { .. } => Fault::on(Route::Any, fault),
                _ => Fault::on(Route::Any, fault).always(),
            };
            standing.sandbox.inject_fault(fault).unwrap();
        }
        let what = format!("every call x {fault:?}");
        results.extend(soon(&what, marked.every_call(&client)).await);
        standing.sandbox.clear_faults();
        secrets.extend(marked.secrets());
    }

    let said = said();
    for expected in ["passid_call", "passid::client", "hyper", "reqwest"] {
        let heard = said.iter().any(|line| line.starts_with(expected));
        assert!(heard, "nothing of {expected} was heard");
    }
    let reports = reports.0.lock().unwrap();
    assert!(reports.len() > 300 && results.len() > 300, "{} {}", reports.len(), results.len());
    for lines in [&said, &results, &*reports] {
        let told = told(lines, &secrets);
        assert!(told.is_empty(), "{told:#?}");
    }
}
