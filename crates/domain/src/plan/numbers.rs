//! Numbers and flags as a client writes them.

/// The longest decimal number that is read; programs write some with 17 digits.
const MAX_DIGITS: usize = 32;

/// A number from 1 to `max` in plain digits.
pub(super) fn whole_number(text: &str, max: u32) -> Option<u32> {
    digits(text, 10).filter(|value| (1..=max).contains(value))
}

/// A plain decimal number within a range of at most 0 to 655, in hundredths.
pub(super) fn hundredths(text: &str, min: f64, max: f64) -> Option<u16> {
    let plain = text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value: f64 = plain.then(|| text.parse().ok())??;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 65,500")]
    (min..=max).contains(&value).then(|| (value * 100.0).round() as u16)
}

/// A yes or no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number in at most `most` plain digits.
pub(super) fn digits(text: &str, most: usize) -> Option<u32> {
    let plain = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}
