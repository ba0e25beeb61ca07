use serde::{Deserialize, Serialize};

use super::Route;

/// One of the APIs that the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Api {
    Passid,
    Passbase,
    Docverify,
}

/// Where the API of Passbase begins, behind the address of the sandbox.
const PASSBASE_ROOT: &str = "/passbase";
/// Where the API of Document Verification begins.
pub(crate) const DOCVERIFY_ROOT: &str = "/docverify";

impl Api {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Passid => "passid",
            Self::Passbase => "passbase",
            Self::Docverify => "docverify",
        }
    }

    /// Whose a path is, also when there is nothing at it.
    pub(crate) fn of_path(path: &str) -> Self {
        let below = |root| {
            let rest: Option<&str> = path.strip_prefix(root);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if below(PASSBASE_ROOT) {
            Self::Passbase
        } else if below(DOCVERIFY_ROOT) {
            Self::Docverify
        } else {
            Self::Passid
        }
    }

    /// What a call is that has no route.
    pub(crate) const fn any(self) -> Route {
        match self {
            Self::Passid => Route::Any,
            Self::Passbase => Route::AnyPassbase,
            Self::Docverify => Route::AnyDocverify,
        }
    }
}
