//! What the risk service saw.

use super::DeviceType;
use crate::word::personal_object;

personal_object! {
    /// What the risk service saw, where a session had it: for people, no claim rests on it.
    RiskDetails {
        /// The verdict as a whole.
        general: RiskGeneral,
        /// The device.
        device: RiskDevice,
        /// The network.
        network: RiskNetwork,
        /// Free words, such as `DEVICE_SPOOFED_BY_USERAGENT`.
        recommendation_reasons: Vec<String>,
    }
}

personal_object! {
    /// The verdict of the risk service.
    RiskGeneral {
        /// Names this verdict towards the vendor.
        correlation_id: String,
        /// What the person did, such as `identity_verification`.
        action_type: String,
        /// Free text, such as `rejected`: not a [`Recommendation`](super::Recommendation).
        recommendation: String,
        /// The score, such as 94.6.
        risk_score: f64,
    }
}

personal_object! {
    /// The device that took the images.
    RiskDevice {
        /// The operating system.
        os: String,
        /// The browser.
        browser: String,
        /// The id of the device.
        device_id: String,
        /// Its fingerprint.
        device_fingerprint: String,
        /// Its kind.
        device_type: DeviceType,
        /// Its model.
        device_model: String,
        /// The time on it, in milliseconds since 1970.
        device_timestamp: i64,
        /// Its time zone.
        timezone: String,
        /// A private window.
        incognito: bool,
        /// Tampered with.
        tampered: bool,
        /// Emulated.
        emulated: bool,
        /// Pretends to be another.
        spoofed: bool,
        /// Has an eSIM.
        esim: bool,
    }
}

personal_object! {
    /// The network that the images came from.
    RiskNetwork {
        /// The country.
        network_country: String,
        /// The address.
        ip_address: String,
        /// The kind of address, such as `hosting`.
        ip_type: String,
        /// Who owns the address.
        ip_organization: String,
        /// The time zone.
        timezone: String,
        /// Through a VPN.
        vpn: bool,
        /// Through Tor.
        tor: bool,
        /// Through a proxy.
        proxy: bool,
        /// Through an anonymiser.
        anonymizer: bool,
    }
}
