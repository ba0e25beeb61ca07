//! What a session comes to, in both shapes.

use passid_sandbox::docverify::{
    DocumentCheck, DocumentCheckRecommendation, DocumentEnding, DocumentRecommendation,
    DocumentSettings,
};
use serde_json::{Map, Value, json};

use super::Backend;

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

/// A session that came to its end without the page.
async fn ended(backend: &Backend, mock: Value) -> String {
    let id = backend.driven(mock).await;
    backend.add_all(&id).await;
    id
}

#[tokio::test]
async fn what_a_mock_wants_to_be_read_is_brought_into_the_newer_shape() {
    let life = std::time::Duration::from_secs(7 * 86_400);
    let backend = Backend::with(DocumentSettings::new().token_life(life)).await;
    let info = json!({
        "person_details": {
            "given_name": "Test", "full_name": "Test Person", "gender": "F",
            "date_of_birth": "1990-03-18", "address": {"country": "GBR", "city": "Leeds"}
        },
        "document_details": {
            "type": "drivers_license", "country": "GBR", "region": "ny", "id_value": "V-1",
            "document_serial_number": "S-1", "issue_date": "2020-01-01", "valid_until": "2031-01-01"
        }
    });
    let id = ended(&backend, json!({"info": info})).await;
    let result = backend.result(&id).await;
    assert_eq!(
        result["person"],
        json!({
            "full_name": "Test Person", "given_name": "Test", "gender": "female",
            "date_of_birth": "1990-03-18T00:00:00.000Z", "age": 35, "national_id": "V-1"
        })
    );
    assert_eq!(
        result["document"],
        json!({
            "type": "drivers_license", "country": "GB", "region": "ny", "number": "V-1",
            "serial_number": "S-1", "issue_date": "2020-01-01T00:00:00.000Z",
            "expiration_date": "2031-01-01T00:00:00.000Z"
        })
    );
    assert_eq!(result["additional_info"]["address"]["country"], "GBR", "three letters there");

    backend.pass(2 * 86_400);
    let older = backend.get(&format!("/{id}/result?detailed=false")).await.json();
    let mut person = info["person_details"].clone();
    person["age"] = json!(36);
    let document = info["document_details"].clone();
    assert_eq!(
        older,
        json!({
            "session_id": id, "status": "complete", "recommendation": "ALLOW",
            "verified_info": {"person": person, "document": document}
        })
    );
    assert_eq!(backend.result(&id).await["person"]["age"], 35, "as of the creation");
}

#[tokio::test]
async fn a_bad_end_has_its_reasons_in_both_shapes() {
    let backend = Backend::start().await;
    for (word, check, reason) in [
        ("CHALLENGE", "document_authentication", "wrong_font"),
        ("DENY", "biometric_liveness", "mask_detected"),
    ] {
        let id = ended(&backend, json!({"mock_recommendation": word})).await;
        let result = backend.result(&id).await;
        assert_eq!(result["recommendation"], word);
        assert_eq!(result["checks"][check], json!({"recommendation": word, "reasons": [reason]}));
        let older = backend.get(&format!("/{id}/result?detailed=false")).await.json();
        assert!(older.get("verified_info").is_none() && older["extracted_info"].is_object());
        assert_eq!(older["rejection_description"], json!([reason.replace('_', " ")]));
    }
}

#[tokio::test]
async fn checks_are_left_out_not_made_or_speak_as_told() {
    use DocumentCheckRecommendation::{Challenge, NotApplicable};
    let backend = Backend::start().await;
    let api = backend.sandbox.docverify();
    let ending = DocumentEnding::new()
        .without_check("document_liveness")
        .check("flagged_identity", DocumentCheck::new(NotApplicable))
        .check("biometric_matching", DocumentCheck::new(Challenge).reason("mask detected"))
        .person(Map::new())
        .document(Map::new())
        .risk_details(members(json!({"general": {"risk_score": 94.6}})));
    api.end_next(ending).unwrap();
    let result = backend.result(&ended(&backend, Value::Null).await).await;
    assert_eq!(result["recommendation"], "CHALLENGE", "the worst check wins");
    let checks = result["checks"].as_object().unwrap();
    assert_eq!(checks.len(), 6);
    assert_eq!(checks["flagged_identity"], json!({"recommendation": "N/A"}));
    assert_eq!(checks["risk_recommendation"], json!({"recommendation": "N/A"}));
    assert_eq!(checks["biometric_matching"]["reasons"], json!(["mask detected"]));
    assert_eq!((&result["person"], &result["document"]), (&json!({}), &json!({})));
    assert_eq!(result["risk_details"], json!({"general": {"risk_score": 94.6}}));

    let told = DocumentEnding::new().recommendation(DocumentRecommendation::Deny);
    api.end_next(told).unwrap();
    let id = ended(&backend, json!({"recommendation": "ALLOW"})).await;
    assert_eq!(backend.result(&id).await["recommendation"], "DENY", "a test goes before a mock");
    let id = ended(&backend, json!({"recommendation": "ALLOW"})).await;
    assert_eq!(backend.result(&id).await["recommendation"], "ALLOW", "and once");
}

#[tokio::test]
async fn whoever_used_the_page_has_a_risk_check_and_details() {
    let backend = Backend::start().await;
    let session = backend.create(json!({})).await;
    backend.visit(session["start_token"].as_str().unwrap()).await;
    let id = session["session_id"].as_str().unwrap();
    let result = backend.result(id).await;
    assert_eq!(result["checks"]["risk_recommendation"], json!({"recommendation": "ALLOW"}));
    assert_eq!(result["risk_details"]["general"]["action_type"], "identity_verification");
    let images: Vec<_> = result["verification_images"].as_array().unwrap().iter().collect();
    assert_eq!(images.iter().map(|image| &image["type"]).collect::<Vec<_>>(), super::KINDS);
}

#[tokio::test]
async fn an_unfinished_session_says_nothing_but_where_it_is() {
    let backend = Backend::start().await;
    let api = backend.sandbox.docverify();
    let id = backend.driven(json!({"processing_time": "5s"})).await;
    for word in ["recapture", "error"] {
        api.set_status(&id, word).unwrap();
        for shape in ["true", "false"] {
            let result = backend.get(&format!("/{id}/result?detailed={shape}")).await.json();
            assert_eq!(result, json!({"session_id": id, "status": word}));
        }
    }
}
