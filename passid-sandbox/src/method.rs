//! The methods that the sandbox speaks of. Any other is not repeated: a method is a text of the
//! client, and may hold anything.

const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What a method that is none of these is called.
pub(crate) const OTHER: &str = "OTHER";

/// The method of this name, in any case.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}
