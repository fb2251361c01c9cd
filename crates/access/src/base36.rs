//! Whole numbers in base 36, digits and lower case letters, with one spelling each.

/// Writes a number.
pub(crate) fn encode(mut number: u64) -> String {
    let mut digits = Vec::with_capacity(13);
    loop {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.into_iter().rev().collect()
}

/// Reads a number; none if it is written otherwise than [`encode`] writes it.
pub(crate) fn decode(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    if !is_plain || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    u64::from_str_radix(text, 36).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_survives_the_round_trip(number: u64) {
            prop_assert_eq!(decode(&encode(number)), Some(number));
        }

        #[test]
        fn a_text_has_one_spelling(text in "[0-9a-zA-Z+-]{0,14}") {
            if let Some(number) = decode(&text) {
                prop_assert_eq!(encode(number), text);
            }
        }
    }
}
