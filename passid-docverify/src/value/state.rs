use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// The opaque text that goes out with a session and comes back with its callback: `state`.
///
/// It must be unique for each session and known to nobody but the person's own browser, which proves
/// with it that the callback is theirs. Compared in constant time.
#[derive(Clone)]
pub struct CallbackState(SecretString);

impl CallbackState {
    /// The shortest state that is taken, in bytes. Ours: a state that can be guessed binds nothing.
    pub const MIN_LEN: usize = 16;
    /// The longest state that is taken, in bytes. Ours.
    pub const MAX_LEN: usize = 256;

    /// A new one: 256 random bits in hexadecimal, from the operating system. Not from the injected
    /// `Entropy`, which guards no secret: a state that can be foretold binds nothing.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] where the operating system has none to give.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(hex.into()))
    }

    /// Takes a state that was made elsewhere.
    ///
    /// # Errors
    ///
    /// [`CallbackStateError`] unless it has 16 to 256 letters, digits, `-` and `_`.
    pub fn parse(state: &str) -> Result<Self, CallbackStateError> {
        let fits = (Self::MIN_LEN..=Self::MAX_LEN).contains(&state.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if fits && state.bytes().all(plain) {
            Ok(Self(state.into()))
        } else {
            Err(CallbackStateError)
        }
    }

    /// The state itself, for the places that send or keep it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for CallbackState {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for CallbackState {}

impl fmt::Debug for CallbackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackState(redacted)")
    }
}

/// A text is no state of a callback. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the state must have {} to {} letters, digits, hyphens or underscores",
    CallbackState::MIN_LEN,
    CallbackState::MAX_LEN
)]
pub struct CallbackStateError;

/// The operating system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system has no random numbers to give; try again")]
pub struct NoRandomness;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_state_is_a_state_and_no_two_are_the_same() {
        let (one, two) = (CallbackState::random().unwrap(), CallbackState::random().unwrap());
        assert_eq!(CallbackState::parse(one.expose()).unwrap(), one);
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 64);
    }

    #[test]
    fn a_state_that_can_be_guessed_or_leaves_its_place_is_refused() {
        for refused in ["", "short", "0123456789abcde", "0123456789abcdef.", "0123456789abcde&x=y"]
        {
            assert!(CallbackState::parse(refused).is_err(), "{refused}");
        }
        assert!(CallbackState::parse(&"x".repeat(257)).is_err());
    }
}
