//! A session from its creation to the token that a caller presents.

mod callback;
mod created;
mod durable;
mod flow;
mod new;
mod record;
mod token;

pub use callback::{Callback, CallbackError};
pub(crate) use created::CreateAnswer;
pub use created::CreatedSession;
pub use durable::DurableSessionRecords;
pub use flow::{FlowError, SessionFlow};
pub use new::{CustomerInformation, MockBehavior, NewSession};
pub use record::{MemorySessionRecords, RecordsError, SessionRecord, SessionRecords, Sighting};
pub use token::{SessionToken, SessionTokenError};
