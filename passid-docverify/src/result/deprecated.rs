//! The older shape of a result, which some tenants still get (`detailed=false`).

use serde_json::Number;

use super::{Address, DocumentType, Recommendation};
use crate::word::personal_object;

personal_object! {
    /// A result in the older shape. It has no checks, so that no claim of identity follows from it
    /// unless every check is waived.
    DeprecatedResult {
        /// The recommendation; only once the session is complete.
        recommendation: Recommendation,
        /// Texts for people, absent on `ALLOW`.
        rejection_description: Vec<String>,
        /// What was read and **not** verified; absent on `ALLOW`.
        extracted_info: DeprecatedInfo,
        /// What was verified; only on `ALLOW`.
        verified_info: DeprecatedInfo,
    }
}

personal_object! {
    /// Person and document in the older shape.
    DeprecatedInfo {
        /// The person.
        person: DeprecatedPerson,
        /// The document.
        document: DeprecatedDocument,
    }
}

personal_object! {
    /// The wanted values of what is read, for a mocked session; they are in the older shape.
    ExtractedDetails {
        /// The person.
        person_details: DeprecatedPerson,
        /// The document.
        document_details: DeprecatedDocument,
    }
}

personal_object! {
    /// A person in the older shape.
    DeprecatedPerson {
        /// The given name.
        given_name: String,
        /// The surname.
        surname: String,
        /// The whole name.
        full_name: String,
        /// The gender: free text, such as `F`.
        gender: String,
        /// The age in years **today**, unlike that of [`Person`](super::Person).
        age: Number,
        /// The date of birth, as it came.
        date_of_birth: String,
        /// The address.
        address: Address,
    }
}

personal_object! {
    /// A document in the older shape.
    DeprecatedDocument {
        /// Its kind: `type` on the wire.
        #[serde(rename = "type")]
        kind: DocumentType,
        /// ISO 3166 alpha-3.
        country: String,
        /// The region, such as `ny`.
        region: String,
        /// When it was issued, as it came.
        issue_date: String,
        /// When it ends, as it came.
        valid_until: String,
        /// Identifies the physical document.
        document_serial_number: String,
        /// The number.
        id_value: String,
        /// The given name on it.
        given_name: String,
        /// The surname on it.
        surname: String,
        /// The whole name on it.
        full_name: String,
        /// The date of birth on it.
        date_of_birth: String,
    }
}
