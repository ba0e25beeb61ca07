use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Extensions, Service, ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use passid_core::{
    Anonymous, BoxFuture, Decision, Preflight, Reason, Rejection, Step, Verdict,
    VerifiedCredential, Verify,
};
use pin_project_lite::pin_project;

use crate::body::buffer;
use crate::settings::Settings;
use crate::view::Absent;

type Refusable<B> = ServiceResponse<EitherBody<B>>;

/// What a request that has to wait takes along.
struct Waiting<S, V> {
    inner: Rc<S>,
    settings: Arc<Settings<V>>,
}

pin_project! {
    /// The response future of a [`PassidService`](crate::PassidService).
    ///
    /// Dropping it gives up the call; it leaves nothing behind.
    pub struct ResponseFuture<S, V, B>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        state: State<S, V, B, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[project_replace = StateReplaced]
    enum State<S, V, B, F> {
        Receiving {
            receiving: LocalBoxFuture<'static, (ServiceRequest, Result<Bytes, Reason>)>,
            waiting: Waiting<S, V>,
        },
        Verifying {
            verdict: BoxFuture<'static, Verdict>,
            request: ServiceRequest,
            waiting: Waiting<S, V>,
        },
        Calling {
            #[pin]
            response: F,
        },
        Refused {
            response: Refusable<B>,
        },
        Done,
    }
}

/// How a request goes on after a look at it.
enum Next {
    Call,
    Refuse(Rejection),
    Verify(BoxFuture<'static, Verdict>),
}

fn begin<V: Verify>(
    settings: &Settings<V>,
    request: &mut ServiceRequest,
    received: Option<&Bytes>,
) -> Next {
    let received = settings.body.as_ref().zip(received.map(|bytes| &bytes[..]));
    let absent = settings.mark_sensitive(request);
    let step = settings.guard.begin(&settings.view(request, absent), received);
    match step {
        Step::Decided(decision) => follow(decision, &mut request.extensions_mut()),
        Step::Verifying(verdict) => Next::Verify(verdict),
    }
}

/// Whatever stood among the extensions under our types is replaced: neither an outer middleware nor
/// a test can plant a credential.
fn follow(decision: Decision, extensions: &mut Extensions) -> Next {
    match decision {
        Decision::Verified(credential) => {
            extensions.insert(credential);
        }
        Decision::Anonymous => {
            extensions.remove::<VerifiedCredential>();
            extensions.insert(Anonymous);
        }
        Decision::Preflight => {
            extensions.remove::<VerifiedCredential>();
            extensions.remove::<Anonymous>();
            extensions.insert(Preflight);
        }
        Decision::Refused(rejection) => return Next::Refuse(rejection),
    }
    Next::Call
}

impl<S, V, B> ResponseFuture<S, V, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    V: Verify,
    B: MessageBody,
{
    pub(crate) fn start(
        inner: &Rc<S>,
        settings: &Arc<Settings<V>>,
        mut request: ServiceRequest,
    ) -> Self {
        // Only a request that has to wait takes its share of the service along.
        let waiting = || Waiting { inner: inner.clone(), settings: settings.clone() };
        let state = match &settings.body {
            Some(source)
                if settings.guard.wants_body(&settings.view(&request, Absent::unknown())) =>
            {
                let (guard, source) = (settings.guard.clone(), source.clone());
                let receiving = Box::pin(async move {
                    let received = buffer(&guard, &source, &mut request).await;
                    (request, received)
                });
                State::Receiving { receiving, waiting: waiting() }
            }
            _ => match begin(settings, &mut request, None) {
                Next::Call => State::Calling { response: inner.call(request) },
                Next::Refuse(rejection) => {
                    State::Refused { response: refusal(settings, &rejection, request) }
                }
                Next::Verify(verdict) => State::Verifying { verdict, request, waiting: waiting() },
            },
        };
        Self { state }
    }
}

impl<S, V> Waiting<S, V>
where
    S: Service<ServiceRequest>,
    V: Verify,
{
    fn received<B>(
        self,
        mut request: ServiceRequest,
        received: Result<Bytes, Reason>,
    ) -> State<S, V, B, S::Future> {
        let next = match received {
            Ok(bytes) => begin(&self.settings, &mut request, Some(&bytes)),
            Err(reason) => Next::Refuse(self.settings.guard.refuse(reason)),
        };
        self.go_on(next, request)
    }

    fn concluded<B>(self, request: ServiceRequest, verdict: Verdict) -> State<S, V, B, S::Future> {
        let next = follow(self.settings.guard.conclude(verdict), &mut request.extensions_mut());
        self.go_on(next, request)
    }

    fn go_on<B>(self, next: Next, request: ServiceRequest) -> State<S, V, B, S::Future> {
        match next {
            Next::Call => State::Calling { response: self.inner.call(request) },
            Next::Verify(verdict) => State::Verifying { verdict, request, waiting: self },
            Next::Refuse(rejection) => {
                State::Refused { response: refusal(&self.settings, &rejection, request) }
            }
        }
    }
}

fn refusal<V: Verify, B>(
    settings: &Settings<V>,
    rejection: &Rejection,
    request: ServiceRequest,
) -> Refusable<B> {
    let Settings { guard, render, .. } = settings;
    let response = render.response(rejection, request.request(), || guard.answer(rejection));
    request.into_response(response).map_into_right_body()
}

impl<S, V, B> Future for ResponseFuture<S, V, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    V: Verify,
    B: MessageBody,
{
    type Output = Result<Refusable<B>, Error>;

    /// Polled again after it was ready it stays pending, as a finished future may.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Calling { response } => {
                    return response.poll(cx).map_ok(ServiceResponse::map_into_left_body);
                }
                StateProjection::Receiving { receiving, .. } => {
                    let (request, received) = ready!(receiving.as_mut().poll(cx));
                    match state.as_mut().project_replace(State::Done) {
                        StateReplaced::Receiving { waiting, .. } => {
                            waiting.received(request, received)
                        }
                        _ => return Poll::Pending,
                    }
                }
                StateProjection::Verifying { verdict, .. } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    match state.as_mut().project_replace(State::Done) {
                        StateReplaced::Verifying { request, waiting, .. } => {
                            waiting.concluded(request, verdict)
                        }
                        _ => return Poll::Pending,
                    }
                }
                StateProjection::Refused { .. } => {
                    return match state.as_mut().project_replace(State::Done) {
                        StateReplaced::Refused { response } => Poll::Ready(Ok(response)),
                        _ => Poll::Pending,
                    };
                }
                StateProjection::Done => return Poll::Pending,
            };
            state.set(next);
        }
    }
}

impl<S, V, B> fmt::Debug for ResponseFuture<S, V, B>
where
    S: Service<ServiceRequest>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
