//! The header of any bytes is read or refused, without a panic and without reading on.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(source) = imaging::probe(Cursor::new(bytes)) {
        assert!(source.size.width() > 0 && source.size.height() > 0);
    }
});
