//! The rules, without HTTP and without a clock.

use serde_json::{Value, json};

use super::capture::{Captured, MAX_IMAGE_BYTES, MAX_UPLOADS};
use super::*;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

struct Bench {
    documents: Documents,
    drawn: u64,
    now: Timestamp,
}

impl Bench {
    fn new(records: usize) -> Self {
        let limits = Limits { records, age: SECOND };
        let now = Timestamp::from_second(1_000_000).unwrap();
        Self { documents: Documents::new(limits), drawn: 0, now }
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut Documents, Ids<'_>, Timestamp) -> R) -> R {
        let drawn = &mut self.drawn;
        let mut ids = || {
            *drawn += 1;
            format!("id{drawn:04}")
        };
        work(&mut self.documents, &mut ids, self.now)
    }

    fn create(&mut self, asked: &Value) -> DocumentSession {
        let new = NewDocumentSession::read(asked.as_object().unwrap()).unwrap();
        self.with(|documents, ids, now| documents.create(new, DocumentEnding::new(), ids, now))
    }

    fn add(&mut self, id: &str, bytes: usize) -> Result<Captured, ImageRefused> {
        let image = (DocumentImageType::Selfie, vec![0; bytes]);
        self.with(|documents, ids, now| documents.add_image(id, image, || true, ids, now))
    }

    fn pass(&mut self, seconds: i64) {
        self.now += SECOND * i32::try_from(seconds).unwrap();
    }

    /// What a restart makes of it.
    fn reload(&mut self) {
        let mut fresh = Documents::new(Limits { records: 100, age: SECOND });
        for (id, row) in self.documents.sessions.table().iter() {
            let json = serde_json::to_string(row).unwrap();
            fresh.sessions.table_mut().load(id, &json).unwrap();
        }
        for (id, row) in self.documents.images.table().iter() {
            let json = serde_json::to_string(row).unwrap();
            fresh.images.table_mut().load(id, &json).unwrap();
        }
        fresh.finish_loading().unwrap();
        self.documents = fresh;
    }
}

#[test]
fn a_session_goes_with_its_images_and_its_start_token() {
    let mut bench = Bench::new(2);
    let day = 86_400;
    let first = bench.create(&json!({"start": {}, "time_to_live": "2d"}));
    bench.add(&first.id, 10).unwrap();
    bench.pass(day);
    let second = bench.create(&json!({"time_to_live": "1d"}));
    let token = second.start_token.clone().unwrap();
    assert_eq!(bench.documents.image_bytes, 10);
    bench.pass(day);
    for id in [&first.id, &second.id] {
        assert!(bench.documents.session(id, bench.now).is_none(), "hidden at once");
    }
    assert!(bench.with(|documents, ids, now| documents.visit(&token, ids, now)).is_none());
    bench.create(&json!({}));
    assert_eq!(bench.documents.sessions.table().len(), 1, "and gone with the next change");
    assert_eq!((bench.documents.images.table().len(), bench.documents.image_bytes), (0, 0));
    assert!(bench.documents.start_tokens.get(token.as_bytes()).is_none());

    let oldest = bench.create(&json!({"start": {}}));
    bench.add(&oldest.id, 10).unwrap();
    for _ in 0..2 {
        bench.create(&json!({}));
    }
    assert!(bench.documents.session(&oldest.id, bench.now).is_none(), "the oldest makes room");
    assert_eq!(bench.documents.image_bytes, 0);
}

#[test]
fn images_are_bounded_in_number_and_in_bytes() {
    let mut bench = Bench::new(1_000);
    let session = bench.create(&json!({"start": {}}));
    let large = MAX_IMAGE_BYTES / 2;
    for _ in 0..3 {
        bench.add(&session.id, large).unwrap();
    }
    assert_eq!(bench.documents.images(&session.id).len(), 2);
    assert!(bench.documents.image_bytes <= MAX_IMAGE_BYTES);
    for _ in 3..MAX_UPLOADS {
        bench.add(&session.id, 0).unwrap();
    }
    assert_eq!(bench.add(&session.id, 0), Err(ImageRefused::NotNow));
}

#[test]
fn a_restart_changes_nothing() {
    let mut bench = Bench::new(100);
    let session = bench.create(&json!({"callback_url": "https://bank.example/x", "state": "s"}));
    let driven = bench.create(&json!({"auto_start": true}));
    bench.add(&driven.id, 7).unwrap();
    bench.reload();
    assert_eq!(bench.documents.session(&session.id, bench.now), Some(&session));
    assert_eq!(bench.documents.image_bytes, 7);
    let token = session.start_token.unwrap();
    let visit = bench.with(|documents, ids, now| documents.visit(&token, ids, now));
    let back = visit.unwrap().unwrap();
    assert_eq!(back.as_str(), format!("https://bank.example/x?sessionId={}&state=s", session.id));
    bench.reload();
    assert!(bench.with(|documents, ids, now| documents.visit(&token, ids, now)).is_none());
    assert_eq!(bench.documents.counted_images(&session.id).len(), 3);
}

#[test]
fn a_row_that_is_not_ours_is_refused() {
    for (id, row_id) in [("a", "b"), ("a/b", "a/b")] {
        let mut bench = Bench::new(100);
        let mut session = bench.create(&json!({}));
        row_id.clone_into(&mut session.id);
        bench.documents.sessions.table_mut().insert(id, session);
        assert_eq!(bench.documents.finish_loading(), Err("docverify_sessions"));
    }
}

#[test]
fn tokens_end_are_bounded_and_are_not_kept() {
    let mut bench = Bench::new(1);
    let grant = |bench: &mut Bench, resource| {
        bench.with(|documents, ids, now| documents.grant("client", resource, ids, now))
    };
    let first = grant(&mut bench, true);
    let any = grant(&mut bench, false);
    let counts =
        |bench: &Bench, token: &str| bench.documents.is_granted(token.as_bytes(), bench.now);
    assert!(counts(&bench, &first) && !counts(&bench, &any) && !counts(&bench, "x"));
    bench.documents.set(DocumentSettings::new().allow_tokens_without_resource());
    assert!(counts(&bench, &any));
    for (key, _) in bench.documents.tokens.table().iter() {
        assert!(!first.contains(key) && key.len() == 43);
    }
    bench.pass(3_599);
    assert!(counts(&bench, &first));
    bench.pass(1);
    assert!(!counts(&bench, &first));
    for _ in 0..MAX_TOKENS {
        grant(&mut bench, true);
    }
    assert_eq!(bench.documents.revoke_tokens(), MAX_TOKENS);
    assert_eq!(bench.documents.revoke_tokens(), 0);
}

#[test]
fn what_is_malformed_is_no_session() {
    for asked in [
        json!({"time_to_live": "soon"}),
        json!({"time_to_live": 90}),
        json!({"state": 1}),
        json!({"callback_url": []}),
        json!({"mock_behavior": "ALLOW"}),
        json!({"mock_behavior": {"recommendation": "MAYBE"}}),
        json!({"auto_start": "yes"}),
        json!({"customer_information": {"organization_id": 5}}),
        json!({"start": true}),
        json!({"start": {"consent": {"granted": true}}}),
        json!({"start": {"consent": {"granted": "yes", "document_id": "d"}}}),
    ] {
        assert!(NewDocumentSession::read(asked.as_object().unwrap()).is_none(), "{asked}");
    }
    for asked in [
        json!({}),
        json!({"state": null, "start": null, "mock_behavior": null, "unknown": 1}),
        json!({"start": {"consent": {"granted": false, "document_id": "d"}}}),
        json!({"customer_information": {"organization_name": "Bank", "organization_id": null}}),
    ] {
        assert!(NewDocumentSession::read(asked.as_object().unwrap()).is_some(), "{asked}");
    }
}
