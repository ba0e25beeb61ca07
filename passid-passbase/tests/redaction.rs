//! Nothing secret or personal in a `Debug`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{api, block_on, identity, key, shows_nothing, token};
use passid_core::{Verdict, Verify};
use passid_passbase::{Caller, PresentedIdentity};
use serde_json::json;

#[test]
fn debug_shows_states_and_nothing_of_a_person() {
    let api = api();
    let mut body = identity();
    body["watchlist"] = json!({
        "clean": false, "listings": {"jane-source": {"url": "jane", "name": "jane", "aml_types": ["pep"]}},
        "media": [{"url": "jane", "title": "jane"}], "sources": ["jane"], "types": ["pep"]
    });
    api.answer(&body);
    let identity = block_on(api.client.identity(&key())).unwrap();
    let listing = identity.watchlist.as_ref().unwrap();
    let presented = PresentedIdentity::of(&token()).unwrap();
    let shown = format!(
        "{identity:?} {:#?} {:?} {:?} {:?} {:?} {:?} {presented:?} {:?} {:?} {:?}",
        identity.resources,
        identity.owner,
        identity.network,
        identity.id,
        listing.listings.values().collect::<Vec<_>>(),
        listing.media,
        api.client,
        api.verifier(),
        api.verifier().for_caller(Caller::OwnerEmail("jane@example.com".into())),
    );
    assert!(shown.contains("Approved") && shown.contains("Passport"), "{shown}");
    shows_nothing(&shown);
    shows_nothing(&format!("{:?}", Caller::User("user-42".into())));
}

#[test]
fn debug_shows_no_word_and_no_field_that_is_not_known() {
    let api = api();
    let mut odd = identity();
    odd["status"] = json!("jane");
    odd["resources"][0]["type"] = json!("SPECIMEN, JANE");
    odd["resources"][0]["status"] = json!(common::SECRET);
    api.answer(&odd);
    let identity = block_on(api.client.identity(&key())).unwrap();
    assert_eq!(identity.status.as_ref().unwrap().as_str(), "jane", "and yet it is kept");
    shows_nothing(&format!("{identity:?} {:?}", identity.resources));

    let mut settings = common::settings();
    settings["secret_api_key"] = json!(common::SECRET);
    settings["environment"] = json!(common::SECRET);
    settings["verification_steps"][0]["step"] = json!("jane");
    api.answer(&settings);
    shows_nothing(&format!("{:?}", block_on(api.client.settings()).unwrap()));
}

#[test]
fn a_credential_shows_neither_the_identity_nor_its_user() {
    let api = api();
    api.answer(&identity());
    let verdict = block_on(api.verifier().verify(token()));
    assert!(matches!(verdict, Verdict::Valid(_)));
    shows_nothing(&format!("{verdict:?}"));
}
