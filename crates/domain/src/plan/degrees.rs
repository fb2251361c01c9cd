//! Angles, as a client writes them.

use std::f64::consts::PI;
use std::fmt;

use super::numbers::hundredths;

/// A whole turn.
const TURN: u16 = 36_000;

/// An angle of 0 to less than 360 degrees, clockwise, in steps of 0.01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Degrees {
    hundredths: u16,
}

impl Degrees {
    /// No angle at all.
    pub const ZERO: Self = Self { hundredths: 0 };
    /// The smallest that a client may write.
    pub const MIN: f64 = -360.0;
    /// The largest.
    pub const MAX: f64 = 360.0;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a number of degrees from -360 to 360, such as 90 or -7.5";

    /// Reads a plain decimal number, which may have a minus before it; more than two
    /// decimals are rounded. Angles that are a whole turn apart are the same.
    pub fn parse(text: &str) -> Option<Self> {
        let (size, is_negative) = match text.strip_prefix('-') {
            Some(size) => (size, true),
            None => (text, false),
        };
        let hundredths = hundredths(size, 0.0, Self::MAX)? % TURN;
        let angle = Self { hundredths };
        Some(if is_negative { angle.negative() } else { angle })
    }

    /// The same angle the other way round.
    pub(super) fn negative(self) -> Self {
        Self { hundredths: (TURN - self.hundredths) % TURN }
    }

    /// The whole quarter turns, 0 to 3, and the angle that is left.
    pub(super) fn quarters(self) -> (u16, Self) {
        let quarter = TURN / 4;
        (self.hundredths / quarter, Self { hundredths: self.hundredths % quarter })
    }

    /// Sine and cosine, within 10⁻¹⁵ and the same on every machine, which those of the
    /// platform's library are not: the Taylor series for at most an eighth of a turn.
    pub fn sin_cos(self) -> (f64, f64) {
        let quarter = TURN / 4;
        let (quarters, rest) = ((self.hundredths + quarter / 2) / quarter, self.hundredths);
        let radians = (f64::from(rest) - f64::from(quarters * quarter)) * (PI / (f64::from(TURN) / 2.0));
        let square = radians * radians;
        let series = |first: f64, from: u32| {
            let (mut sum, mut term) = (first, first);
            for power in (from..from + 20).step_by(2) {
                term *= -square / f64::from(power * (power + 1));
                sum += term;
            }
            sum
        };
        let (sine, cosine) = (series(radians, 2), series(1.0, 1));
        match quarters % 4 {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        }
    }
}

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (f64::from(self.hundredths) / 100.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_takes_its_range_and_nothing_else() {
        for (text, written) in [
            ("0", "0"),
            ("-0", "0"),
            ("360", "0"),
            ("-360", "0"),
            ("90.0", "90"),
            ("-90", "270"),
            ("359.999", "0"),
            ("-.5", "359.5"),
            ("7.256", "7.26"),
            ("-0.001", "0"),
        ] {
            assert_eq!(Degrees::parse(text).unwrap().to_string(), written, "{text}");
        }
        for text in ["", "-", "--1", "+1", "360.01", "-361", "1e1", "NaN", "90deg", "1,5", " 1"] {
            assert_eq!(Degrees::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn sine_and_cosine_are_exact_to_the_last_digits() {
        for hundredths in 0..TURN {
            let radians = f64::from(hundredths) / 100.0 * PI / 180.0;
            let (sine, cosine) = Degrees { hundredths }.sin_cos();
            assert!((sine - radians.sin()).abs() < 1e-14, "sine of {hundredths}: {sine}");
            assert!((cosine - radians.cos()).abs() < 1e-14, "cosine of {hundredths}: {cosine}");
        }
        for (angle, expected) in
            [("0", (0.0, 1.0)), ("90", (1.0, 0.0)), ("-90", (-1.0, 0.0)), ("180", (0.0, -1.0))]
        {
            assert_eq!(Degrees::parse(angle).unwrap().sin_cos(), expected);
        }
    }
}
