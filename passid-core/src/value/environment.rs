use std::fmt;

/// Which of PASSID's two worlds a key or a credential belongs to (guide, step 1).
///
/// One host serves both; the prefix of the institution key decides. Sandbox data is isolated from
/// live data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Test data, reached with a `pk_sandbox_…` key.
    Sandbox,
    /// Real customers, reached with a `pk_live_…` key.
    Live,
}

impl Environment {
    /// The name the API uses: `sandbox` or `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }

    /// Reads the API's name, regardless of case. `None` for any other word.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Sandbox, Self::Live]
            .into_iter()
            .find(|environment| name.eq_ignore_ascii_case(environment.as_str()))
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
