use serde::{Deserialize, Serialize};

/// A real number of a fault, as it was given. Whether it makes sense is looked at when the fault is
/// injected, like everything else about one.
///
/// Two are equal when their bits are, so that faults can be compared.
///
/// ```
/// use passid_sandbox::Real;
///
/// assert_eq!(Real::from(0.5).get(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Real(f64);

impl Real {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl From<f64> for Real {
    fn from(number: f64) -> Self {
        Self(number)
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}
