//! Results in both shapes: every field and word of the reference is read, kept and written back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{Api, SESSION, chain, ready, session};
use passid_docverify::result::{
    BiometricLivenessReason, BiometricMatchingReason, CheckName, CheckRecommendation, DeviceType,
    DocumentAuthenticationReason, DocumentLivenessReason, DocumentType, DocumentValidationReason,
    FlaggedIdentityReason, Gender, ImageType, Recommendation, ResultBody, RiskReason,
    SessionResult, SessionStatus,
};
use passid_docverify::{ApiError, ErrorKind, Region};
use serde_json::{Map, Value, json};

async fn read(body: &Value) -> Result<SessionResult, ApiError> {
    let api: Api = ready(Region::Us);
    api.answer(200, body);
    api.client.result(&session()).await
}

/// Every field of the reference, each with a value of its own.
fn complete() -> Value {
    json!({
        "session_id": SESSION, "status": "complete", "recommendation": "DENY",
        "person": {
            "full_name": "Jane Roe", "given_name": "Jane", "surname": "Roe", "gender": "female",
            "national_id": "N-1", "date_of_birth": "1867-11-07T00:00:00.000Z", "age": 35
        },
        "document": {
            "type": "passport", "country": "US", "region": "NY", "number": "1234567",
            "serial_number": "S-1", "issue_date": "2020-01-01T00:00:00.000Z",
            "expiration_date": "2030-01-01T00:00:00.000Z"
        },
        "checks": {
            "document_validation": {"recommendation": "ALLOW"},
            "document_authentication": {"recommendation": "CHALLENGE", "reasons": ["wrong_font"]},
            "document_liveness": {"recommendation": "N/A"},
            "biometric_matching": {"recommendation": "DENY", "reasons": ["biometric_mismatch"]},
            "biometric_liveness": {"recommendation": "DENY", "reasons": ["mask_detected"]},
            "flagged_identity": {"recommendation": "DENY", "reasons": ["previous_face_fraud"]},
            "risk_recommendation": {"recommendation": "ALLOW", "reasons": ["profile_trusted"]}
        },
        "verification_images": [{"id": "img-1", "type": "document_front"}],
        "additional_info": {
            "address": {
                "country": "USA", "region": "NY", "city": "Utica", "street": "Elm",
                "house_number": "1", "apartment_number": "2", "postcode": "13501",
                "full_address": "1 Elm"
            },
            "national_status": {"citizen": true, "resident": false},
            "employment": {"profession": "chemist"}
        },
        "risk_details": {
            "general": {
                "correlation_id": "c-1", "action_type": "identity_verification",
                "recommendation": "rejected", "risk_score": 94.6
            },
            "device": {
                "os": "iOS", "browser": "Safari", "device_id": "d-1", "device_fingerprint": "f-1",
                "device_type": "mobile", "device_model": "m", "device_timestamp": 1_700_000_000_000_i64,
                "timezone": "UTC", "incognito": true, "tampered": false, "emulated": true,
                "spoofed": false, "esim": true
            },
            "network": {
                "network_country": "US", "ip_address": "203.0.113.7", "ip_type": "hosting",
                "ip_organization": "o", "timezone": "UTC", "vpn": true, "tor": false,
                "proxy": true, "anonymizer": false
            },
            "recommendation_reasons": ["DEVICE_NEW"]
        }
    })
}

fn deprecated() -> Value {
    let person = json!({
        "given_name": "Jane", "surname": "Roe", "full_name": "Jane Roe", "gender": "F", "age": 35,
        "date_of_birth": "1867-11-07", "address": {"country": "USA"}
    });
    let document = json!({
        "type": "drivers_license", "country": "USA", "region": "ny", "issue_date": "2020-01-01",
        "valid_until": "2030-01-01", "document_serial_number": "S-1", "id_value": "V-1",
        "given_name": "Jane", "surname": "Roe", "full_name": "Jane Roe",
        "date_of_birth": "1867-11-07"
    });
    json!({
        "session_id": SESSION, "status": "complete", "recommendation": "CHALLENGE",
        "rejection_description": ["a text"],
        "extracted_info": {"person": person, "document": document},
        "verified_info": {"person": person, "document": document}
    })
}

/// Takes the fields away that the result itself has.
fn body_of(mut whole: Value) -> Value {
    let fields = whole.as_object_mut().unwrap();
    fields.remove("session_id");
    fields.remove("status");
    whole
}

fn written(result: &SessionResult) -> Value {
    match &result.body {
        ResultBody::Complete(body) => serde_json::to_value(body),
        ResultBody::Deprecated(body) => serde_json::to_value(body),
        _ => panic!("{result:?}"),
    }
    .unwrap()
}

#[tokio::test]
async fn both_shapes_are_read_whole_and_written_back_the_same() {
    for whole in [complete(), deprecated()] {
        let result = read(&whole).await.unwrap();
        assert_eq!(written(&result), body_of(whole));
    }
    let ResultBody::Complete(body) = read(&complete()).await.unwrap().body else { panic!() };
    assert!(body.extra.is_empty() && body.person.unwrap().extra.is_empty());
    assert!(body.risk_details.unwrap().device.unwrap().extra.is_empty());
    assert_eq!(body.verification_images.unwrap()[0].image_id().unwrap().as_str(), "img-1");
}

/// Puts an unknown field into each object.
fn salted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut salted: Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name, salted_field(value))).collect();
            salted.insert("brand_new".into(), json!({"x": [1, null]}));
            Value::Object(salted)
        }
        other => other,
    }
}

fn salted_field(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(salted).collect()),
        other => salted(other),
    }
}

#[tokio::test]
async fn fields_that_are_not_known_are_kept_at_every_depth() {
    for whole in [complete(), deprecated()] {
        let whole = salted(whole);
        let result = read(&whole).await.unwrap();
        assert_eq!(written(&result), body_of(whole));
    }
}

#[tokio::test]
async fn null_is_absent_and_missing_objects_are_no_failure() {
    let nulls = json!({
        "session_id": SESSION, "status": "complete", "recommendation": "ALLOW", "person": null,
        "document": {"type": null}, "checks": {"document_liveness": null}, "risk_details": null
    });
    let result = read(&nulls).await.unwrap();
    assert_eq!(result.recommendation(), Some(&Recommendation::Allow));
    assert_eq!(result.checks().unwrap().recommendation(CheckName::DocumentLiveness), None);
    let bare = json!({"session_id": SESSION, "status": "complete"});
    assert_eq!(read(&bare).await.unwrap().recommendation(), None);
}

#[tokio::test]
async fn an_incomplete_session_has_no_recommendation_whatever_else_it_says() {
    for word in ["pending", "capturing", "processing", "recapture", "error", "expired", "brand_new"]
    {
        let mut body = complete();
        body["status"] = json!(word);
        let result = read(&body).await.unwrap();
        assert_eq!(result.status.as_str(), word);
        assert_eq!((result.recommendation(), result.checks()), (None, None));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_beyond_doubt_is_undecodable() {
    let changed = |change: fn(&mut Value)| {
        let mut body = complete();
        change(&mut body);
        body.to_string()
    };
    let odd = [
        changed(|body| body["session_id"] = json!("another")),
        changed(|body| body["session_id"] = json!(1)),
        changed(|body| body["status"] = json!(null)),
        changed(|body| body["status"] = json!(["complete"])),
        changed(|body| body["recommendation"] = json!(true)),
        changed(|body| body["checks"] = json!([])),
        changed(|body| body["checks"]["document_liveness"] = json!("ALLOW")),
        changed(|body| body["checks"]["document_liveness"]["recommendation"] = json!(1)),
        changed(|body| body["checks"]["document_liveness"]["reasons"] = json!("x")),
        changed(|body| body["person"]["full_name"] = json!(["Jane Roe"])),
        changed(|body| body["verified_info"] = json!({})),
        complete().to_string().replacen("\"ALLOW\"", "\"DENY\",\"recommendation\":\"ALLOW\"", 1),
        "[]".to_owned(),
        "<html>Jane Roe</html>".to_owned(),
        String::new(),
    ];
    for body in odd {
        let api = ready(Region::Us);
        api.answer(200, &body);
        let error = api.client.result(&session()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{body}");
        let shown = format!("{error:?} {}", chain(&error));
        assert!(!shown.contains("Jane") && !shown.contains(SESSION), "{shown}");
    }
}

#[test]
fn the_lists_of_words_are_complete_and_open() {
    macro_rules! complete {
        ($($list:ident: $number:literal,)+) => {$(
            assert_eq!($list::KNOWN.len(), $number, stringify!($list));
            for known in $list::KNOWN {
                assert_eq!($list::from(known.as_str()), *known);
            }
            for unknown in ["", "mask detected", "Allow", "brand_new"] {
                let word = $list::from(unknown);
                assert!(!word.is_known() && word.as_str() == unknown);
                assert_eq!(format!("{word:?}"), "Other(redacted)");
            }
        )+};
    }
    complete! {
        SessionStatus: 7, Recommendation: 3, CheckRecommendation: 4, DocumentType: 14, Gender: 3,
        ImageType: 3, DeviceType: 2, DocumentValidationReason: 4, DocumentAuthenticationReason: 8,
        DocumentLivenessReason: 1, BiometricMatchingReason: 3, BiometricLivenessReason: 7,
        FlaggedIdentityReason: 3, RiskReason: 61,
    }
}

#[tokio::test]
async fn debug_shows_the_recommendation_and_nothing_that_was_read_or_found() {
    for whole in [complete(), deprecated(), salted(complete())] {
        let result = read(&whole).await.unwrap();
        let shown = format!("{result:?} {:?}", result.body);
        for hidden in [
            "Jane",
            "Roe",
            "1867",
            "N-1",
            "1234567",
            "S-1",
            "V-1",
            "203.0",
            "Utica",
            "chemist",
            "d-1",
            "f-1",
            "a text",
            "94.6",
            "brand_new",
        ] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
    let shown = format!("{:?}", read(&complete()).await.unwrap());
    assert!(shown.contains("Deny") && shown.contains("document_liveness"), "{shown}");
    assert!(!shown.contains("mask_detected"), "{shown}");
}
