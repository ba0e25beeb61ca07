use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use passid_core::{
    Anonymous, BoxFuture, Decision, Preflight, Reason, Rejection, Step, Verdict,
    VerifiedCredential, Verify,
};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::body::{ReceiveBody, Receiving};
use crate::render::RenderRejection;
use crate::settings::Settings;

/// The service's parts, borrowed: a request that is decided at once takes none of them along.
pub(crate) struct Parts<'a, S, V, R, B> {
    pub(crate) inner: &'a mut S,
    pub(crate) settings: &'a Settings<V>,
    pub(crate) render: &'a R,
    pub(crate) body: &'a B,
}

/// What a request that has to wait takes along.
struct Waiting<S, V, R, B> {
    inner: S,
    settings: Settings<V>,
    render: R,
    body: B,
}

impl<S: Clone, V, R: Clone, B: Clone> Waiting<S, V, R, B> {
    /// The instance that was made ready goes along; a clone, which was not, stays in its place.
    fn take(parts: &mut Parts<'_, S, V, R, B>) -> Self {
        let unready = parts.inner.clone();
        Self {
            inner: std::mem::replace(parts.inner, unready),
            settings: parts.settings.clone(),
            render: parts.render.clone(),
            body: parts.body.clone(),
        }
    }
}

pin_project! {
    /// The response future of a [`PassidService`](crate::PassidService).
    ///
    /// Dropping it gives up the call; it leaves nothing behind.
    pub struct ResponseFuture<S, V, R, B, ReqB, ResB>
    where
        S: Service<Request<ReqB>>,
    {
        #[pin]
        state: State<S, V, R, B, ReqB, ResB, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[project_replace = StateReplaced]
    enum State<S, V, R, B, ReqB, ResB, F> {
        Receiving {
            receiving: BoxFuture<'static, Result<(Request<ReqB>, Bytes), Reason>>,
            waiting: Waiting<S, V, R, B>,
        },
        Verifying {
            verdict: BoxFuture<'static, Verdict>,
            request: Request<ReqB>,
            waiting: Waiting<S, V, R, B>,
        },
        Calling {
            #[pin]
            response: F,
        },
        Refused {
            response: Response<ResB>,
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

/// The request is lent: it is large, and each move of it would be a copy.
fn begin<V: Verify, B: ReceiveBody<ReqB>, ReqB>(
    settings: &Settings<V>,
    body: &B,
    request: &mut Request<ReqB>,
    received: Option<&Bytes>,
) -> Next {
    let received = body.source().zip(received.map(|bytes| &bytes[..]));
    let absent = settings.mark_sensitive(request.headers_mut());
    let step = settings.guard.begin(&settings.view(request, absent), received);
    match step {
        Step::Decided(decision) => follow(decision, request.extensions_mut()),
        Step::Verifying(verdict) => Next::Verify(verdict),
    }
}

/// Whatever stood among the extensions under our types is replaced: neither an outer layer nor a
/// test can plant a credential.
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

impl<S, V, R, B, ReqB, ResB> ResponseFuture<S, V, R, B, ReqB, ResB>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    V: Verify,
    R: RenderRejection<ResB> + Clone,
    B: ReceiveBody<ReqB>,
{
    pub(crate) fn start(mut parts: Parts<'_, S, V, R, B>, request: Request<ReqB>) -> Self {
        let state = match parts.body.receive(&parts.settings.guard, request) {
            Receiving::Buffering(receiving) => {
                State::Receiving { receiving, waiting: Waiting::take(&mut parts) }
            }
            Receiving::Unread(mut request) => {
                match begin(parts.settings, parts.body, &mut request, None) {
                    Next::Call => State::Calling { response: parts.inner.call(request) },
                    Next::Refuse(rejection) => State::Refused {
                        response: refusal(parts.settings, parts.render, &rejection),
                    },
                    Next::Verify(verdict) => {
                        State::Verifying { verdict, request, waiting: Waiting::take(&mut parts) }
                    }
                }
            }
        };
        Self { state }
    }
}

type StateOf<S, V, R, B, ReqB, ResB> =
    State<S, V, R, B, ReqB, ResB, <S as Service<Request<ReqB>>>::Future>;

impl<S, V: Verify, R, B> Waiting<S, V, R, B> {
    fn received<ReqB, ResB>(
        self,
        received: Result<(Request<ReqB>, Bytes), Reason>,
    ) -> StateOf<S, V, R, B, ReqB, ResB>
    where
        S: Service<Request<ReqB>, Response = Response<ResB>>,
        R: RenderRejection<ResB>,
        B: ReceiveBody<ReqB>,
    {
        match received {
            Ok((mut request, bytes)) => {
                let next = begin(&self.settings, &self.body, &mut request, Some(&bytes));
                self.go_on(next, request)
            }
            Err(reason) => self.refused(&self.settings.guard.refuse(reason)),
        }
    }

    fn concluded<ReqB, ResB>(
        self,
        verdict: Verdict,
        mut request: Request<ReqB>,
    ) -> StateOf<S, V, R, B, ReqB, ResB>
    where
        S: Service<Request<ReqB>, Response = Response<ResB>>,
        R: RenderRejection<ResB>,
    {
        let next = follow(self.settings.guard.conclude(verdict), request.extensions_mut());
        self.go_on(next, request)
    }

    fn go_on<ReqB, ResB>(
        mut self,
        next: Next,
        request: Request<ReqB>,
    ) -> StateOf<S, V, R, B, ReqB, ResB>
    where
        S: Service<Request<ReqB>, Response = Response<ResB>>,
        R: RenderRejection<ResB>,
    {
        match next {
            Next::Call => State::Calling { response: self.inner.call(request) },
            Next::Verify(verdict) => State::Verifying { verdict, request, waiting: self },
            Next::Refuse(rejection) => self.refused(&rejection),
        }
    }

    fn refused<ReqB, ResB>(&self, rejection: &Rejection) -> StateOf<S, V, R, B, ReqB, ResB>
    where
        S: Service<Request<ReqB>, Response = Response<ResB>>,
        R: RenderRejection<ResB>,
    {
        State::Refused { response: refusal(&self.settings, &self.render, rejection) }
    }
}

fn refusal<V: Verify, R: RenderRejection<ResB>, ResB>(
    settings: &Settings<V>,
    render: &R,
    rejection: &Rejection,
) -> Response<ResB> {
    render.render(rejection, || settings.guard.answer(rejection))
}

impl<S, V, R, B, ReqB, ResB> Future for ResponseFuture<S, V, R, B, ReqB, ResB>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    V: Verify,
    R: RenderRejection<ResB>,
    B: ReceiveBody<ReqB>,
{
    type Output = Result<Response<ResB>, S::Error>;

    /// Polled again after it was ready it stays pending, as a finished future may.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Calling { response } => return response.poll(cx),
                StateProjection::Receiving { receiving, .. } => {
                    let received = ready!(receiving.as_mut().poll(cx));
                    match state.as_mut().project_replace(State::Done) {
                        StateReplaced::Receiving { waiting, .. } => waiting.received(received),
                        _ => return Poll::Pending,
                    }
                }
                StateProjection::Verifying { verdict, .. } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    match state.as_mut().project_replace(State::Done) {
                        StateReplaced::Verifying { request, waiting, .. } => {
                            waiting.concluded(verdict, request)
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

impl<S, V, R, B, ReqB, ResB> fmt::Debug for ResponseFuture<S, V, R, B, ReqB, ResB>
where
    S: Service<Request<ReqB>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
