//! The rows of the table that no session can be.

use crate::provider::Gap;

/// Each row is in the table, and none of them can be expressed.
pub const GAPS: &[Gap] = &[
    Gap {
        reason: "a session's token has one spelling: its capitals count, and nothing in it is a space",
        rows: &["lower case is accepted", "spaces for hyphens are accepted"],
    },
    Gap {
        reason: "every token of a session has the same form",
        rows: &["a sandbox token is accepted", "a sandbox token as bearer is accepted"],
    },
    Gap {
        reason: "what is no session's token is refused without a call, by rows of its own",
        rows: &[
            "4096 bytes are asked about",
            "a share code is no token",
            "an opaque unknown token is refused",
        ],
    },
    Gap {
        reason: "a session is not signed: whose it is, is what the service remembers, by rows of its own",
        rows: &["a badly signed token is refused"],
    },
    Gap {
        reason: "the service remembers of which world a session is, and does not ask about another's",
        rows: &["a token of the live environment is unknown in the sandbox"],
    },
    Gap {
        reason: "this API looks nobody up on a sanctions list",
        rows: &[
            "a sanctions denial looks like any other refusal",
            "a sanctions denial is refused where a valid credential is enough",
            "a sanctions denial is not explained where everything is told",
            "an optional route refuses a sanctions denial",
            "sanctions not clear is not told in detail",
            "sanctions not screened is not told in detail",
            "sanctions not clear, terse",
            "sanctions not clear, everything told",
            "both flags are met",
        ],
    },
    Gap { reason: "404 is an answer here: the session is not known", rows: &["404 is an outage"] },
];
