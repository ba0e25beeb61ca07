use serde::Serialize;

/// A status, headers and a body, for either framework to send.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

#[derive(Serialize)]
struct Failed {
    error: Failure,
}

#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: &'static str,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        // Plain structs of text and booleans always serialise.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body }
    }

    pub(crate) fn failed(status: u16, code: &'static str, message: &'static str) -> Self {
        Self::json(status, &Failed { error: Failure { code, message } })
    }

    /// There is no such thing with this provider.
    pub(crate) fn not_offered(message: &'static str) -> Self {
        Self::failed(404, "NOT_OFFERED", message)
    }

    /// The person is sent elsewhere. Who asks the address again does not begin again.
    pub(crate) fn see_other(location: String) -> Self {
        Self { status: 303, headers: vec![("location", location)], body: String::new() }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
