//! Durations such as `90d` and `1m30s`: numbers and `d`, `h`, `m`, `s` (decision P112).

use std::time::Duration;

pub(crate) fn read(text: &str) -> Option<Duration> {
    let (mut total, mut number) = (0_u64, None::<u64>);
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match character {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    // A century is more than anything here needs, and far from the ends of time.
    let fits = number.is_none() && !text.is_empty() && total <= 100 * 366 * 86_400;
    fits.then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_durations_that_were_seen_are_read_and_nonsense_is_not() {
        for (text, seconds) in [("90d", 7_776_000), ("1h", 3600), ("15s", 15), ("1m30s", 90)] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "d", "1x", "-1s", "99999999999999999999d", "1d5", "999999999d"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
