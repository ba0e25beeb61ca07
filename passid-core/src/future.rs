use std::future::Future;
use std::pin::Pin;

/// A boxed future that can move between threads: what the seams ([`Verify`](crate::Verify),
/// [`Transport`](crate::client::Transport), [`Clock`](crate::Clock)) return, so that each works as
/// a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
