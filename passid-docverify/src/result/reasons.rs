//! The reasons of the checks of documents, faces and identities.

use crate::word::open_enum;

open_enum! {
    /// Why the data of a document was not found valid.
    DocumentValidationReason {
        /// `data_extraction_failed`
        DataExtractionFailed = "data_extraction_failed",
        /// `data_validation_failed`
        DataValidationFailed = "data_validation_failed",
        /// `data_comparison_failed`
        DataComparisonFailed = "data_comparison_failed",
        /// `mrz_check_digits_invalid`
        MrzCheckDigitsInvalid = "mrz_check_digits_invalid",
    }
}

open_enum! {
    /// Why a document was not found authentic.
    DocumentAuthenticationReason {
        /// `face_tampering`
        FaceTampering = "face_tampering",
        /// `face_not_found`
        FaceNotFound = "face_not_found",
        /// `missing_security_features`
        MissingSecurityFeatures = "missing_security_features",
        /// `document_tampering`
        DocumentTampering = "document_tampering",
        /// `document_text_tampering`
        DocumentTextTampering = "document_text_tampering",
        /// `wrong_font`
        WrongFont = "wrong_font",
        /// `document_damaged`
        DocumentDamaged = "document_damaged",
        /// `document_template_mismatch`
        DocumentTemplateMismatch = "document_template_mismatch",
    }
}

open_enum! {
    /// Why a document was not found to be there in the original.
    DocumentLivenessReason {
        /// `presentation_attack`
        PresentationAttack = "presentation_attack",
    }
}

open_enum! {
    /// Why the selfie was not found to match the portrait.
    BiometricMatchingReason {
        /// `biometric_mismatch`
        BiometricMismatch = "biometric_mismatch",
        /// `age_mismatch`
        AgeMismatch = "age_mismatch",
        /// `gender_mismatch`
        GenderMismatch = "gender_mismatch",
    }
}

open_enum! {
    /// Why the person was not found to be there alive.
    BiometricLivenessReason {
        /// `screen_capture`
        ScreenCapture = "screen_capture",
        /// `printed_copy_capture`
        PrintedCopyCapture = "printed_copy_capture",
        /// `printed_cutout`
        PrintedCutout = "printed_cutout",
        /// `mask_detected`
        MaskDetected = "mask_detected",
        /// `injection_attack_detected`
        InjectionAttackDetected = "injection_attack_detected",
        /// `selfie_liveness_attack`
        SelfieLivenessAttack = "selfie_liveness_attack",
        /// `multiple_faces_detected`
        MultipleFacesDetected = "multiple_faces_detected",
    }
}

open_enum! {
    /// What earlier sessions say against the identity.
    FlaggedIdentityReason {
        /// `multiple_same_identity_attempts`
        MultipleSameIdentityAttempts = "multiple_same_identity_attempts",
        /// `previous_document_fraud`
        PreviousDocumentFraud = "previous_document_fraud",
        /// `previous_face_fraud`
        PreviousFaceFraud = "previous_face_fraud",
    }
}
