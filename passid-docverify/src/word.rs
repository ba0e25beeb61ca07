//! The API's words: lists that are complete as of the reference, and open for what comes later.

/// Declares the enum of such a list, which stands in JSON as its word (decision P91).
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($words:tt)+ }) => {
        passid_core::provider::open_words! { $(#[$doc])* $name { $($words)+ } }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(&*word))
            }
        }
    };
}

/// Declares an object of an answer whose fields are all optional. What is not known is kept, and
/// `Debug` names the fields that are present and never their values: they are personal.
macro_rules! personal_object {
    (
        $(#[$doc:meta])*
        $name:ident { $( $(#[$field_doc:meta])* $field:ident: $type:ty, )+ }
    ) => {
        $(#[$doc])*
        ///
        /// `Debug` names the fields that are present and never their values.
        #[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )+
            /// Fields that this version does not know, as they came.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let fields = [$( (stringify!($field), self.$field.is_some()) ),+];
                let present: Vec<_> =
                    fields.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect();
                f.debug_struct(stringify!($name))
                    .field("present", &present)
                    .field("unknown", &self.extra.len())
                    .finish()
            }
        }
    };
}

pub(crate) use {open_enum, personal_object};
