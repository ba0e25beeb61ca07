use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::webhook::WebhookEvent;

/// A webhook that is to be posted.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassbaseWebhook {
    /// `text/plain` where it is encrypted, else `application/json`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl PassbaseWebhook {
    pub(crate) fn new(encrypted: bool, body: String) -> Self {
        Self { content_type: if encrypted { "text/plain" } else { "application/json" }, body }
    }
}

impl fmt::Debug for PassbaseWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseWebhook")
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// A webhook as it was before November 2020. The sandbox sends it on demand only.
///
/// P103: the body of 2019 was a template of the customer's; this is the one that the documentation
/// shows, and `Authorization: APIKEY` with the secret key goes with it. For 2020 two names are known
/// and no body: it is that of the events which took their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OlderWebhook {
    /// `AUTHENTICATION_CREATED` of 2019.
    #[serde(rename = "created_2019")]
    Created2019,
    /// `AUTHENTICATION_FINISHED` of 2019.
    #[serde(rename = "finished_2019")]
    Finished2019,
    /// `AUTHENTICATION_PROCESSED` of 2019.
    #[serde(rename = "processed_2019")]
    Processed2019,
    /// `AUTHENTICATION_REVIEW_STATUS_CHANGED` of 2019.
    #[serde(rename = "review_status_changed_2019")]
    ReviewStatusChanged2019,
    /// `AUTHENTICATION_PROCESSED` of 2020.
    #[serde(rename = "processed_2020")]
    Processed2020,
    /// `AUTHENTICATION_REVIEW_STATUS_CHANGED` of 2020.
    #[serde(rename = "review_status_changed_2020")]
    ReviewStatusChanged2020,
}

impl OlderWebhook {
    pub(crate) fn event(self) -> WebhookEvent {
        match self {
            Self::Created2019 => WebhookEvent::PassbaseAuthenticationCreated,
            Self::Finished2019 => WebhookEvent::PassbaseAuthenticationFinished,
            Self::Processed2019 | Self::Processed2020 => {
                WebhookEvent::PassbaseAuthenticationProcessed
            }
            Self::ReviewStatusChanged2019 | Self::ReviewStatusChanged2020 => {
                WebhookEvent::PassbaseAuthenticationReviewStatusChanged
            }
        }
    }

    pub(crate) fn is_of_2019(self) -> bool {
        !matches!(self, Self::Processed2020 | Self::ReviewStatusChanged2020)
    }
}
