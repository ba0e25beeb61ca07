/// Declares an enum of the words of a provider that are published, open for those that are not. A word
/// counts in the provider's own spelling only.
///
/// `Debug` hides a word that is not known: a careless or hostile server could put anything there.
///
/// ```
/// passid_core::provider::open_words! {
///     /// How far a verification is.
///     Status {
///         /// Begun.
///         Created = "created",
///         /// Accepted.
///         Approved = "approved",
///     }
/// }
///
/// assert_eq!(Status::from("approved"), Status::Approved);
/// assert_eq!(Status::KNOWN.len(), 2);
/// let odd = Status::from("Approved");
/// assert_eq!((odd.as_str(), odd.is_known()), ("Approved", false));
/// assert_eq!(format!("{odd:?} {:?}", Status::Created), "Other(redacted) Created");
/// ```
#[macro_export]
macro_rules! __open_words {
    (
        $(#[$enum_doc:meta])*
        $name:ident { $( $(#[$doc:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])* $variant, )+
            /// A word that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// Every word that this version knows, in the order of the reference.
            pub const KNOWN: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Other(word) => word,
                }
            }

            /// Whether this version knows the word.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $( Self::$variant => stringify!($variant), )+
                    Self::Other(_) => "Other(redacted)",
                })
            }
        }
    };
}
