//! Lists of words that the vendor may add to.

/// Declares the enum of such a list, which can be printed as on the wire.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($words:tt)+ }) => {
        passid_core::provider::open_words! { $(#[$doc])* $name { $($words)+ } }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;
