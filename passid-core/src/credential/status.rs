use std::fmt;

/// Declares an enum of the values that are known, open for those that are not: the API may add to
/// each of its lists. Comparison ignores case, because the vendor's pages do not agree on it.
macro_rules! open_enum {
    (
        $(#[$enum_doc:meta])*
        $name:ident { $( $(#[$doc:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])* $variant, )+
            /// A value that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                $( if word.eq_ignore_ascii_case($word) { return Self::$variant; } )+
                Self::Other(word.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// The state of a credential: `status` of a redemption, `credential_status` of a verification.
    CredentialStatus {
        /// Verified: what a redemption says of a good credential (guide, step 4).
        Verified = "verified",
        /// Active: what a verification says of a good credential (vendor's verifier page).
        Active = "active",
        /// A person has to look at it; not verified (guide, step 10; spelling ours, D16).
        ManualReviewRequired = "manual_review_required",
        /// Rejected (vendor's verifier page).
        Invalid = "invalid",
    }
}

impl CredentialStatus {
    /// Only `verified` and `active` count as verified (decision D16).
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::Verified | Self::Active)
    }
}

open_enum! {
    /// The API's judgement of how recent the data is (guide, step 4).
    FreshnessStatus {
        /// Recent.
        Fresh = "fresh",
        /// Older than the API's own window, 48 hours by default. Advisory (decision D17).
        Stale = "stale",
    }
}

open_enum! {
    /// What the API says of the issuer's signature.
    SignatureStatus {
        /// The signature is the issuer's.
        Verified = "verified",
    }
}

open_enum! {
    /// Whether the holder or the issuer has taken the credential back.
    RevocationStatus {
        /// It stands.
        NotRevoked = "not_revoked",
        /// It was taken back. Not printed anywhere; ours.
        Revoked = "revoked",
    }
}

open_enum! {
    /// Why a token was rejected.
    ///
    /// Two spellings are in use, `deny_reason` in upper case and `reason_code` in lower case; case is
    /// ignored. The list is open.
    DenyReason {
        /// A sanctions match. Final: the application must never be approved (guide, step 11), and no
        /// option, cache or policy of this library turns it into a pass.
        HardDenySanctionsMatch = "HARD_DENY_SANCTIONS_MATCH",
        /// The token has ended (guide, step 7).
        TokenExpired = "TOKEN_EXPIRED",
        /// The signature is not the issuer's (vendor's verifier page).
        InvalidSignature = "invalid_signature",
        /// The credential was taken back. Spelling ours.
        TokenRevoked = "TOKEN_REVOKED",
        /// The token cannot be resolved. Spelling ours.
        TokenNotFound = "TOKEN_NOT_FOUND",
        /// The share code is not known, or what was presented is no share code. Spelling ours.
        CodeNotFound = "CODE_NOT_FOUND",
        /// The share code was used before. Spelling ours.
        CodeAlreadyRedeemed = "CODE_ALREADY_REDEEMED",
        /// The API rejected the token and gave no reason.
        Unspecified = "UNSPECIFIED",
    }
}

impl DenyReason {
    /// Whether the reason is final: no retry, review or policy may lead to an approval.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::HardDenySanctionsMatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_read_regardless_of_case() {
        assert_eq!(
            DenyReason::from("hard_deny_sanctions_match"),
            DenyReason::HardDenySanctionsMatch
        );
        assert_eq!(DenyReason::from("INVALID_SIGNATURE"), DenyReason::InvalidSignature);
        assert_eq!(RevocationStatus::from("Not_Revoked"), RevocationStatus::NotRevoked);
    }

    #[test]
    fn unknown_words_are_kept_and_count_as_not_verified() {
        let status = CredentialStatus::from("Pending");
        assert_eq!(status, CredentialStatus::Other("Pending".into()));
        assert_eq!(status.to_string(), "Pending");
        assert!(!status.is_verified());
    }
}
