//! Who has been through a session: one for each part of the table, and for each state that a guard may
//! meet.

use std::net::SocketAddr;
use std::time::Duration;

use passid_core::Environment;
use passid_docverify::image::NewImage;
use passid_docverify::result::{ImageType, Recommendation};
use passid_docverify::{
    CallbackState, CreatedSession, DocumentVerificationClient, MemorySessionRecords, MockBehavior,
    NewSession, SessionId, SessionRecord, SessionRecords, SessionToken, StartConsent,
};
use passid_sandbox::Sandbox;

use super::SERVICE;
use crate::http::{Request, send};
use crate::table::violations::{ABSENT_FRAUD, NO_FRAUD_CLAIM, SANCTIONS, TOO_OLD};
use crate::table::{Cast, Part};

/// How long the first session was open: longer than the API lets it be.
pub(super) const WINDOW: Duration = Duration::from_secs(2 * 3600);
/// Longer than any policy allows.
const OLDEST: Duration = Duration::from_secs(100 * 3600);
/// Longer than the stricter policy allows, and not longer than the others.
const OLDER: Duration = Duration::from_secs(10 * 3600);

/// The people of the table, and others in states that only this provider has.
#[derive(Debug)]
pub(super) struct People {
    pub(super) cast: Cast,
    pub(super) begun: String,
    pub(super) capturing: String,
    pub(super) processing: String,
    pub(super) recaptured: String,
    pub(super) failed: String,
    pub(super) of_a_new_status: String,
    pub(super) challenged: String,
    pub(super) denied: String,
    pub(super) of_the_live_world: String,
    pub(super) of_another_service: String,
    pub(super) with_anothers_state: String,
    pub(super) without_a_state: String,
}

/// Sends people through sessions.
pub(super) struct Office<'a> {
    pub(super) client: DocumentVerificationClient,
    pub(super) records: &'a MemorySessionRecords,
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
impl Office<'_> {
    async fn begun(&self, asked: NewSession) -> CreatedSession {
        self.client.create_session(&asked).await.expect("a session")
    }

    /// Captured on the hosted page.
    async fn hosted(&self, mock: MockBehavior) -> CreatedSession {
        let session = self.begun(NewSession::new().mock(mock)).await;
        let token = session.start_token.as_ref().expect("a start token");
        let url = self.client.start_url(token).expect("an address");
        let (host, path) =
            url.trim_start_matches("http://").split_once('/').expect("an address and a path");
        let host: SocketAddr = host.parse().expect("an address");
        let visit = Request::new("GET", format!("/{path}"));
        assert!(send(host, &visit).await.expect("the page").status < 400, "the page is served");
        session
    }

    /// Captured by the service itself: nobody can tell then whether there was fraud.
    async fn driven(&self, images: &[ImageType]) -> CreatedSession {
        let consent = StartConsent::granted("consent-1");
        let session = self.begun(allowed_session().start_with_consent(consent)).await;
        for kind in images {
            let image = NewImage::jpeg(kind.clone(), b"\xff\xd8\xffpixels".as_slice());
            let image = image.expect("an image");
            self.client.add_image(&session.session_id, &image).await.expect("an image");
        }
        session
    }

    /// Remembers a session, after a change of what is remembered, and gives what its person presents.
    async fn remembered(
        &self,
        session: &CreatedSession,
        change: impl FnOnce(&mut SessionRecord),
    ) -> String {
        let mut record = session.record();
        change(&mut record);
        self.records.insert(record).await.expect("a record");
        presented(&session.session_id, &session.state)
    }

    async fn token(&self, session: CreatedSession) -> String {
        self.remembered(&session, |_| {}).await
    }

    /// Somebody who meets every policy: their session, and what they present.
    pub(super) async fn newcomer(
        &self,
        change: impl FnOnce(&mut SessionRecord),
    ) -> (SessionId, String) {
        let session = self.hosted(ends_in(Recommendation::Allow)).await;
        let token = self.remembered(&session, change).await;
        (session.session_id, token)
    }
}

fn presented(id: &SessionId, state: &CallbackState) -> String {
    SessionToken::new(id, state).expose().to_owned()
}

fn older(by: Duration) -> impl FnOnce(&mut SessionRecord) {
    move |record| record.created_at -= by
}

fn ends_in(recommendation: Recommendation) -> MockBehavior {
    MockBehavior::ending_in(recommendation)
}

fn allowed_session() -> NewSession {
    NewSession::new().mock(ends_in(Recommendation::Allow))
}

impl People {
    /// Sends everybody through, by the clock of a sandbox that began [`WINDOW`] ago and is then in the
    /// present.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub(super) async fn seen_by(
        sandbox: &Sandbox,
        client: DocumentVerificationClient,
        records: &MemorySessionRecords,
    ) -> Self {
        let office = Office { client, records };
        let forced = async |status| {
            let session = office.begun(allowed_session()).await;
            let id = session.session_id.as_str();
            sandbox.docverify().set_status(id, status).expect("a status");
            office.token(session).await
        };
        let expired = office.begun(allowed_session()).await;
        sandbox.advance_clock(WINDOW).expect("a time");

        let allowed = || ends_in(Recommendation::Allow);
        let slow = MockBehavior { processing_time: Some("1h".to_owned()), ..allowed() };
        let again = MockBehavior { force_retry: Some(true), ..allowed() };
        let live = |record: &mut SessionRecord| record.environment = Environment::Live;
        let (live_session, stranger) =
            (office.hosted(allowed()).await, office.hosted(allowed()).await);
        let good = office.hosted(allowed()).await;
        Self {
            begun: office.token(office.begun(allowed_session()).await).await,
            capturing: office.token(office.driven(&[]).await).await,
            processing: office.token(office.hosted(slow).await).await,
            recaptured: office.token(office.hosted(again).await).await,
            failed: forced("error").await,
            of_a_new_status: forced("cancelled").await,
            challenged: office.token(office.hosted(ends_in(Recommendation::Challenge)).await).await,
            denied: office.token(office.hosted(ends_in(Recommendation::Deny)).await).await,
            of_the_live_world: office.remembered(&live_session, live).await,
            of_another_service: presented(&stranger.session_id, &stranger.state),
            with_anothers_state: presented(&good.session_id, &stranger.state),
            without_a_state: good.session_id.as_str().to_owned(),
            cast: cast(&office, good, expired).await,
        }
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
async fn cast(office: &Office<'_>, good: CreatedSession, expired: CreatedSession) -> Cast {
    let passed = || office.hosted(ends_in(Recommendation::Allow));
    let mut unknown = expired.clone();
    unknown.session_id = SessionId::parse("no-such-session").expect("an id");
    let revoked = passed().await;
    office.client.delete_session(&revoked.session_id).await.expect("a deletion");
    let good = office.token(good).await;
    Cast {
        service: SERVICE,
        takes_bearer: true,
        good: Part::from(&*good),
        good_income: None,
        good_again: Part::from(&*good),
        lower: Part::nobody(),
        spaced: Part::nobody(),
        encoded: good.replace('.', "%2E").into(),
        other: office.remembered(&passed().await, older(OLDER)).await.into(),
        other_income: None,
        opaque: Part::nobody(),
        unknown: office.token(unknown).await.into(),
        opaque_unknown: Part::nobody(),
        longest: Part::nobody(),
        expired: office.token(expired).await.into(),
        revoked: office.token(revoked).await.into(),
        badly_signed: Part::nobody(),
        denied: Part::nobody(),
        live: Part::nobody(),
        share_code: Part::nobody(),
        stale: office.remembered(&passed().await, older(OLDEST)).await.into(),
        not_clear: Part::nobody(),
        unscreened: Part::nobody(),
        open: office.token(office.driven(ImageType::KNOWN).await).await.into(),
        open_is_verified: true,
        open_breaks: vec![ABSENT_FRAUD, SANCTIONS],
        minimal: {
            let session = office.driven(ImageType::KNOWN).await;
            office.remembered(&session, older(OLDEST)).await.into()
        },
        minimal_breaks: vec![NO_FRAUD_CLAIM, TOO_OLD],
        minimal_is_told: vec![TOO_OLD],
        can_meet_flags: false,
        not_found_is_an_outage: false,
        calls_until_401_counts: 2,
        calls_with_unknown_key: 0,
    }
}
