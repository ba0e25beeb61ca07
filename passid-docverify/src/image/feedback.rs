//! What the API says of an image that was added.

use crate::word::open_enum;

open_enum! {
    /// What the API says of an image that was added.
    Feedback {
        /// `ok`
        Ok = "ok",
        /// `other`
        OtherFeedback = "other",
        /// `document_not_found`
        DocumentNotFound = "document_not_found",
        /// `face_not_found`
        FaceNotFound = "face_not_found",
        /// `document_face_not_found`
        DocumentFaceNotFound = "document_face_not_found",
        /// `obstructed`
        Obstructed = "obstructed",
        /// `blur`
        Blur = "blur",
        /// `glare`
        Glare = "glare",
        /// `document_not_supported`
        DocumentNotSupported = "document_not_supported",
        /// `document_not_matching`
        DocumentNotMatching = "document_not_matching",
        /// `wrong_document_side`
        WrongDocumentSide = "wrong_document_side",
        /// `multi_face`
        MultiFace = "multi_face",
        /// `face_rotated`
        FaceRotated = "face_rotated",
        /// `face_too_small`
        FaceTooSmall = "face_too_small",
        /// `face_too_close`
        FaceTooClose = "face_too_close",
        /// `closed_eyes`
        ClosedEyes = "closed_eyes",
        /// `face_angle_too_large`
        FaceAngleTooLarge = "face_angle_too_large",
        /// `face_close_to_border`
        FaceCloseToBorder = "face_close_to_border",
        /// `face_occluded`
        FaceOccluded = "face_occluded",
        /// `face_cropped`
        FaceCropped = "face_cropped",
        /// `barcode_not_found`
        BarcodeNotFound = "barcode_not_found",
        /// `glare_selfie`
        GlareSelfie = "glare_selfie",
        /// `blur_selfie`
        BlurSelfie = "blur_selfie",
        /// `restricted_criteria`: a rule of the portal; its text comes as custom feedback.
        RestrictedCriteria = "restricted_criteria",
        /// `unclassifiable`; published by the vendor's own front end only.
        Unclassifiable = "unclassifiable",
    }
}

impl Feedback {
    /// Whether the image was taken.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }
}
