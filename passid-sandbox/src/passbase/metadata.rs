//! Metadata as the button is given it: JSON under RSA's private-key operation, in base64, opened with the
//! project's public key as the vendor does.
//!
//! Only public numbers are worked with, so nothing here needs to take the same time for all of them.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Of 64 bits each: 4096 bits, as the vendor asks for.
const LIMBS: usize = 64;
const BYTES: usize = LIMBS * 8;
const MAX_PEM_BYTES: usize = 4_096;
/// `rsaEncryption` with its absent parameters.
const ALGORITHM: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// The lowest first.
type Number = [u64; LIMBS];

/// A public key of 4096 bits.
#[derive(Clone, Debug)]
pub(crate) struct MetadataKey {
    modulus: Number,
    exponent: u64,
}

impl MetadataKey {
    /// Reads `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`. `None` for whatever is no key of 4096 bits.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        if pem.len() > MAX_PEM_BYTES {
            return None;
        }
        let mut lines = pem.trim().lines();
        let wrapped = match lines.next()?.trim() {
            "-----BEGIN PUBLIC KEY-----" => true,
            "-----BEGIN RSA PUBLIC KEY-----" => false,
            _ => return None,
        };
        let base64: String =
            lines.take_while(|line| !line.starts_with('-')).map(str::trim).collect();
        let der = STANDARD.decode(base64).ok()?;
        if wrapped { Self::from_wrapped(&der) } else { Self::from_numbers(&der) }
    }

    fn from_wrapped(der: &[u8]) -> Option<Self> {
        let (content, []) = element(0x30, der)? else { return None };
        let (bits, []) = element(0x03, content.strip_prefix(ALGORITHM)?)? else { return None };
        Self::from_numbers(bits.strip_prefix(&[0])?)
    }

    fn from_numbers(der: &[u8]) -> Option<Self> {
        let (content, []) = element(0x30, der)? else { return None };
        let (modulus, content) = element(0x02, content)?;
        let (exponent, []) = element(0x02, content)? else { return None };
        // The highest bit is set, and is no sign.
        let modulus = number(modulus.strip_prefix(&[0])?)?;
        let odd = modulus.first().is_some_and(|low| low % 2 == 1);
        let full = modulus.last().is_some_and(|high| high.leading_zeros() == 0);
        let exponent = exponent.iter().try_fold(0_u64, |value, byte| {
            Some(value.checked_mul(256)?.saturating_add(u64::from(*byte)))
        })?;
        (odd && full && exponent > 1).then_some(Self { modulus, exponent })
    }

    /// What was signed, if it is a JSON object and this key's private half has signed it.
    pub(crate) fn open(&self, signed: &str) -> Option<Value> {
        let signed = number(&STANDARD.decode(signed.trim()).ok()?)?;
        if compared(&signed, &self.modulus) != Ordering::Less {
            return None;
        }
        let block: Vec<u8> =
            self.raised(&signed).iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
        // PKCS#1 v1.5, block type 1.
        let padded = block.strip_prefix(b"\x00\x01")?;
        let end = padded.iter().position(|byte| *byte != 0xff).filter(|end| *end >= 8)?;
        let json = padded.get(end..)?.strip_prefix(b"\x00")?;
        serde_json::from_slice(json).ok().filter(Value::is_object)
    }

    /// `base` to the power of the exponent, by Montgomery's method.
    fn raised(&self, base: &Number) -> Number {
        let mut one = [0; LIMBS];
        if let Some(low) = one.first_mut() {
            *low = 1;
        }
        // The square of 2^4096, from 1 by doubling.
        let square = (0..2 * 64 * LIMBS).fold(one, |value, _| self.doubled(&value));
        let base = self.multiplied(base, &square);
        let bits = (0..u64::BITS - self.exponent.leading_zeros()).rev();
        let power = bits.fold(self.multiplied(&one, &square), |power, bit| {
            let squared = self.multiplied(&power, &power);
            if self.exponent >> bit & 1 == 1 { self.multiplied(&squared, &base) } else { squared }
        });
        self.multiplied(&power, &one)
    }

    fn doubled(&self, value: &Number) -> Number {
        let mut high = 0;
        let mut doubled = *value;
        for limb in &mut doubled {
            let next = *limb >> 63;
            *limb = *limb << 1 | high;
            high = next;
        }
        self.reduced(doubled, high)
    }

    /// The product divided by 2^4096.
    fn multiplied(&self, one: &Number, other: &Number) -> Number {
        let inverse = self.inverse();
        let (mut sum, mut top) = ([0; LIMBS], 0);
        for factor in other {
            let carry = add_product(&mut sum, one, *factor);
            let (high, over) = split(u128::from(top) + u128::from(carry));
            let cancelling = sum.first().copied().unwrap_or_default().wrapping_mul(inverse);
            let carry = add_product(&mut sum, &self.modulus, cancelling);
            // The lowest limb is 0 now.
            sum.rotate_left(1);
            let (last, more) = split(u128::from(high) + u128::from(carry));
            if let Some(limb) = sum.last_mut() {
                *limb = last;
            }
            top = over.saturating_add(more);
        }
        self.reduced(sum, top)
    }

    /// What to multiply the modulus by so that its lowest limb becomes that of -1.
    fn inverse(&self) -> u64 {
        let low = self.modulus.first().copied().unwrap_or(1);
        // Newton: each step doubles the bits that are right, of which there are three.
        let inverse = (0..5)
            .fold(low, |known, _| known.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(known))));
        inverse.wrapping_neg()
    }

    /// Less than the modulus, from less than twice of it.
    fn reduced(&self, mut value: Number, high: u64) -> Number {
        if high == 0 && compared(&value, &self.modulus) == Ordering::Less {
            return value;
        }
        let mut borrowed = false;
        for (limb, less) in value.iter_mut().zip(&self.modulus) {
            let (difference, first) = limb.overflowing_sub(*less);
            let (difference, second) = difference.overflowing_sub(u64::from(borrowed));
            *limb = difference;
            borrowed = first || second;
        }
        value
    }
}

/// Adds a number times a factor, and gives what is beyond the highest limb.
fn add_product(sum: &mut Number, number: &Number, factor: u64) -> u64 {
    let mut carry = 0;
    for (limb, other) in sum.iter_mut().zip(number) {
        let product = u128::from(*other) * u128::from(factor);
        (*limb, carry) = split(product + u128::from(*limb) + u128::from(carry));
    }
    carry
}

/// The lower and the higher half.
fn split(value: u128) -> (u64, u64) {
    let low = value & u128::from(u64::MAX);
    let half = |part| u64::try_from(part).unwrap_or_default();
    (half(low), half(value >> 64))
}

fn compared(one: &Number, other: &Number) -> Ordering {
    one.iter().rev().cmp(other.iter().rev())
}

/// From exactly 512 bytes, the highest first.
fn number(bytes: &[u8]) -> Option<Number> {
    if bytes.len() != BYTES {
        return None;
    }
    let mut number = [0; LIMBS];
    for (limb, bytes) in number.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = u64::from_be_bytes(bytes.try_into().ok()?);
    }
    Some(number)
}

/// The content of the DER element that comes first, which has this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if *first == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PUBLIC: &str = include_str!("../../tests/vectors/metadata_public_key.pem");
    const PUBLIC_PKCS1: &str = include_str!("../../tests/vectors/metadata_public_key_pkcs1.pem");
    const SHORT: &str = include_str!("../../tests/vectors/short_public_key.pem");
    /// By openssl, with the private half.
    const SIGNED: &str = include_str!("../../tests/vectors/metadata_signed.txt");

    #[test]
    fn what_openssl_signed_is_opened() {
        for pem in [PUBLIC, PUBLIC_PKCS1] {
            let opened = MetadataKey::from_pem(pem).unwrap().open(SIGNED);
            let said = json!({"passid": {"nonce_sha256": "abc", "user": "user-42"}});
            assert_eq!(opened, Some(said));
        }
    }

    #[test]
    fn nothing_else_is() {
        let key = MetadataKey::from_pem(PUBLIC).unwrap();
        let mut bytes = STANDARD.decode(SIGNED.trim()).unwrap();
        bytes[100] ^= 1;
        for wrong in [
            STANDARD.encode(&bytes),
            STANDARD.encode([0; BYTES]),
            STANDARD.encode([0xff; BYTES]),
            STANDARD.encode(&bytes[1..]),
            SIGNED.trim()[4..].to_owned(),
            r#"{"passid":{}}"#.to_owned(),
            String::new(),
        ] {
            assert_eq!(key.open(&wrong), None, "{wrong:.20}");
        }
    }

    #[test]
    fn only_a_public_key_of_4096_bits_is_one() {
        assert!(MetadataKey::from_pem(SHORT).is_none());
        let lines: Vec<_> = PUBLIC.lines().collect();
        for cut in 0..lines.len() - 1 {
            assert!(MetadataKey::from_pem(&lines[..cut].join("\n")).is_none(), "{cut}");
        }
        let torn = PUBLIC.replacen("MIIC", "MIID", 1);
        for wrong in ["", "-----BEGIN PUBLIC KEY-----", &torn, &PUBLIC.repeat(10)] {
            assert!(MetadataKey::from_pem(wrong).is_none(), "{wrong:.40}");
        }
    }
}
