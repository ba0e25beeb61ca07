//! What a session is created with.

use std::fmt;

use serde::Serialize;

use crate::result::{ExtractedDetails, Recommendation};
use crate::{CallbackState, StartConsent};

/// What a session is created with. Nothing is required.
///
/// A [`CallbackState`] is generated for each session that is not given one, so that its callback can be
/// told from a forged one (decision P92).
///
/// ```
/// use passid_docverify::NewSession;
///
/// let session = NewSession::new().callback_url("https://bank.example/identity/callback");
/// # let _ = session;
/// ```
///
/// `Debug` does not show the callback's address, the state, or for whom the session is.
#[derive(Clone, Default)]
#[must_use]
pub struct NewSession {
    pub(crate) callback_url: Option<String>,
    pub(crate) state: Option<CallbackState>,
    pub(crate) mock: Option<MockBehavior>,
    pub(crate) mock_is_forced: bool,
    pub(crate) consent: Option<StartConsent>,
    pub(crate) customer: Option<CustomerInformation>,
    pub(crate) time_to_live: Option<String>,
    pub(crate) auto_start: Option<bool>,
}

impl NewSession {
    /// A session with nothing set: the person is sent to the hosted page, or an SDK starts it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the hosted page sends the person afterwards: `https`, or a scheme of your own app. The id
    /// of the session and the state are added to it.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// The state, in place of one that is generated. It must be unique for each session.
    pub fn state(mut self, state: CallbackState) -> Self {
        self.state = Some(state);
        self
    }

    /// Starts the session at once, to be driven by your backend, which adds the images itself. The
    /// person's consent is then yours to collect: there is no session without it. Such a session has
    /// no start token.
    pub fn start_with_consent(mut self, consent: StartConsent) -> Self {
        self.consent = Some(consent);
        self
    }

    /// For whom the session is. Must hold nothing personal.
    pub fn customer(mut self, customer: CustomerInformation) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Makes up the result: nothing is checked. For tests; refused outside the sandbox.
    pub fn mock(mut self, behavior: MockBehavior) -> Self {
        self.mock = Some(behavior);
        self
    }

    /// Lets a mocked session be created **outside the sandbox**, where the vendor seems to take it. The
    /// verifier gives no credential for it all the same (decision P93).
    pub fn force_mock_outside_sandbox(mut self) -> Self {
        self.mock_is_forced = true;
        self
    }

    /// How long images and data are kept, such as `30d`; `90d` unless set. Deprecated by the vendor.
    pub fn deprecated_time_to_live(mut self, duration: impl Into<String>) -> Self {
        self.time_to_live = Some(duration.into());
        self
    }

    /// Deprecated by the vendor in favour of [`start_with_consent`](Self::start_with_consent).
    pub fn deprecated_auto_start(mut self, auto_start: bool) -> Self {
        self.auto_start = Some(auto_start);
        self
    }

    /// The body of the request.
    pub(crate) fn body(&self, state: &CallbackState) -> Vec<u8> {
        let body = Body {
            callback_url: self.callback_url.as_deref(),
            state: state.expose(),
            mock_behavior: self.mock.as_ref(),
            start: self.consent.as_ref().map(|consent| Start { consent }),
            customer_information: self.customer.as_ref(),
            time_to_live: self.time_to_live.as_deref(),
            auto_start: self.auto_start,
        };
        // Text, numbers and maps with names of text: nothing in it can fail to be written.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("mock", &self.mock)
            .field("consent", &self.consent)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mock_behavior: Option<&'a MockBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Start<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_information: Option<&'a CustomerInformation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_live: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_start: Option<bool>,
}

#[derive(Serialize)]
struct Start<'a> {
    consent: &'a StartConsent,
}

/// How a mocked session ends.
///
/// ```
/// use passid_docverify::{MockBehavior, result::Recommendation};
///
/// let mock = MockBehavior { force_retry: Some(true), ..MockBehavior::ending_in(Recommendation::Allow) };
/// # let _ = mock;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MockBehavior {
    /// The recommendation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<Recommendation>,
    /// The same under its older name. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mock_recommendation: Option<Recommendation>,
    /// How long it takes once all images are there, such as `15s` or `1m30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_time: Option<String>,
    /// Whether the first attempt ends in `recapture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_retry: Option<bool>,
    /// What is read from the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<ExtractedDetails>,
}

impl MockBehavior {
    /// A session that ends in this recommendation.
    pub fn ending_in(recommendation: Recommendation) -> Self {
        Self { recommendation: Some(recommendation), ..Self::default() }
    }
}

/// For whom a session is. Must hold nothing personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct CustomerInformation {
    /// The name of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// The id of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// Your own name for the user: one word, nothing personal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_user_id: Option<String>,
}

impl fmt::Debug for CustomerInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerInformation(redacted)")
    }
}
