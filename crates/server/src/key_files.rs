//! Reading files with keys, certificates and passwords, which are small.

use std::io::Read as _;
use std::path::Path;

/// The largest file that is read.
const MAX_BYTES: u64 = 256 * 1024;

/// The password in a file, which an editor may have ended with a line break.
///
/// # Errors
///
/// What is wrong, a sentence that begins with the file.
pub fn password(file: &Path) -> Result<String, String> {
    let text = read(file)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let password = line.strip_suffix('\r').unwrap_or(line);
    if password.is_empty() {
        return Err(format!("{}: no password in it", file.display()));
    }
    Ok(password.to_owned())
}

/// Reads a text file; the error names it.
pub(crate) fn read(file: &Path) -> Result<String, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    #[expect(clippy::disallowed_methods, reason = "keys are read here, and nothing is written")]
    let opened = std::fs::File::open(file);
    let mut text = String::new();
    let read = opened.and_then(|opened| opened.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(named(&format!("larger than {MAX_BYTES} bytes"))),
        Ok(_) => Ok(text),
        Err(error) => Err(named(&error)),
    }
}
