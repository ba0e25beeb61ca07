//! The published reads: what is sent, every field and word of what is answered, and what is no answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, SystemTime};

use common::{
    FILE, KEY, OTHER, RESOURCE, SECRET, api, block_on, chain, document, identity, key, resource,
    settings,
};
use passid_core::client::ApiResponse;
use passid_passbase::model::{
    FileType, ProjectEnvironment, ResourceStatus, ResourceType, StepName,
};
use passid_passbase::webhook::EventName;
use passid_passbase::{ApiError, ErrorKind, Identity, IdentityStatus, PageRequest};
use serde_json::{Value, json};

fn at(seconds: u64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn read(body: &Value) -> Result<Identity, ApiError> {
    let api = api();
    api.answer(body);
    block_on(api.client.identity(&key()))
}

#[test]
fn each_read_asks_for_its_path_with_the_secret_key() {
    let api = api();
    let page = json!({"cursor": {"next": null}, "data": []});
    for body in [settings(), page.clone(), identity(), page, document()] {
        api.answer(&body);
    }
    block_on(async {
        api.client.settings().await.unwrap();
        api.client.identities(&PageRequest::first()).await.unwrap();
        api.client.identity(&key()).await.unwrap();
        api.client.resources(&key(), &PageRequest::first().limit(5)).await.unwrap();
        api.client.resource(&key(), &resource()).await.unwrap();
    });
    let expected = [
        "/settings".to_owned(),
        "/identities".to_owned(),
        format!("/identities/{KEY}"),
        format!("/identity/{KEY}/resources?limit=5"),
        format!("/identity/{KEY}/resources/{RESOURCE}"),
    ];
    assert_eq!(api.paths(), expected);
    for request in api.transport.requests() {
        assert_eq!(request.method(), "GET");
        assert_eq!(request.header("x-api-key"), Some(SECRET));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert!(request.headers().iter().all(|h| h.sensitive == (h.name == "x-api-key")));
        assert!(request.body().is_empty());
        assert!(!request.route().contains(KEY));
    }
}

#[test]
fn every_field_of_an_identity_is_read() {
    let mut body = identity();
    body["new_field"] = json!({"kept": true});
    body["owner"]["middle_name"] = json!("Q");
    body["watchlist"] = json!({
        "clean": false,
        "listings": {"finanstilsynet": {
            "url": "https://www.finanstilsynet.dk", "name": "Denmark", "aml_types": ["warning"],
            "listing_started_utc": "2020-02-17T00:00:00Z"
        }},
        "media": [{"url": "http://a.io", "title": "(no title)", "date": "2020"}],
        "sources": ["african-development-bank"], "types": ["adverse-media"]
    });
    let identity = read(&body).unwrap();
    assert_eq!(identity.id, Some(key()));
    assert_eq!(identity.status, Some(IdentityStatus::Approved));
    assert_eq!(identity.score, Some(0.86));
    assert_eq!((identity.created, identity.updated), (at(1_621_017_727), at(1_621_143_649)));
    let owner = identity.owner.unwrap();
    assert_eq!(owner.email.as_deref(), Some("Jane@Example.com"));
    assert_eq!(owner.first_name.as_deref(), Some("JANE"));
    assert_eq!(owner.last_name.as_deref(), Some("SPECIMEN"));
    assert_eq!(owner.extra["middle_name"], "Q");
    assert_eq!(identity.metadata, Some(common::metadata()));
    assert_eq!(identity.network.unwrap().ip_address.as_deref(), Some("203.0.113.9"));
    assert_eq!(identity.extra["new_field"]["kept"], true);

    let resource = &identity.resources[0];
    assert_eq!(resource.id.as_ref().unwrap().expose(), RESOURCE);
    assert_eq!(resource.status, Some(ResourceStatus::Processed));
    assert_eq!(resource.resource_type, Some(ResourceType::Passport));
    assert_eq!((resource.created, resource.updated), (at(1_621_017_766), at(1_621_017_769)));
    let points = resource.datapoints.as_ref().unwrap();
    assert_eq!(points.text("first_names"), Some("JANE"));
    assert_eq!(points.flag("mrtd_verified"), Some(true));
    assert_eq!(points.id_authenticity_factor(), Some(0.95));
    assert_eq!(points.face_match_factor(), Some(0.95));
    assert_eq!(points.date_of_expiry().unwrap().to_string(), "2029-03-08");
    let file = &resource.resource_files[0];
    assert_eq!(file.id.as_ref().unwrap().expose(), FILE);
    assert_eq!(file.file_type, Some(FileType::DocumentImage));
    assert_eq!(
        (file.page, file.created, file.updated),
        (Some(1), at(1_621_017_766), at(1_621_017_766))
    );

    let watchlist = identity.watchlist.unwrap();
    assert_eq!((watchlist.clean, watchlist.has_sanction()), (Some(false), false));
    let listing = &watchlist.listings["finanstilsynet"];
    assert_eq!(listing.url.as_deref(), Some("https://www.finanstilsynet.dk"));
    assert_eq!(listing.name.as_deref(), Some("Denmark"));
    assert_eq!(listing.aml_types, ["warning"]);
    assert_eq!(listing.listing_started_utc.as_deref(), Some("2020-02-17T00:00:00Z"));
    let media = &watchlist.media[0];
    assert_eq!(media.url.as_deref(), Some("http://a.io"));
    assert_eq!((media.title.as_deref(), media.date.as_deref()), (Some("(no title)"), Some("2020")));
    assert_eq!(
        (&*watchlist.sources[0], &*watchlist.types[0]),
        ("african-development-bank", "adverse-media")
    );
}

#[test]
fn everything_but_the_id_may_be_absent_or_null() {
    let bare = read(&json!({"id": KEY})).unwrap();
    let nulls = json!({
        "id": KEY, "status": null, "owner": null, "score": null, "created": null, "updated": null,
        "resources": null, "metadata": null, "watchlist": null, "network": null
    });
    assert_eq!(read(&nulls).unwrap(), bare);
    assert_eq!(bare.status, None);
    let empty = json!({"id": KEY, "watchlist": {"clean": true, "listings": [], "media": null}});
    assert_eq!(read(&empty).unwrap().watchlist.unwrap().clean, Some(true));
}

#[test]
fn an_answer_of_another_shape_is_none_to_rely_on() {
    for body in [
        json!({}),
        json!({"id": OTHER, "status": "approved"}),
        json!({"id": "1", "status": "approved"}),
        json!({"id": KEY, "status": true}),
        json!({"id": KEY, "score": "0.9"}),
        json!({"id": KEY, "created": "2021"}),
        json!({"id": KEY, "created": -1}),
        json!({"id": KEY, "updated": u64::MAX}),
        json!({"id": KEY, "owner": []}),
        json!({"id": KEY, "resources": {}}),
        json!({"id": KEY, "resources": [null]}),
        json!({"id": KEY, "resources": [{"datapoints": []}]}),
        json!({"id": KEY, "watchlist": {"clean": "yes"}}),
        json!({"id": KEY, "watchlist": {"types": "sanction"}}),
        json!({"id": KEY, "watchlist": {"listings": ["sanction"]}}),
        json!([identity()]),
        json!(null),
    ] {
        let error = read(&body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{body}");
        common::shows_nothing(&format!("{} {error:?}", chain(&error)));
    }
    let api = api();
    for raw in [
        format!(r#"{{"id":"{KEY}","status":"declined","status":"approved"}}"#),
        format!(r#"{{"id":"{KEY}"}} trailing"#),
        String::new(),
        "<html>".to_owned(),
    ] {
        api.answer_raw(200, raw);
        let error = block_on(api.client.identity(&key())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable);
    }
}

#[test]
fn an_answer_that_does_not_say_json_is_no_answer() {
    for (content_type, fine) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("text/html", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        let api = api();
        let response = ApiResponse::new(200, identity().to_string());
        api.transport.answer(response.with_header("Content-Type", content_type));
        assert_eq!(block_on(api.client.identity(&key())).is_ok(), fine, "{content_type}");
    }
}

#[test]
fn a_resource_is_read_under_its_old_name_too_and_another_one_is_refused() {
    let api = api();
    api.answer(&json!({"id": RESOURCE, "step": "SELFIE_VIDEO", "status": "created"}));
    let found = block_on(api.client.resource(&key(), &resource())).unwrap();
    assert_eq!(found.resource_type, Some(ResourceType::SelfieVideo));
    api.answer(&json!({"id": OTHER, "type": "PASSPORT"}));
    let error = block_on(api.client.resource(&key(), &resource())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
}

#[test]
fn every_field_of_the_settings_is_read() {
    let api = api();
    api.answer(&settings());
    let settings = block_on(api.client.settings()).unwrap();
    assert_eq!(settings.id.as_deref(), Some("p-1"));
    assert_eq!(settings.slug.as_deref(), Some("our-bank"));
    assert_eq!(settings.environment, Some(ProjectEnvironment::Sandbox));
    assert_eq!(settings.organization.as_deref(), Some("Our Bank"));
    let look = settings.customizations.unwrap();
    assert_eq!(look.button_color.as_deref(), Some("#1"));
    assert_eq!(
        (look.accent_color.as_deref(), look.font_family.as_deref()),
        (Some("#2"), Some("Sans"))
    );
    let steps: Vec<_> = settings.verification_steps.iter().filter_map(|s| s.step.clone()).collect();
    assert_eq!(steps[..5], *StepName::KNOWN);
    assert_eq!(steps[5], StepName::Other("selfie_2".into()));
    assert_eq!(settings.verification_steps[2].resource_types, ["de", "us"]);
    assert_eq!(settings.extra["plan"], "gold");

    api.answer(&json!({"customizations": {"main_color": "#3"}}));
    let look = block_on(api.client.settings()).unwrap().customizations.unwrap();
    assert_eq!(look.accent_color.as_deref(), Some("#3"));
}

#[test]
fn every_published_word_is_known_and_others_are_kept() {
    fn round_trip<W: for<'a> From<&'a str> + Clone + PartialEq + std::fmt::Debug>(
        words: &[&str],
        known: &[W],
        text: impl Fn(&W) -> String,
    ) {
        assert_eq!(known.iter().map(&text).collect::<Vec<_>>(), words);
        assert_eq!(words.iter().map(|word| W::from(word)).collect::<Vec<_>>(), known);
        let other = W::from("Something_NEW");
        assert_eq!(text(&other), "Something_NEW");
        assert!(!known.contains(&other));
    }
    round_trip(
        &["created", "processing", "pending", "approved", "declined"],
        IdentityStatus::KNOWN,
        ToString::to_string,
    );
    round_trip(
        &["created", "processing", "processed", "verified", "unverified"],
        ResourceStatus::KNOWN,
        ToString::to_string,
    );
    round_trip(
        &[
            "PASSPORT",
            "DRIVERS_LICENSE",
            "NATIONAL_ID_CARD",
            "NATIONAL_ID",
            "HEALTH_INSURANCE_CARD",
            "SELFIE_VIDEO",
            "FACE_VIDEO",
            "PROOF_OF_ADDRESS",
            "EMAIL",
        ],
        ResourceType::KNOWN,
        ToString::to_string,
    );
    round_trip(&["face_video", "document_image"], FileType::KNOWN, ToString::to_string);
    round_trip(&["sandbox", "production"], ProjectEnvironment::KNOWN, ToString::to_string);
    round_trip(
        &["email", "liveness_check", "country", "identity_document_check", "insurance_card_scan"],
        StepName::KNOWN,
        ToString::to_string,
    );
    round_trip(
        &[
            "VERIFICATION_COMPLETED",
            "VERIFICATION_REVIEWED",
            "DATAPOINT_UPDATED",
            "WATCHLIST_MONITORING",
            "IDENTITY_AUTHENTICATED",
            "AUTHENTICATION_CREATED",
            "AUTHENTICATION_FINISHED",
            "AUTHENTICATION_PROCESSED",
            "AUTHENTICATION_REVIEW_STATUS_CHANGED",
        ],
        EventName::KNOWN,
        ToString::to_string,
    );
}
