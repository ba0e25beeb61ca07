//! A route that takes share codes, on both adapters: neither code nor claims are told, whatever comes
//! of a redemption.

use passid_core::RedeemingVerifier;
use passid_sandbox::{CredentialState, Fault, FaultKind, NewCredential, Route};
use passid_tests::apps::{self, Setup};
use passid_tests::http::{Request, send};
use passid_tests::soon;
use passid_tests::upstream::{Api, Upstream};

use super::listener::{listen, said, told};

const BAND: &str = "bandmarker-of-the-guard";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redeeming_guard_tells_neither_codes_nor_claims() {
    listen();
    let api = Api::start().await;
    let verifier = RedeemingVerifier::new(api.client(Upstream::Sound));
    let axum = apps::axum::start(Setup::ShareCode, verifier.clone()).await;
    let actix = apps::actix::start(Setup::ShareCode, verifier).await;
    let mut secrets = vec![BAND.to_owned()];
    let mut passed = 0;
    for address in [axum.address, actix.address] {
        for fault in [
            None,
            Some(FaultKind::apply_then_drop()),
            Some(FaultKind::truncate()),
            Some(FaultKind::status(401)),
            Some(FaultKind::status(500)),
            Some(FaultKind::rate_limit(1)),
        ] {
            for state in [CredentialState::Active, CredentialState::SanctionsDenied] {
                let credential = NewCredential::new().claim("income_band", BAND).state(state);
                let code = api.sandbox.mint_code(credential).unwrap();
                if let Some(kind) = fault {
                    api.sandbox.inject_fault(Fault::on(Route::Redeem, kind)).unwrap();
                }
                for spelling in [code.clone(), code.replace('-', " ").to_lowercase()] {
                    let request = Request::new("POST", "/api/apply")
                        .header("X-PASSID-Code", spelling.as_str());
                    let answer = soon("an answer", send(address, &request)).await.unwrap();
                    passed += usize::from(answer.status == 200);
                    secrets.push(spelling);
                }
                secrets.push(code);
            }
        }
    }
    // Of six codes on each app: one sound, and three whose failure burnt nothing.
    assert_eq!(passed, 8);
    let told = told(&said(), &secrets);
    assert!(told.is_empty(), "{told:#?}");
}
