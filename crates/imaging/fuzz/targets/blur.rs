//! A JPEG of any bytes is blurred by its coefficients, or by its pixels, or refused.
//!
//! The second byte of the input chooses the sigma, so that every reduction is reached.
#![no_main]

use std::io::Cursor;

use domain::MediaType;
use domain::plan::{Options, Plan};
use imaging::{Error, Limits};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits::of_pixels(300_000);

fuzz_target!(|input: &[u8]| {
    let [choice, bytes @ ..] = input else { return };
    let sigma = ["2", "4", "8", "16", "40"][usize::from(*choice) % 5];
    let Ok(source) = imaging::probe(Cursor::new(bytes)) else { return };
    if source.media_type != MediaType::Jpeg {
        return;
    }
    let options = Options::parse([("blur", sigma)]).expect("options");
    let Ok(plan) = Plan::resolve(&options, source, LIMITS.max_pixels) else { return };
    match imaging::derive(bytes, &source, &plan, &LIMITS, &|| true) {
        Ok(result) => {
            let made = imaging::probe(Cursor::new(&result)).expect("a result is an image");
            assert_eq!(made.size, plan.output);
        }
        Err(Error::Panicked { reason }) => panic!("{reason}"),
        Err(_) => {}
    }
});
