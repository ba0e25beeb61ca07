use std::fmt;
use std::str::FromStr;

/// Declares the id of something that is named in the path of a request.
macro_rules! path_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The longest id, in bytes. Ours; the printed ones have 17.
            pub const MAX_LEN: usize = 128;

            /// Takes an id. Its form is not published, so that any printable ASCII text without white
            /// space is one, save `.` and `..`, which would leave their place in an address.
            ///
            /// # Errors
            ///
            /// [`IdError`] for any other text.
            pub fn parse(id: impl Into<String>) -> Result<Self, IdError> {
                let id = id.into();
                if is_id(&id, Self::MAX_LEN) { Ok(Self(id)) } else { Err(IdError) }
            }

            /// The id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Self::parse(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

path_id! {
    /// The id of a verification session, such as `H1I12oskjzsdhskj4`. It stands in the callback's
    /// address, so it is no secret, and it proves nothing about who presents it.
    ///
    /// ```
    /// use passid_docverify::SessionId;
    ///
    /// assert_eq!(SessionId::parse("H1I12oskjzsdhskj4")?.as_str(), "H1I12oskjzsdhskj4");
    /// assert!(SessionId::parse("..").is_err());
    /// # Ok::<(), passid_docverify::IdError>(())
    /// ```
    SessionId
}

path_id! {
    /// The id of one image of a session.
    ImageId
}

fn is_id(id: &str, longest: usize) -> bool {
    let fits = (1..=longest).contains(&id.len());
    let stays = !matches!(id, "." | "..");
    fits && stays && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an id has 1 to {} printable ASCII characters without white space, and is neither . nor ..",
    SessionId::MAX_LEN
)]
pub struct IdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_in_its_place_and_within_its_bound() {
        for fine in ["H1I12oskjzsdhskj4", "a/b?c#d%2e", "...", &"x".repeat(128)] {
            assert_eq!(SessionId::parse(fine).unwrap().as_str(), fine);
        }
        for refused in ["", ".", "..", "a b", "a\n", "é", &"x".repeat(129)] {
            assert!(SessionId::parse(refused).is_err() && ImageId::parse(refused).is_err());
        }
    }
}
