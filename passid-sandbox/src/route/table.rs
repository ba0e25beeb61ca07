//! Which path is which call.

use super::Route;

/// What a path that has no route is called in place of a template.
pub(super) const NO_TEMPLATE: &str = "*";

pub(super) struct Entry {
    pub(super) route: Route,
    pub(super) name: &'static str,
    /// The name that is published first, then its aliases.
    pub(super) templates: &'static [&'static str],
}

const fn entry(route: Route, name: &'static str, templates: &'static [&'static str]) -> Entry {
    Entry { route, name, templates }
}

/// In the order of the enum. [`Route::Any`] and its like have no path of their own.
pub(super) static TABLE: [Entry; Route::COUNT] = [
    entry(Route::Redeem, "redeem", &["/api/bridge/code/redeem"]),
    entry(Route::Verify, "verify", &["/v1/verify", "/api/v1/bridge/verify"]),
    entry(Route::StoredVerification, "stored_verification", &["/api/v1/bridge/verify/{token}"]),
    entry(Route::Sessions, "sessions", &["/v1/sessions", "/api/bridge/request"]),
    entry(Route::Session, "session", &["/v1/sessions/{requestId}"]),
    entry(Route::SessionPublic, "session_public", &["/v1/sessions/{requestId}/public"]),
    entry(Route::SessionByCode, "session_by_code", &["/v1/sessions/by-code/{code}/public"]),
    entry(Route::SessionFulfill, "session_fulfill", &["/v1/sessions/{requestId}/fulfill"]),
    entry(Route::SessionDecline, "session_decline", &["/v1/sessions/{requestId}/decline"]),
    entry(Route::Outcome, "outcome", &["/v1/outcome"]),
    entry(Route::Cohort, "cohort", &["/v1/outcome/cohort"]),
    entry(Route::WebhookSettings, "webhook_settings", &["/api/institution/webhook"]),
    entry(Route::ShareCreate, "share_create", &["/api/v1/bridge/share/create"]),
    entry(Route::ShareRevoke, "share_revoke", &["/api/v1/bridge/share/revoke"]),
    entry(Route::ShareHistory, "share_history", &["/api/v1/bridge/share/user/{userId}"]),
    entry(Route::PassbaseSettings, "passbase_settings", &["/passbase/verification/v2/settings"]),
    entry(
        Route::PassbaseIdentities,
        "passbase_identities",
        &["/passbase/verification/v2/identities"],
    ),
    entry(
        Route::PassbaseIdentity,
        "passbase_identity",
        &["/passbase/verification/v2/identities/{id}"],
    ),
    entry(
        Route::PassbaseResources,
        "passbase_resources",
        &["/passbase/verification/v2/identity/{id}/resources"],
    ),
    entry(
        Route::PassbaseResource,
        "passbase_resource",
        &["/passbase/verification/v2/identity/{id}/resources/{resource_id}"],
    ),
    entry(
        Route::PassbaseResourceFile,
        "passbase_resource_file",
        &[
            "/passbase/verification/v2/identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}",
        ],
    ),
    entry(Route::DocverifyToken, "docverify_token", &["/docverify/oidc/token"]),
    entry(
        Route::DocverifySessions,
        "docverify_sessions",
        &["/docverify/verify/api/v1/verification"],
    ),
    entry(
        Route::DocverifySession,
        "docverify_session",
        &["/docverify/verify/api/v1/verification/{sid}"],
    ),
    entry(
        Route::DocverifyResult,
        "docverify_result",
        &["/docverify/verify/api/v1/verification/{sid}/result"],
    ),
    entry(
        Route::DocverifyConsent,
        "docverify_consent",
        &["/docverify/verify/api/v1/verification/{sid}/consent"],
    ),
    entry(
        Route::DocverifyImages,
        "docverify_images",
        &["/docverify/verify/api/v1/verification/{sid}/images"],
    ),
    entry(
        Route::DocverifyImage,
        "docverify_image",
        &["/docverify/verify/api/v1/verification/{sid}/images/{id}"],
    ),
    entry(
        Route::DocverifyHostedPage,
        "docverify_hosted_page",
        &["/docverify/verify/app/{start_token}"],
    ),
];

pub(super) fn follows(path: &str, template: &str) -> bool {
    let mut given = path.split('/');
    let mut wanted = template.split('/');
    loop {
        match (given.next(), wanted.next()) {
            (None, None) => return true,
            (Some(given), Some(wanted)) if wanted.starts_with('{') => {
                if given.is_empty() {
                    return false;
                }
            }
            (Some(given), Some(wanted)) if given == wanted => {}
            _ => return false,
        }
    }
}
