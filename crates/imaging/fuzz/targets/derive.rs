//! Any bytes and any options give an image of the planned size and format, or an error.
//!
//! The input is a query of options, a line feed, and the original.
#![no_main]

use std::io::Cursor;

use domain::plan::{Options, Plan};
use imaging::{Error, Limits};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits::of_pixels(200_000);

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (query, bytes) = (&input[..end], &input[end + 1..]);
    let Ok(query) = std::str::from_utf8(query) else { return };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Ok(options) = Options::parse(pairs) else { return };
    let Ok(source) = imaging::probe(Cursor::new(bytes)) else { return };
    let Ok(plan) = Plan::resolve(&options, source, LIMITS.max_pixels) else { return };
    match imaging::derive(bytes, &source, &plan, &LIMITS, &|| true) {
        Ok(result) => {
            let made = imaging::probe(Cursor::new(&result)).expect("a result is an image");
            assert_eq!(made.media_type, plan.format.media_type());
        }
        Err(Error::Panicked { reason }) => panic!("{reason}"),
        Err(_) => {}
    }
});
