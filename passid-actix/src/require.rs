use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpRequest, HttpResponse};
use passid_core::{Answers, Clock, Guard, Policy, Rejection, Requirement, Verify};
use pin_project_lite::pin_project;

use crate::render::Render;
use crate::view::passed;

/// A stricter policy for single routes, behind a [`PassidMiddleware`](crate::PassidMiddleware): the
/// credential is verified already, only the policy runs.
///
/// ```
/// use actix_web::web;
/// use passid_actix::{PassidMiddleware, RequirePolicy};
/// use passid_core::{Guard, PassidClient, Policy};
///
/// # fn scope(client: PassidClient) -> Result<(), passid_core::PolicyError> {
/// let strict = Policy::builder().require_sanctions_clear().build()?;
/// let transfer = web::resource("/transfer").wrap(RequirePolicy::new(strict));
///
/// let scope = web::scope("/api")
///     .wrap(PassidMiddleware::new(Guard::new(client, Policy::verified_only())))
///     .service(transfer.to(|| async { "done" }));
/// # let _ = scope; Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RequirePolicy {
    requirement: Requirement,
    render: Render,
}

impl RequirePolicy {
    /// Demands that this policy holds too. Refusals are terse JSON with a challenge for `Bearer` in the
    /// realm `passid`.
    pub fn new(policy: Policy) -> Self {
        Self { requirement: Requirement::new(policy), render: Render::default() }
    }

    /// Demands that this policy holds too, and answers, challenges and reads the time as this guard
    /// does.
    pub fn behind<V: Verify>(guard: &Guard<V>, policy: Policy) -> Self {
        Self { requirement: guard.requirement(policy), render: Render::default() }
    }

    /// How refusals are answered; terse JSON unless set.
    pub fn answers(self, answers: Answers) -> Self {
        Self { requirement: self.requirement.answers(answers), ..self }
    }

    /// The clock that credential age and expiry are read from.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { requirement: self.requirement.clock(clock), ..self }
    }

    /// Makes the whole response to a refusal in a closure.
    pub fn render_with(
        self,
        render: impl Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Self { render: Render::With(Arc::new(render)), ..self }
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequirePolicy
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequirePolicyService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequirePolicyService { inner, settings: self.clone() }))
    }
}

/// The service of [`RequirePolicy`].
pub struct RequirePolicyService<S> {
    inner: S,
    settings: RequirePolicy,
}

impl<S, B> Service<ServiceRequest> for RequirePolicyService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = RequireFuture<S::Future, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let RequirePolicy { requirement, render } = &self.settings;
        let state = match passed(&request, |passed| requirement.check(passed)) {
            Ok(()) => State::Calling { response: self.inner.call(request) },
            Err(rejection) => {
                let response = render
                    .response(&rejection, request.request(), || requirement.answer(&rejection));
                let response = request.into_response(response).map_into_right_body();
                State::Refused { response: Some(response) }
            }
        };
        RequireFuture { state }
    }
}

impl<S> fmt::Debug for RequirePolicyService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequirePolicyService")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The response future of a [`RequirePolicyService`].
    pub struct RequireFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Calling {
            #[pin]
            response: F,
        },
        Refused {
            response: Option<ServiceResponse<EitherBody<B>>>,
        },
    }
}

impl<F, B> Future for RequireFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Calling { response } => {
                response.poll(cx).map_ok(ServiceResponse::map_into_left_body)
            }
            StateProjection::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            },
        }
    }
}

impl<F, B> fmt::Debug for RequireFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequireFuture")
    }
}
