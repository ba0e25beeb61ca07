//! The rows of the table that no identity can be.

use crate::provider::Gap;

/// Each row is in the table, and none of them can be expressed.
pub const GAPS: &[Gap] = &[
    Gap {
        reason: "nothing tells an identity's key from an application's own bearer token",
        rows: &[
            "bearer is accepted",
            "bearer in lower case is accepted",
            "bearer in upper case is accepted",
            "bearer with two spaces is accepted",
            "the same token in two places is accepted",
            "two tokens that differ are refused",
            "two authorization headers are refused",
        ],
    },
    Gap {
        reason: "the hyphens of a UUID are not spaces",
        rows: &["spaces for hyphens are accepted"],
    },
    Gap {
        reason: "every identity has a key of the same form",
        rows: &["a sandbox token is accepted", "a sandbox token as bearer is accepted"],
    },
    Gap {
        reason: "what is no identity is refused without a call, by rows of its own",
        rows: &[
            "4096 bytes are asked about",
            "a share code is no token",
            "an opaque unknown token is refused",
        ],
    },
    Gap { reason: "an approval has no end of its own", rows: &["an expired token is refused"] },
    Gap {
        reason: "an identity is not signed: its nonce says whose it is, by rows of its own",
        rows: &["a badly signed token is refused"],
    },
    Gap {
        reason: "no key tells its environment: an identity of another project is unknown like any other",
        rows: &["a token of the live environment is unknown in the sandbox"],
    },
    Gap { reason: "404 is an answer here: the identity is not known", rows: &["404 is an outage"] },
];
