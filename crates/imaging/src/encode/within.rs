//! Looks for the quality at which a result is no larger than it may be.

use domain::plan::{Format, Quality};

use crate::Error;

/// What is below is not worth looking at.
const LOWEST: u8 = 10;
/// How often a result is encoded after the first time. Six halvings of the qualities from
/// 10 to 79 leave the best or the one beside it.
const MAX_TRIES: u32 = 6;

/// Encodes with the highest quality, up to the one asked for, that gives at most so many
/// bytes. A lossless result has no quality, so there is only one.
///
/// # Errors
///
/// [`Error::TooManyBytes`] with the smallest size that was reached.
pub(super) fn within(
    max_bytes: u32,
    format: Format,
    quality: Option<Quality>,
    encode: &dyn Fn(u8) -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let fits = |file: &Vec<u8>| file.len() <= max_bytes as usize;
    let asked = quality.unwrap_or(Quality::DEFAULT).get();
    let first = encode(asked)?;
    if fits(&first) {
        return Ok(first);
    }
    let mut smallest = first.len();
    drop(first);
    let mut best = None;
    let (mut low, mut high) = if quality.is_some() { (LOWEST, asked - 1) } else { (1, 0) };
    for _ in 0..MAX_TRIES {
        if low > high {
            break;
        }
        let middle = low.midpoint(high);
        let file = encode(middle)?;
        smallest = smallest.min(file.len());
        if fits(&file) {
            best = Some(file);
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    best.ok_or(Error::TooManyBytes { format, smallest: smallest as u64, max_bytes })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What comes out where a file has ten bytes for each step of quality: the number of
    /// bytes, and which qualities were tried.
    fn tried(max_bytes: u32, asked: Option<&str>) -> (Result<usize, Error>, Vec<u8>) {
        let qualities = RefCell::new(Vec::new());
        let encode = |quality: u8| {
            qualities.borrow_mut().push(quality);
            Ok(vec![0; usize::from(quality) * 10])
        };
        let quality = asked.and_then(Quality::parse);
        let file = within(max_bytes, Format::Jpeg, quality, &encode);
        (file.map(|file| file.len()), qualities.into_inner())
    }

    #[test]
    fn the_best_quality_that_fits_is_found_or_the_one_beside_it() {
        for asked in ["80", "100"] {
            for best in 10..80u8 {
                let (found, qualities) = tried(u32::from(best) * 10 + 9, Some(asked));
                let found = found.unwrap() / 10;
                assert!(
                    found <= usize::from(best) && found + 1 >= usize::from(best),
                    "{asked} {best}: {found}"
                );
                assert!(qualities.len() <= 7, "{qualities:?}");
            }
        }
    }

    #[test]
    fn what_fits_at_once_is_encoded_once() {
        assert_eq!(tried(800, Some("80")), (Ok(800), vec![80]));
    }

    #[test]
    fn the_smallest_size_is_told_where_nothing_fits() {
        for (asked, smallest, tries) in [(Some("80"), 100, 7), (Some("100"), 100, 7), (Some("7"), 70, 1)] {
            let (found, qualities) = tried(69, asked);
            assert_eq!(found, Err(Error::TooManyBytes { format: Format::Jpeg, smallest, max_bytes: 69 }));
            assert_eq!(qualities.len(), tries, "{qualities:?}");
        }
        assert_eq!(tried(69, None).1.len(), 1, "a lossless result has one size");
    }
}
