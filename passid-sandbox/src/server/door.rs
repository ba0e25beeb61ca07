use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::pause;

const BACKLOG: u32 = 1_024;
/// Between two tries to get the port back.
const RETRY: Duration = Duration::from_millis(20);

/// The listening socket, which a fault can take away for a while.
///
/// It lies behind a lock and not with the task that accepts, so that it is really gone when the call
/// that injects the fault returns.
#[derive(Debug, Default)]
pub(crate) struct Door {
    place: Mutex<Option<Place>>,
    /// Wakes the task that accepts: its listener may be another one now, or none.
    moved: watch::Sender<()>,
    /// Tells the connections to end as soon as no call is in progress.
    hang_up: watch::Sender<()>,
}

/// Where a sandbox listens; from its start to its end.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    runtime: Handle,
    gate: Gate,
}

type Accepted = (TcpStream, watch::Receiver<()>);

#[derive(Debug)]
enum Gate {
    Open(TcpListener),
    Refusing {
        /// Bound, but not listening: the system refuses connections to it, and gives its port to
        /// nobody else. `None` when the port could not be had at once.
        held: Option<TcpSocket>,
        wait: Duration,
    },
}

impl Door {
    /// Takes over the listener of a sandbox that starts.
    pub(super) fn open(&self, listener: TcpListener, address: SocketAddr) {
        let gate = Gate::Open(listener);
        *self.lock() = Some(Place { address, runtime: Handle::current(), gate });
        self.moved.send_replace(());
    }

    /// Takes no further connection, for good. Those that are open end after their call.
    pub(super) fn close(&self) {
        *self.lock() = None;
        self.moved.send_replace(());
        self.hang_up.send_replace(());
    }

    /// From now on connections are refused, for so long.
    pub(crate) fn refuse_for(&self, wait: Duration) {
        let mut place = self.lock();
        let Some(place) = place.as_mut() else { return };
        let held = match std::mem::replace(&mut place.gate, Gate::Refusing { held: None, wait }) {
            Gate::Refusing { held, .. } => held,
            Gate::Open(listener) => {
                drop(listener);
                hold(place.address)
            }
        };
        place.gate = Gate::Refusing { held, wait };
        self.moved.send_replace(());
        self.hang_up.send_replace(());
    }

    /// Takes connections again, if they are refused.
    pub(crate) fn end_refusal(&self) {
        if let Some(place) = self.lock().as_mut() {
            place.listen_again();
        }
        self.moved.send_replace(());
    }

    /// The next connection, and what changes when it should end. Waits while connections are
    /// refused, and for ever once it is closed.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        let mut moved = self.moved.subscribe();
        loop {
            let refused_for = match self.lock().as_ref().map(|place| &place.gate) {
                Some(Gate::Refusing { wait, .. }) => Some(*wait),
                _ => None,
            };
            // A wake-up after this line is not lost: the receiver is older than the look.
            let ended = async {
                match refused_for {
                    Some(wait) => {
                        pause(wait).await;
                        None
                    }
                    None => Some(poll_fn(|context| self.poll_accept(context)).await),
                }
            };
            tokio::select! {
                accepted = ended => match accepted {
                    Some(accepted) => return accepted,
                    None => self.end_refusal(),
                },
                _ = moved.changed() => {}
            }
        }
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        match self.lock().as_ref().map(|place| &place.gate) {
            // Subscribed under the lock: a connection is either older than a refusal, and hears of
            // it, or is not there.
            Some(Gate::Open(listener)) => listener
                .poll_accept(context)
                .map_ok(|(stream, _)| (stream, self.hang_up.subscribe())),
            _ => Poll::Pending,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Tries to; a failure leaves it refusing, with another try soon.
    fn listen_again(&mut self) {
        let Gate::Refusing { held, .. } = &mut self.gate else { return };
        let held = held.take().or_else(|| hold(self.address));
        let _in_runtime = self.runtime.enter();
        self.gate = match held.map(|socket| socket.listen(BACKLOG)) {
            Some(Ok(listener)) => Gate::Open(listener),
            Some(Err(error)) => {
                tracing::warn!(%error, "the port is not free yet");
                Gate::Refusing { held: None, wait: RETRY }
            }
            None => Gate::Refusing { held: None, wait: RETRY },
        };
    }
}

/// Binds without listening. Connections that ended a moment ago must not keep the port from us,
/// hence the reuse; there is nobody to tell of a failure, because it is tried again.
fn hold(address: SocketAddr) -> Option<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }
    .ok()?;
    // Elsewhere the option means that two programs may share a port.
    #[cfg(unix)]
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpListener as StdListener;

    use super::*;

    async fn open_door() -> (Door, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door::default();
        door.open(listener, address);
        (door, address)
    }

    async fn refused(address: SocketAddr) -> bool {
        match TcpStream::connect(address).await {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                true
            }
        }
    }

    #[tokio::test]
    async fn connections_are_refused_at_once_and_until_told_otherwise() {
        let (door, address) = open_door().await;
        assert!(!refused(address).await);
        door.refuse_for(Duration::from_secs(60));
        assert!(refused(address).await);
        door.end_refusal();
        assert!(!refused(address).await);
        door.accept().await.unwrap();
        door.close();
        assert!(refused(address).await);
        door.end_refusal();
        assert!(refused(address).await, "what is closed stays closed");
    }

    #[tokio::test]
    async fn a_port_that_somebody_else_has_is_tried_again() {
        let (door, address) = open_door().await;
        door.refuse_for(Duration::ZERO);
        let other = StdListener::bind(address).unwrap();
        door.end_refusal();
        drop(other);
        let (accepted, connected) = tokio::join!(door.accept(), async {
            while refused(address).await {
                tokio::task::yield_now().await;
            }
        });
        accepted.unwrap();
        let () = connected;
    }

    #[tokio::test]
    async fn a_waiting_accept_finds_the_listener_that_came_back() {
        let (door, address) = open_door().await;
        let accepting = door.accept();
        let refusing = async {
            door.refuse_for(Duration::from_millis(20));
            while refused(address).await {
                tokio::task::yield_now().await;
            }
        };
        let (accepted, ()) = tokio::join!(accepting, refusing);
        accepted.unwrap();
    }
}
