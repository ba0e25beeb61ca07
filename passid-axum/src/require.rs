use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use passid_core::{Answers, Clock, Guard, Policy, Rejection, Requirement, Verify};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::render::{FromAnswer, RenderRejection, RenderWith};
use crate::view::passed;

/// A stricter policy for single routes, behind a [`PassidLayer`](crate::PassidLayer): the credential
/// is verified already, only the policy runs. A CORS preflight that the layer let pass goes on.
///
/// ```
/// use axum::{Router, routing::post};
/// use passid_axum::{PassidLayer, RequirePolicy};
/// use passid_core::{Guard, PassidClient, Policy};
///
/// # fn app(client: PassidClient) -> Result<Router, passid_core::PolicyError> {
/// let strict = Policy::builder().require_sanctions_clear().build()?;
///
/// let app: Router = Router::new()
///     .route("/transfer", post(|| async {}).route_layer(RequirePolicy::new(strict)))
///     .route("/profile", post(|| async {}))
///     .route_layer(PassidLayer::new(Guard::new(client, Policy::verified_only())));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RequirePolicy<R = FromAnswer> {
    requirement: Requirement,
    render: R,
}

impl RequirePolicy {
    /// Demands that this policy holds too. Refusals are terse JSON with a challenge for `Bearer` in the
    /// realm `passid`.
    pub fn new(policy: Policy) -> Self {
        Self { requirement: Requirement::new(policy), render: FromAnswer }
    }

    /// Demands that this policy holds too, and answers, challenges and reads the time as this guard
    /// does.
    pub fn behind<V: Verify>(guard: &Guard<V>, policy: Policy) -> Self {
        Self { requirement: guard.requirement(policy), render: FromAnswer }
    }
}

impl<R> RequirePolicy<R> {
    /// How refusals are answered; terse JSON unless set.
    pub fn answers(self, answers: Answers) -> Self {
        Self { requirement: self.requirement.answers(answers), ..self }
    }

    /// The clock that credential age and expiry are read from.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { requirement: self.requirement.clock(clock), ..self }
    }

    /// Makes the whole response to a refusal in a closure.
    pub fn render_with<F, ResB>(self, render: F) -> RequirePolicy<RenderWith<F>>
    where
        F: Fn(&Rejection) -> Response<ResB>,
    {
        RequirePolicy { requirement: self.requirement, render: RenderWith(render) }
    }
}

impl<S, R: Clone> Layer<S> for RequirePolicy<R> {
    type Service = RequirePolicyService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RequirePolicyService { inner, settings: Arc::new(self.clone()) }
    }
}

/// The service of [`RequirePolicy`].
pub struct RequirePolicyService<S, R = FromAnswer> {
    inner: S,
    settings: Arc<RequirePolicy<R>>,
}

impl<S: Clone, R> Clone for RequirePolicyService<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: self.settings.clone() }
    }
}

impl<S, R, ReqB, ResB> Service<Request<ReqB>> for RequirePolicyService<S, R>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    R: RenderRejection<ResB>,
{
    type Response = Response<ResB>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let RequirePolicy { requirement, render } = &*self.settings;
        match requirement.check(passed(request.extensions())) {
            Ok(()) => {
                RequireFuture { state: State::Calling { response: self.inner.call(request) } }
            }
            Err(rejection) => {
                let response = render.render(&rejection, || requirement.answer(&rejection));
                RequireFuture { state: State::Refused { response: Some(response) } }
            }
        }
    }
}

impl<S, R> fmt::Debug for RequirePolicyService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequirePolicyService")
            .field("requirement", &self.settings.requirement)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The response future of a [`RequirePolicyService`].
    #[derive(Debug)]
    pub struct RequireFuture<F, ResB> {
        #[pin]
        state: State<F, ResB>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F, ResB> {
        Calling {
            #[pin]
            response: F,
        },
        Refused {
            response: Option<Response<ResB>>,
        },
    }
}

impl<F, ResB, E> Future for RequireFuture<F, ResB>
where
    F: Future<Output = Result<Response<ResB>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Calling { response } => response.poll(cx),
            StateProjection::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            },
        }
    }
}
