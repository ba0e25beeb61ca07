//! What the API says: identities, their resources, watchlist findings, the project's settings.
//!
//! Every property is optional in the published description, so every field can be absent. Fields that
//! this version does not know are kept in `extra`, words in the `Other` of their list. `Debug` shows
//! states and counts, and nothing of a person.

mod data_points;
mod fields;
mod identity;
mod page;
mod resource;
mod settings;
mod watchlist;

pub use data_points::DataPoints;
pub use identity::{Identity, IdentityStatus, Network, Owner};
pub use page::{Cursor, Page};
pub use resource::{
    FileType, Resource, ResourceFile, ResourceFileEntry, ResourceStatus, ResourceType,
};
pub use settings::{
    Customizations, ProjectEnvironment, ProjectSettings, StepName, VerificationStep,
};
pub use watchlist::{Listing, Media, Watchlist};

pub(crate) use fields::Fields;

/// Why an answer cannot be relied on. Names fields, never values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not one JSON object, or an object that repeats a name.
    #[error("the answer is not one well-formed JSON object without repeated names")]
    Malformed,
    /// A field has a type that was never published for it.
    #[error("the field {field} has an unexpected type")]
    WrongType {
        /// The field.
        field: &'static str,
    },
    /// A field that the answer cannot do without is missing.
    #[error("the answer lacks the field {field}")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// The answer is about another identity or resource than the one that was asked about.
    #[error("the answer is about another {what} than the one asked about")]
    Another {
        /// `identity`, `resource` or `resource file`.
        what: &'static str,
    },
    /// The content type is not one that this call can have.
    #[error("the answer has a content type that this call cannot have")]
    ContentType,
    /// Pages that lead back to an earlier page, or more of them than allowed.
    #[error("the pages lead in a circle, or are more than allowed")]
    EndlessPages,
    /// The answer, or a file, is longer than allowed.
    #[error("the answer is longer than allowed")]
    TooLong,
}
