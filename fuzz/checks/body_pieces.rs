//! However a body is cut up: the verdict is that of the whole, and no more is taken than the limit.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_core::Stream;
use passid_core::webhook::{SignatureError, VerifiedBody, WebhookRejection, WebhookVerifier};
use passid_core::{BoxFuture, Clock};

use super::delivery::{Delivery, is_of_the_header, verdict, verifier};

const MAX_BODY: usize = 256;
static VERIFIER: LazyLock<WebhookVerifier> = LazyLock::new(|| {
    verifier().max_body(MAX_BODY).clock(Arc::new(Stopped)).build().expect("a verifier")
});

/// Nothing here takes time. Unlike a `ManualClock` it keeps no list, which would grow with every input.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// An input is how it comes, and a [`Delivery`].
///
/// The first byte is what is announced of the length: nothing, the truth, less, one byte over the
/// limit, or far more. The second is after how many pieces the stream breaks off, 255 for never. The
/// third is the number of pieces whose lengths follow, a byte each, used over and over.
pub(crate) fn check(input: &[u8]) {
    let [announcing, breaking, count, rest @ ..] = input else { return };
    let Some((sizes, rest)) = rest.split_at_checked(usize::from(*count)) else { return };
    let delivery = Delivery::read(rest);
    let pieces = cut(&delivery.body, sizes);
    let expected = delivery.expected(MAX_BODY);

    let stepwise = step_by_step(&delivery, &pieces);
    assert_eq!(verdict(&stepwise), expected);
    if let Ok(verified) = &stepwise {
        assert_eq!(verified.bytes(), delivery.body);
    }

    let announced = announcement(*announcing, delivery.body.len());
    let broken_after = (*breaking < u8::MAX).then_some(usize::from(*breaking));
    let mut source = Source::new(&pieces, broken_after);
    let received = run(VERIFIER.receive(&delivery.headers, announced, &mut source));
    let found = received.as_ref().map(VerifiedBody::secret_index).map_err(Clone::clone);
    assert_eq!(found, receiving(&delivery, announced, &pieces, broken_after));
    let longest = pieces.iter().map(Bytes::len).max().unwrap_or(0);
    assert!(source.given <= MAX_BODY + longest, "{} bytes were taken", source.given);
    let is_malformed = expected.is_err_and(is_of_the_header);
    if is_malformed || announced.is_some_and(|length| length > MAX_BODY as u64) {
        assert!(!source.asked, "a body was received in vain");
    }

    // With the event: what was received, parsed.
    let mut source = Source::new(&pieces, broken_after);
    let event = run(VERIFIER.receive_event(&delivery.headers, announced, &mut source));
    match (received, event) {
        (Ok(body), Ok(received)) => {
            assert_eq!(received.body.bytes(), body.bytes());
            assert!(body.parse().is_ok_and(|event| event == received.event));
        }
        (Ok(body), Err(WebhookRejection::Event(error))) => assert_eq!(body.parse(), Err(error)),
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{one:?}, but with the event {other:?}"),
    }
}

/// In pieces of these sizes. Empty ones count; where all are empty, the rest comes as one.
fn cut(mut body: &[u8], sizes: &[u8]) -> Vec<Bytes> {
    let mut pieces: Vec<_> = Vec::new();
    let moves = sizes.iter().any(|size| *size > 0);
    for size in sizes.iter().cycle().take(4096) {
        if body.is_empty() || !moves {
            break;
        }
        let (piece, rest) = body.split_at(usize::from(*size).min(body.len()));
        pieces.push(Bytes::copy_from_slice(piece));
        body = rest;
    }
    pieces.push(Bytes::copy_from_slice(body));
    pieces
}

fn step_by_step(
    delivery: &Delivery,
    pieces: &[Bytes],
) -> Result<VerifiedBody<'static>, SignatureError> {
    let check = VERIFIER.begin(&delivery.headers)?;
    pieces.iter().try_fold(check, |check, piece| check.update(piece.clone()))?.finish()
}

fn announcement(announcing: u8, length: usize) -> Option<u64> {
    match announcing {
        0 => Some(length as u64),
        1 => Some(length as u64 / 2),
        2 => Some(MAX_BODY as u64 + 1),
        3 => Some(u64::MAX),
        _ => None,
    }
}

/// The secret's index or the refusal: the rule of each step in their order.
fn receiving(
    delivery: &Delivery,
    announced: Option<u64>,
    pieces: &[Bytes],
    broken_after: Option<usize>,
) -> Result<usize, WebhookRejection> {
    let whole = delivery.expected(MAX_BODY);
    if whole.is_err_and(is_of_the_header) {
        return whole.map_err(Into::into);
    }
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(WebhookRejection::BodyTooLarge);
    }
    let broken = broken_after.filter(|count| *count < pieces.len());
    let come = pieces.iter().take(broken.unwrap_or(pieces.len()));
    if come.map(Bytes::len).sum::<usize>() > MAX_BODY {
        return Err(WebhookRejection::BodyTooLarge);
    }
    // Even where all that was signed has come.
    if broken.is_some() {
        return Err(WebhookRejection::BodyUnreadable);
    }
    whole.map_err(Into::into)
}

/// Gives a piece at every second time that it is asked, and tells what was taken of it.
struct Source<'a> {
    pieces: std::slice::Iter<'a, Bytes>,
    until_broken: Option<usize>,
    waits: bool,
    asked: bool,
    given: usize,
}

impl<'a> Source<'a> {
    fn new(pieces: &'a [Bytes], broken_after: Option<usize>) -> Self {
        let until_broken = broken_after.filter(|count| *count < pieces.len());
        Self { pieces: pieces.iter(), until_broken, waits: false, asked: false, given: 0 }
    }
}

impl Stream for &mut Source<'_> {
    type Item = Result<Bytes, WebhookRejection>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let source = &mut **self.get_mut();
        source.asked = true;
        source.waits = !source.waits;
        if source.waits {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match &mut source.until_broken {
            Some(0) => return Poll::Ready(Some(Err(WebhookRejection::BodyUnreadable))),
            Some(left) => *left -= 1,
            None => {}
        }
        let piece = source.pieces.next().cloned();
        source.given += piece.as_ref().map_or(0, Bytes::len);
        Poll::Ready(piece.map(Ok))
    }
}

/// Polls until it ends; every wait here has woken whoever waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
