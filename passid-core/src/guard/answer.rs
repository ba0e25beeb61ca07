use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::Rejection;
use crate::Violation;

/// How much of a policy violation a caller is told (decision D2). Server code always gets all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// Code and message only. The default: naming a sanctions or fraud rule to the person concerned
    /// can be unlawful tipping-off, and a list that leaves them out tells as much by being empty.
    #[default]
    Terse,
    /// The violations too, without those on sanctions and fraud.
    Detailed,
    /// Every violation.
    Everything,
}

/// How refusals are answered: how much is told, and in which form.
///
/// The default is terse JSON, `{"error":{"code":"…","message":"…"}}` (decision D2). Whatever the
/// form, the answer carries `Cache-Control: no-store` and the other
/// [headers of the refusal](Rejection::headers).
///
/// ```
/// use passid_core::{Answers, Detail};
///
/// let answers = Answers::json().detail(Detail::Detailed);
/// let problems = Answers::problem_json();
/// # let _ = (answers, problems);
/// ```
#[derive(Clone, Default)]
pub struct Answers {
    detail: Detail,
    form: Form,
}

#[derive(Clone, Default)]
enum Form {
    #[default]
    Json,
    ProblemJson,
    Own(Arc<OwnForm>),
}

type OwnForm = dyn Fn(&Rejection, Detail) -> Answer + Send + Sync;

/// An answer, free of any framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Answers {
    /// `{"error":{"code","message"}}` (decision D2).
    pub fn json() -> Self {
        Self::default()
    }

    /// `application/problem+json` (RFC 9457), with `code` and `violations` as extension members.
    pub fn problem_json() -> Self {
        Self { form: Form::ProblemJson, ..Self::default() }
    }

    /// A form of one's own. The status and body are taken as they are; headers of the refusal that
    /// the closure does not set are added.
    pub fn with(render: impl Fn(&Rejection, Detail) -> Answer + Send + Sync + 'static) -> Self {
        Self { form: Form::Own(Arc::new(render)), ..Self::default() }
    }

    /// How much of a policy violation is told; [`Detail::Terse`] unless set.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// The answer to a refusal.
    pub fn render(&self, rejection: &Rejection) -> Answer {
        let mut answer = match &self.form {
            Form::Json => json(rejection, self.detail),
            Form::ProblemJson => problem_json(rejection, self.detail),
            Form::Own(render) => render(rejection, self.detail),
        };
        for (name, value) in rejection.headers() {
            if !answer.headers.iter().any(|(set, _)| set.eq_ignore_ascii_case(name)) {
                answer.headers.push((name, value));
            }
        }
        answer
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Json => "json",
            Form::ProblemJson => "problem+json",
            Form::Own(_) => "own",
        };
        f.debug_struct("Answers").field("detail", &self.detail).field("form", &form).finish()
    }
}

#[derive(Serialize)]
struct TellableViolation<'a> {
    rule: &'a str,
    claim: Option<&'a str>,
    message: &'a str,
}

/// The violations that may be told at this level; `None` where no list belongs into the answer.
fn tellable(rejection: &Rejection, detail: Detail) -> Option<Vec<TellableViolation<'_>>> {
    if detail == Detail::Terse || rejection.violations().is_empty() {
        return None;
    }
    let may_be_told =
        |violation: &&Violation| detail == Detail::Everything || !violation.is_sensitive();
    let told =
        rejection.violations().iter().filter(may_be_told).map(|violation| TellableViolation {
            rule: violation.rule(),
            claim: violation.claim().map(crate::ClaimName::as_str),
            message: violation.message(),
        });
    Some(told.collect())
}

fn json(rejection: &Rejection, detail: Detail) -> Answer {
    #[derive(Serialize)]
    struct Envelope<'a> {
        error: Body<'a>,
    }

    #[derive(Serialize)]
    struct Body<'a> {
        code: &'static str,
        message: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        violations: Option<Vec<TellableViolation<'a>>>,
    }

    let code = rejection.code();
    let error = Body {
        code: code.as_str(),
        message: code.message(),
        violations: tellable(rejection, detail),
    };
    answer(rejection, "application/json", &Envelope { error })
}

fn problem_json(rejection: &Rejection, detail: Detail) -> Answer {
    #[derive(Serialize)]
    struct Problem<'a> {
        r#type: &'static str,
        title: &'static str,
        status: u16,
        detail: &'static str,
        code: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        violations: Option<Vec<TellableViolation<'a>>>,
    }

    let code = rejection.code();
    let problem = Problem {
        r#type: "about:blank",
        title: code.title(),
        status: code.status(),
        detail: code.message(),
        code: code.as_str(),
        violations: tellable(rejection, detail),
    };
    answer(rejection, "application/problem+json", &problem)
}

fn answer(rejection: &Rejection, content_type: &str, body: &impl Serialize) -> Answer {
    // Plain structs of text and numbers always serialise.
    let body = serde_json::to_vec(body).unwrap_or_default();
    Answer {
        status: rejection.status(),
        headers: vec![("content-type", content_type.to_owned())],
        body: body.into(),
    }
}
