//! Lists: one page after the other, as a stream.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use passid_core::BoxFuture;
use passid_core::provider::query_value;

use super::{ApiError, ErrorKind, PassbaseClient};
use crate::model::{Cursor, Identity, Page, Resource};
use crate::{DecodeError, IdentityAccessKey};

/// Which page is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// How many items at most. Neither the default nor the maximum of the API is published.
    pub limit: Option<u32>,
    /// Where to go on; the first page unless set.
    pub cursor: Option<Cursor>,
}

impl PageRequest {
    /// The first page.
    pub fn first() -> Self {
        Self::default()
    }

    /// Asks for this many items at most.
    #[must_use]
    pub fn limit(mut self, items: u32) -> Self {
        self.limit = Some(items);
        self
    }

    /// Goes on from here.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// With its question mark; empty where there is nothing to say.
    pub(super) fn query(&self) -> String {
        let limit = self.limit.map(|limit| format!("limit={limit}"));
        let cursor = self.cursor.as_ref().filter(|cursor| !cursor.as_str().is_empty());
        let cursor = cursor.map(|cursor| format!("cursor={}", query_value(cursor.as_str())));
        let parts: Vec<_> = limit.into_iter().chain(cursor).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

/// Reads one page.
type ReadPage<T> =
    Box<dyn Fn(PageRequest) -> BoxFuture<'static, Result<Page<T>, ApiError>> + Send + Sync>;

/// A list as a [`Stream`] of its items; a page is read when the items of the one before are used up.
///
/// After an error it ends. A list that leads back to an earlier page, or has more than
/// [`MAX_PAGES`](Self::MAX_PAGES), ends with an error: nothing that the API says makes it endless.
pub struct Pages<T> {
    read: ReadPage<T>,
    limit: Option<u32>,
    items: VecDeque<T>,
    state: State<T>,
    seen: HashSet<Cursor>,
}

enum State<T> {
    Next(Option<Cursor>),
    Reading(BoxFuture<'static, Result<Page<T>, ApiError>>),
    Over,
}

impl<T> Pages<T> {
    /// The most pages that are read. Ours.
    pub const MAX_PAGES: usize = 10_000;

    fn new(limit: Option<u32>, read: ReadPage<T>) -> Self {
        let items = VecDeque::new();
        Self { read, limit, items, state: State::Next(None), seen: HashSet::new() }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ApiError`] when a page cannot be read. Nothing follows.
    pub async fn try_next(&mut self) -> Result<Option<T>, ApiError> {
        poll_fn(|cx| self.poll_item(cx)).await.transpose()
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, ApiError>>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match &mut self.state {
                State::Over => return Poll::Ready(None),
                State::Next(cursor) => {
                    let request = PageRequest { limit: self.limit, cursor: cursor.take() };
                    self.state = State::Reading((self.read)(request));
                }
                State::Reading(page) => {
                    let page = ready!(page.as_mut().poll(cx));
                    self.state = State::Over;
                    let page = match page {
                        Ok(page) => page,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    self.items = page.data.into();
                    if let Some(next) = page.next {
                        if self.seen.len() + 1 >= Self::MAX_PAGES || !self.seen.insert(next.clone())
                        {
                            self.items.clear();
                            let error = ApiError::new(ErrorKind::Undecodable, 1);
                            return Poll::Ready(Some(
                                Err(error.because(DecodeError::EndlessPages)),
                            ));
                        }
                        self.state = State::Next(Some(next));
                    }
                }
            }
        }
    }
}

impl<T: Unpin> Stream for Pages<T> {
    type Item = Result<T, ApiError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("read", &self.seen.len()).finish_non_exhaustive()
    }
}

impl PassbaseClient {
    /// All identities of the project, page by page; `limit` is the size of a page.
    ///
    /// ```no_run
    /// # async fn example(client: passid_passbase::PassbaseClient) -> Result<(), passid_passbase::ApiError> {
    /// let mut identities = client.all_identities(Some(100));
    /// while let Some(identity) = identities.try_next().await? {
    ///     println!("{:?}", identity.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn all_identities(&self, limit: Option<u32>) -> Pages<Identity> {
        let client = self.clone();
        Pages::new(
            limit,
            Box::new(move |request| {
                let client = client.clone();
                Box::pin(async move { client.identities(&request).await })
            }),
        )
    }

    /// All resources of an identity, page by page; `limit` is the size of a page.
    pub fn all_resources(&self, key: &IdentityAccessKey, limit: Option<u32>) -> Pages<Resource> {
        let (client, key) = (self.clone(), key.clone());
        Pages::new(
            limit,
            Box::new(move |request| {
                let (client, key) = (client.clone(), key.clone());
                Box::pin(async move { client.resources(&key, &request).await })
            }),
        )
    }
}
