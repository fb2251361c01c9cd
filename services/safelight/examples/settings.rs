//! Prints `docs/settings.md`; `make generate` calls it.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

fn main() {
    print!("{}", safelight::settings_page());
}
