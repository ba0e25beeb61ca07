//! What was read of the person.

use serde_json::Number;

use super::Gender;
use crate::word::personal_object;

personal_object! {
    /// The person, as read from the document. Verified only when the recommendation is `ALLOW`.
    Person {
        /// The whole name.
        full_name: String,
        /// The given name.
        given_name: String,
        /// The surname.
        surname: String,
        /// The gender.
        gender: Gender,
        /// The national number of the person.
        national_id: String,
        /// The date of birth, ISO 8601, as it came: a full timestamp in the published example.
        date_of_birth: String,
        /// The age in years when the session was created.
        age: Number,
    }
}

personal_object! {
    /// What else was read.
    AdditionalInfo {
        /// The address.
        address: Address,
        /// Citizenship and residence.
        national_status: NationalStatus,
        /// The employment.
        employment: Employment,
    }
}

personal_object! {
    /// An address. Mind that the country has three letters here, and two in a
    /// [`Document`](super::Document).
    Address {
        /// ISO 3166 alpha-3, such as `USA`.
        country: String,
        /// The region.
        region: String,
        /// The city.
        city: String,
        /// The street.
        street: String,
        /// The number of the house.
        house_number: String,
        /// The number of the apartment.
        apartment_number: String,
        /// The post code.
        postcode: String,
        /// All of it in one text.
        full_address: String,
    }
}

personal_object! {
    /// Citizenship and residence.
    NationalStatus {
        /// A citizen of the document's country.
        citizen: bool,
        /// A resident of the document's country.
        resident: bool,
    }
}

personal_object! {
    /// The employment.
    Employment {
        /// The profession.
        profession: String,
    }
}
