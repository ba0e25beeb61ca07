//! The words of a result: status, recommendations, kinds.

use crate::word::open_enum;

open_enum! {
    /// Where a session is.
    SessionStatus {
        /// Created, and not started.
        Pending = "pending",
        /// Started: images are being taken.
        Capturing = "capturing",
        /// All images are in and being looked at.
        Processing = "processing",
        /// The person has to take images again. The API does not tell a backend why.
        Recapture = "recapture",
        /// Over, with a recommendation.
        Complete = "complete",
        /// Over, without one.
        Error = "error",
        /// Over, because it was not finished in time. Published for the front end's endpoint only.
        Expired = "expired",
    }
}

impl SessionStatus {
    /// Whether the session is over: it never gets another status. One that is not known is not taken
    /// for an end.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Complete | Self::Error | Self::Expired)
    }
}

open_enum! {
    /// What the API recommends to do with the person's application.
    Recommendation {
        /// Completed successfully: what was read from the document counts as verified.
        Allow = "ALLOW",
        /// A check did not pass: what was read is not verified, a person has to look at it.
        Challenge = "CHALLENGE",
        /// High likelihood of attempted fraud.
        Deny = "DENY",
    }
}

open_enum! {
    /// What one check came to.
    CheckRecommendation {
        /// It passed.
        Allow = "ALLOW",
        /// It did not pass; a person has to look at it.
        Challenge = "CHALLENGE",
        /// It speaks for fraud.
        Deny = "DENY",
        /// It was not made. Never a pass.
        NotApplicable = "N/A",
    }
}

open_enum! {
    /// The kind of a document.
    DocumentType {
        /// `national_id`
        NationalId = "national_id",
        /// `drivers_license`
        DriversLicense = "drivers_license",
        /// `passport`
        Passport = "passport",
        /// `residence_permit`
        ResidencePermit = "residence_permit",
        /// `visa`
        Visa = "visa",
        /// `firearm_license`
        FirearmLicense = "firearm_license",
        /// `criminal_police_certificate`
        CriminalPoliceCertificate = "criminal_police_certificate",
        /// `health_card`
        HealthCard = "health_card",
        /// `membership_card`
        MembershipCard = "membership_card",
        /// `postal`
        Postal = "postal",
        /// `social_security_card`
        SocialSecurityCard = "social_security_card",
        /// `voter_card`
        VoterCard = "voter_card",
        /// `professional_id`
        ProfessionalId = "professional_id",
        /// `other`: the API's own word, not one that is unknown.
        OtherKind = "other",
    }
}

open_enum! {
    /// A gender, as read from a document.
    Gender {
        /// `male`
        Male = "male",
        /// `female`
        Female = "female",
        /// `other`: the API's own word, not one that is unknown.
        OtherGender = "other",
    }
}

open_enum! {
    /// What an image shows.
    ImageType {
        /// The front of the document.
        DocumentFront = "document_front",
        /// The back of the document.
        DocumentBack = "document_back",
        /// The person.
        Selfie = "selfie",
    }
}

open_enum! {
    /// The kind of device that took the images.
    DeviceType {
        /// `mobile`
        Mobile = "mobile",
        /// `desktop`
        Desktop = "desktop",
    }
}
