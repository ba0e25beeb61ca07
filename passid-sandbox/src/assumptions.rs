//! What the sandbox does that no public page states: the one list, for `GET /_passid/assumptions`,
//! for `passid-sandbox assumptions` and for the documentation.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that was decided, because the guide is silent or the vendor's pages disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assumption {
    /// The number that the code names where it acts.
    pub id: &'static str,
    /// What was decided.
    pub decision: &'static str,
    /// What of it is published, if anything.
    pub published: &'static str,
    /// The calls, events and settings in which it shows.
    pub acts: &'static [&'static str],
}

const REDEEM: &str = "POST /api/bridge/code/redeem";
const VERIFY: &str = "POST /v1/verify";
const BRIDGE_VERIFY: &str = "POST /api/v1/bridge/verify";
const STORED: &str = "GET /api/v1/bridge/verify/{token}";
const SESSIONS: &str = "POST /v1/sessions";
const OLDER_SESSIONS: &str = "POST /api/bridge/request";
const POLL: &str = "GET /v1/sessions/{requestId}";
const PUBLIC: &str = "GET /v1/sessions/{requestId}/public";
const BY_CODE: &str = "GET /v1/sessions/by-code/{code}/public";
const FULFILL: &str = "POST /v1/sessions/{requestId}/fulfill";
const DECLINE: &str = "POST /v1/sessions/{requestId}/decline";
const OUTCOME: &str = "POST /v1/outcome";
const COHORT: &str = "GET /v1/outcome/cohort";
const WEBHOOK: &str = "PATCH /api/institution/webhook";
const SHARE: &str = "POST /api/v1/bridge/share/create";
const REVOKE: &str = "POST /api/v1/bridge/share/revoke";
const SHARES: &str = "GET /api/v1/bridge/share/user/{userId}";
const COMPLETED: &str = "verification.completed";
const FAILED: &str = "verification.failed";
const REPORTED: &str = "outcome.reported";
const TEST: &str = "webhook.test";
const EVERYWHERE: &str = "every call";
const PASSBASE: &str = "every call of Passbase";
const PASSBASE_IDENTITIES: &str = "GET /passbase/verification/v2/identities";
const PASSBASE_IDENTITY: &str = "GET /passbase/verification/v2/identities/{id}";
const PASSBASE_RESOURCES: &str = "GET /passbase/verification/v2/identity/{id}/resources";
const PASSBASE_FILE: &str = "GET /passbase/verification/v2/identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}";
const PASSBASE_WEBHOOKS: &str = "webhooks of Passbase";
const DELIVERIES: &str = "webhook deliveries";
const DV_TOKEN: &str = "POST /docverify/oidc/token";
const DV_CREATE: &str = "POST /docverify/verify/api/v1/verification";
const DV_RESULT: &str = "GET /docverify/verify/api/v1/verification/{sid}/result";
const DV_CONSENT: &str = "GET /docverify/verify/api/v1/verification/{sid}/consent";
const DV_IMAGES: &str = "GET /docverify/verify/api/v1/verification/{sid}/images";
const DV_IMAGE: &str = "GET /docverify/verify/api/v1/verification/{sid}/images/{id}";
const DV_ADD_IMAGE: &str = "POST /docverify/verify/api/v1/verification/{sid}/images";
const DV_PAGE: &str = "GET /docverify/verify/app/{start_token}";
const DV: &str = "Document Verification: every call";

/// Every assumption, in the order of the numbers. D-numbers are decisions on the API itself, which
/// the client shares; P-numbers are decisions on details.
pub const ASSUMPTIONS: &[Assumption] = &[
    Assumption {
        id: "D4",
        decision: "both paths of verify are one operation",
        published: "both paths, on different pages",
        acts: &[VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "D5",
        decision: "verify answers in an envelope, with the verifier page's fields and the claims \
                   both as claims and as verified_claims",
        published: "eight shapes that do not agree",
        acts: &[VERIFY, BRIDGE_VERIFY, STORED],
    },
    Assumption {
        id: "D6",
        decision: "a rejected token is a 200 with credential_valid false, reason_code and message",
        published: "the body; not the status",
        acts: &[VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "D8",
        decision: "errors are {\"success\":false,\"error\":{\"code\",\"message\"}}",
        published: "no error body at all",
        acts: &[EVERYWHERE],
    },
    Assumption {
        id: "D9",
        decision: "400 bad body, 401 key or JWT missing or unknown, 403 the wrong kind of it, 404 \
                   unknown, 409 duplicate outcome, 410 session over or code used, 422 bad enum or \
                   idempotency key reused",
        published: "409 and, for sessions, 410",
        acts: &[EVERYWHERE],
    },
    Assumption {
        id: "D10",
        decision: "case, spaces and hyphens of codes and tokens are free",
        published: "the hyphen of a session code is optional",
        acts: &[REDEEM, VERIFY, BRIDGE_VERIFY, BY_CODE, FULFILL, OUTCOME],
    },
    Assumption {
        id: "D11",
        decision: "a share code has no lifetime of its own",
        published: "it ends at its first use",
        acts: &[REDEEM],
    },
    Assumption {
        id: "D12",
        decision: "redeem does not look at Idempotency-Key",
        published: "the header is documented for verify only",
        acts: &[REDEEM],
    },
    Assumption {
        id: "D13",
        decision: "an idempotency key counts per institution, environment and path, for 24 hours: \
                   the same body gets the same answer and no second webhook, another body gets \
                   422; at most 10,000 answers are kept",
        published: "the header, and that it prevents duplicates",
        acts: &[VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "D14",
        decision: "tokens are not used up by being verified",
        published: "only codes are called one-time",
        acts: &[VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "D15",
        decision: "the demo codes can be redeemed again and again, unless --strict-demo-codes; \
                   minted and shared ones once; a code of the other environment is a 404",
        published: "codes are one-time, and the demo codes are clickable examples",
        acts: &[REDEEM],
    },
    Assumption {
        id: "D16",
        decision: "GH2P-ABCD-56KL redeems as manual_review_required, identity and fraud checks \
                   false, sanctions absent",
        published: "its row in the guide's table",
        acts: &[REDEEM],
    },
    Assumption {
        id: "D17",
        decision: "freshness_status is stale above 48 hours or when the age is unknown, and \
                   rejects nothing by itself",
        published: "the two words, and 48 hours on the product page",
        acts: &[REDEEM, VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "D21",
        decision: "a redemption and a completed session also give the token",
        published: "that an outcome needs it",
        acts: &[REDEEM, POLL],
    },
    Assumption {
        id: "D22",
        decision: "a customer declines with POST /v1/sessions/{requestId}/decline and a user JWT; \
                   another institution's or environment's session is a 404; a second end is a 410",
        published: "the state declined",
        acts: &[POLL, FULFILL, DECLINE],
    },
    Assumption {
        id: "D23",
        decision: "a ttlSeconds below 1 or above 3600 is a 400",
        published: "the default 600 and the maximum",
        acts: &[SESSIONS, OLDER_SESSIONS],
    },
    Assumption {
        id: "D24",
        decision: "session answers have no envelope, and camelCase names",
        published: "the names, in prose",
        acts: &[SESSIONS, OLDER_SESSIONS, POLL, PUBLIC, BY_CODE, FULFILL, DECLINE],
    },
    Assumption {
        id: "D25",
        decision: "201 for a session, an outcome and a share, 200 for everything else that is good",
        published: "no success status",
        acts: &[EVERYWHERE],
    },
    Assumption {
        id: "D27",
        decision: "a blank webhook secret is refused",
        published: "nothing",
        acts: &[WEBHOOK],
    },
    Assumption {
        id: "D28",
        decision: "the data of webhook.test is a message",
        published: "the event, not its data",
        acts: &[TEST],
    },
    Assumption {
        id: "D29",
        decision: "the data of outcome.reported is snake_case: token, outcome, product_type, \
                   amount_usd, verification_context",
        published: "its contents, in prose",
        acts: &[REPORTED],
    },
    Assumption {
        id: "D30",
        decision: "institution_id is a text",
        published: "\"42\" in the example",
        acts: &[COMPLETED, FAILED, REPORTED, TEST],
    },
    Assumption {
        id: "D31",
        decision: "keys of other prefixes can be configured, since their environment is stated",
        published: "pk_ in the guide, sk_ and live_ elsewhere",
        acts: &["--sandbox-key", "--live-key"],
    },
    Assumption {
        id: "D32",
        decision: "a webhook secret of any length but nought is taken",
        published: "32char, in a placeholder",
        acts: &[WEBHOOK],
    },
    Assumption {
        id: "P17",
        decision: "an institution has one JWT per environment; JWTs of institutions and customers \
                   do not expire",
        published: "that both kinds exist",
        acts: &[COHORT, WEBHOOK, FULFILL, DECLINE, SHARE, REVOKE, SHARES],
    },
    Assumption {
        id: "P18",
        decision: "a redemption sends verification.completed when it is verified and \
                   verification.failed when the credential is rejected, and nothing while a \
                   manual review is required",
        published: "that a redeemed code can cause verification.completed",
        acts: &[REDEEM, COMPLETED, FAILED],
    },
    Assumption {
        id: "P19",
        decision: "coverage is high when identity, income, sanctions, fraud checks, payment and \
                   savings behaviour are all true, none when none is, else partial",
        published: "the words high and partial, in the table of demo codes",
        acts: &[COHORT, REPORTED],
    },
    Assumption {
        id: "P20",
        decision: "an outcome can be reported for every token of the environment; the context is \
                   of the last verification by this institution, or of this moment",
        published: "that the context is captured automatically",
        acts: &[OUTCOME, REPORTED],
    },
    Assumption {
        id: "P21",
        decision: "a code whose credential is not valid is used up and answers 200 with status \
                   denied (sanctions) or rejected and deny_reason, without claims and token",
        published: "that the one call checks status, signature, freshness and revocation",
        acts: &[REDEEM],
    },
    Assumption {
        id: "P22",
        decision: "the names of members that no page prints: public views, fulfil, the receipts of \
                   outcomes and webhook settings, cohorts, auditId of a session, \
                   institution_reference in answers",
        published: "what they are about, in prose",
        acts: &[VERIFY, POLL, PUBLIC, BY_CODE, FULFILL, DECLINE, OUTCOME, COHORT, WEBHOOK],
    },
    Assumption {
        id: "P23",
        decision: "fulfil takes the share token as token; it must be a valid share of the customer \
                   of the JWT (422) and approves one session (410); the institution gets what both \
                   the share and the session allow",
        published: "a one-time share token and a user JWT",
        acts: &[FULFILL],
    },
    Assumption {
        id: "P24",
        decision: "a share is a token and a one-time code for it, narrowed to permissions, with an \
                   end of its own; revoking it revokes both; its history is the customer's alone",
        published: "the three paths",
        acts: &[SHARE, REVOKE, SHARES],
    },
    Assumption {
        id: "P25",
        decision: "freshness_hours of a minted credential grows with the clock; that of a demo \
                   credential stands still",
        published: "in the sandbox the same token always gives the same claims",
        acts: &[REDEEM, VERIFY, BRIDGE_VERIFY],
    },
    Assumption {
        id: "P26",
        decision: "a stored verification is the last answer that this institution got for the \
                   token, unchanged",
        published: "that an earlier verification record can be fetched",
        acts: &[STORED],
    },
    Assumption {
        id: "P27",
        decision: "each of the five attempts counts from the end of the one before; every attempt \
                   sends the same bytes; any 2xx is success; the data of verification.failed is \
                   token and deny_reason; without a webhook URL there is no event",
        published: "the five delays, 10 seconds, and non-2xx",
        acts: &[DELIVERIES, FAILED],
    },
    Assumption {
        id: "P28",
        decision: "the oldest sessions, verifications, outcomes and finished deliveries make room \
                   when there are too many or when they are too old",
        published: "nothing",
        acts: &["--max-records", "--max-age-days", DELIVERIES],
    },
    Assumption {
        id: "P29",
        decision: "a permission that the guide does not list is a 400; permissions always bring \
                   data_window_days, freshness_hours, linked_accounts and corridor",
        published: "the seven permissions",
        acts: &[SESSIONS, OLDER_SESSIONS, SHARE],
    },
    Assumption {
        id: "P81",
        decision: "pages of the Passbase emulation have 100 items at most, in order of creation",
        published: "limit and cursor; neither their bounds nor the order",
        acts: &[PASSBASE_IDENTITIES, PASSBASE_RESOURCES],
    },
    Assumption {
        id: "P82",
        decision: "errors of the Passbase emulation have code and message; a cursor of nobody's is 400",
        published: "the statuses 400, 401 and 404; no error body",
        acts: &[PASSBASE],
    },
    Assumption {
        id: "P86",
        decision: "WATCHLIST_MONITORING has the shape of the VERIFICATION_ events, with pending; nothing \
                   is sent twice by itself",
        published: "the name of the event",
        acts: &[PASSBASE_WEBHOOKS],
    },
    Assumption {
        id: "P100",
        decision: "a webhook of Passbase is sent once, unless the settings have pauses for more; only 200 is \
                   success",
        published: "that the answer must be 200; no schedule, count or timeout",
        acts: &[PASSBASE_WEBHOOKS],
    },
    Assumption {
        id: "P101",
        decision: "metadata that cannot be opened is null; or there is no identity, if the settings say so",
        published: "that metadata is opened with the project's public key",
        acts: &["POST /_passid/passbase/identities", PASSBASE_IDENTITY],
    },
    Assumption {
        id: "P102",
        decision: "identities go created, processing, pending, approved or declined; a decision can be \
                   changed, a finding makes approved pending and nothing else, and the score is 0 until \
                   processing has ended",
        published: "the five states, and what each means",
        acts: &[
            "POST /_passid/passbase/identities/{key}/process",
            "POST /_passid/passbase/identities/{key}/review",
            "POST /_passid/passbase/identities/{key}/screen",
            PASSBASE_IDENTITY,
        ],
    },
    Assumption {
        id: "P103",
        decision: "the webhooks of 2019 have the documented template and are never encrypted; those of 2020 \
                   have the shape of the VERIFICATION_ events",
        published: "the template of 2019, which was the customer's; the names of 2020",
        acts: &["POST /_passid/passbase/identities/{key}/older-webhook"],
    },
    Assumption {
        id: "P104",
        decision: "watchlist is null until somebody has looked, and has empty members when nothing was found",
        published: "that it can be null; its shape with findings",
        acts: &[PASSBASE_IDENTITY],
    },
    Assumption {
        id: "P105",
        decision: "files are bytes of image/png; the settings make them JSON, or 404 or 403 as without the \
                   permission",
        published: "JSON in the description, bytes in the vendor's test; that a permission is needed",
        acts: &[PASSBASE_FILE],
    },
    Assumption {
        id: "P110",
        decision: "a session is pending, capturing, processing, perhaps once recapture, then \
                   complete; not finished in time it is expired, or a 404 if set so; without \
                   consent it goes on all the same",
        published: "the words, and that processing begins with the last image",
        acts: &[DV_RESULT, DV_CONSENT],
    },
    Assumption {
        id: "P111",
        decision: "access tokens are JWTs without a real signature; without the API's resource \
                   they are a 401 unless set otherwise; errors of the token endpoint are OAuth \
                   2's; the last 1,000 count",
        published: "the form, the claims, one hour",
        acts: &[DV_TOKEN, DV],
    },
    Assumption {
        id: "P112",
        decision: "durations are numbers with d, h, m and s; a session is kept for its \
                   time_to_live",
        published: "90d, 1h, 15s and 1m30s in examples",
        acts: &[DV_CREATE],
    },
    Assumption {
        id: "P113",
        decision: "error bodies are message and error_code, or the framework's, or empty, as is \
                   set; 413 for a body that is too long",
        published: "the statuses and their meaning; no error body",
        acts: &[DV],
    },
    Assumption {
        id: "P114",
        decision: "the worst check wins unless a mock or a test says the whole; the risk check \
                   is N/A without the hosted page",
        published: "examples of ALLOW and DENY",
        acts: &[DV_RESULT],
    },
    Assumption {
        id: "P115",
        decision: "a mock's info is brought from the older shape into the newer one: names, \
                   countries of two letters, moments, ages",
        published: "both shapes",
        acts: &[DV_RESULT],
    },
    Assumption {
        id: "P116",
        decision: "nothing looks at images; raw unless asked for; an unknown session is a 404, \
                   or an empty list if set so; 100 uploads for a session and 32 MiB in all",
        published: "the calls, 409 when all are there, and that some are refined",
        acts: &[DV_IMAGES, DV_IMAGE, DV_ADD_IMAGE],
    },
    Assumption {
        id: "P117",
        decision: "whoever opens the hosted page consents, shows everything and is sent back \
                   with sessionId, or session_id if set so, and state; a start token works once \
                   and while the session is pending",
        published: "single use, and the callback with the session and state",
        acts: &[DV_PAGE],
    },
    Assumption {
        id: "P118",
        decision: "a creation is a 200, or a 201 if set so; an empty body is taken; known \
                   members of another type are a 400, unknown ones are left alone",
        published: "200 in one edition, 201 in another",
        acts: &[DV_CREATE],
    },
    Assumption {
        id: "P119",
        decision: "without detailed the newer shape is given, or the older one if set so; \
                   risk_details are there for who used the page",
        published: "both shapes, and that the parameter is deprecated",
        acts: &[DV_RESULT],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// `D5` and `P12`, where they stand as words of their own.
    fn numbers(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| {
            let number = word.strip_prefix(['D', 'P']).unwrap_or_default();
            (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.file_name().is_some_and(|name| name != "assumptions.rs") {
                found.push(path);
            }
        }
    }

    fn listed() -> BTreeSet<String> {
        ASSUMPTIONS.iter().map(|assumption| assumption.id.to_owned()).collect()
    }

    #[test]
    fn what_the_code_names_is_listed_and_what_is_listed_the_code_names() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut named = BTreeSet::new();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            let comments = text.lines().filter(|line| line.trim_start().starts_with("//"));
            named.extend(comments.flat_map(numbers).map(str::to_owned));
        }
        assert_eq!(named.difference(&listed()).collect::<Vec<_>>(), [""; 0], "not listed");
        assert_eq!(listed().difference(&named).collect::<Vec<_>>(), [""; 0], "not in the code");
    }

    #[test]
    fn the_readme_has_every_number() {
        let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
        let readme = readme.unwrap();
        let named: BTreeSet<_> = numbers(&readme).map(str::to_owned).collect();
        assert_eq!(listed().difference(&named).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn the_numbers_are_in_order_and_every_entry_says_where_it_acts() {
        let rank = |id: &str| (id.as_bytes()[0], id[1..].parse::<u32>().unwrap());
        assert!(ASSUMPTIONS.is_sorted_by_key(|assumption| rank(assumption.id)));
        assert_eq!(listed().len(), ASSUMPTIONS.len());
        for assumption in ASSUMPTIONS {
            assert!(!assumption.acts.is_empty() && !assumption.published.is_empty());
        }
    }
}
