//! The OpenAPI 3.1 document of everything that is served. It is put together from the handlers
//! themselves: a route that is not in the document cannot be reached.

use std::sync::{Arc, LazyLock};

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::state::State;
use crate::{api, control};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "passid-sandbox",
        description = "The PASSID API as its public guide describes it, the Passbase API and \
                       the Document Verification API by their published schemas, and the sandbox's own control API. What no page states \
                       is decided by the sandbox; /_passid/assumptions lists it."
    ),
    tags(
        (name = "verifier", description = "For institutions."),
        (name = "wallet", description = "For customers."),
        (name = "passbase", description = "Another vendor's API: identities of Passbase."),
        (name = "docverify", description = "Another vendor's API: Document Verification."),
        (name = "control", description = "For tests. None of it is PASSID's."),
    ),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = ApiKey::Header(ApiKeyValue::new("X-Institution-Key"));
        components.add_security_scheme("institution_key", SecurityScheme::ApiKey(key));
        let key = ApiKey::Header(ApiKeyValue::new("X-API-KEY"));
        components.add_security_scheme("passbase_key", SecurityScheme::ApiKey(key));
        for name in ["institution_jwt", "user_jwt", "docverify_token"] {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            components.add_security_scheme(name, SecurityScheme::Http(bearer.build()));
        }
    }
}

/// The document as JSON.
pub(crate) fn json() -> &'static str {
    static DOCUMENT: LazyLock<String> =
        LazyLock::new(|| routes().into_openapi().to_json().unwrap_or_default());
    &DOCUMENT
}

/// Every route, and what the document says of it.
pub(crate) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(api::routes()).merge(control::routes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn described(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                described(&path, names);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            for (_, item) in text.match_indices("ToSchema)]\n").map(|(at, _)| text.split_at(at)) {
                let words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
                let mut names_of_types =
                    words.skip_while(|word| !["struct", "enum"].contains(word));
                names.extend(names_of_types.nth(1).map(str::to_owned));
            }
        }
    }

    /// The document names shapes by their types; two types of one name would be one shape.
    #[test]
    fn no_two_described_types_have_the_same_name() {
        let mut names = Vec::new();
        described(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
        let distinct: BTreeSet<_> = names.iter().cloned().collect();
        names.sort();
        assert!(names.len() > 30, "{names:?}");
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }
}
