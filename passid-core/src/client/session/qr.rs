//! The QR code of a deep link (feature `qr`).

use qrcode::QrCode;
use qrcode::render::{svg, unicode};

use super::DeepLink;

/// A link does not fit into a QR code.
#[derive(Debug, thiserror::Error)]
#[error("the link cannot be drawn as a QR code; show the code of the session instead")]
pub struct QrError(#[source] qrcode::types::QrError);

impl DeepLink {
    fn qr_code(&self) -> Result<QrCode, QrError> {
        QrCode::new(self.as_str()).map_err(QrError)
    }

    /// The QR code as an SVG image, black on white, with the quiet zone around it.
    ///
    /// # Errors
    ///
    /// [`QrError`]; not for a link that this type lets come about.
    ///
    /// ```
    /// # use passid_core::DeepLink;
    /// let link = DeepLink::parse("passid://verify-request?r=req_4k9xP2&i=42")?;
    /// assert!(link.qr_svg()?.contains("<svg"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn qr_svg(&self) -> Result<String, QrError> {
        let code = self.qr_code()?;
        Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
    }

    /// The QR code as text: for a terminal with light letters on a dark ground.
    ///
    /// # Errors
    ///
    /// [`QrError`]; not for a link that this type lets come about.
    ///
    /// ```
    /// # use passid_core::DeepLink;
    /// let link = DeepLink::parse("passid://verify-request?r=req_4k9xP2&i=42")?;
    /// println!("{}", link.qr_terminal()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn qr_terminal(&self) -> Result<String, QrError> {
        let code = self.qr_code()?;
        // Light modules are drawn, dark ones are the ground.
        let drawn = code
            .render::<unicode::Dense1x2>()
            .dark_color(unicode::Dense1x2::Light)
            .light_color(unicode::Dense1x2::Dark)
            .build();
        Ok(drawn)
    }
}
