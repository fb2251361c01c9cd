//! The command line: what it says and what it refuses.

use crate::run;

#[test]
fn it_says_what_there_is_and_what_is_wrong() {
    let (output, text) = run(&["--help"]);
    assert!(output.status.success() && text.contains("verify"), "{text}");
    let (output, text) = run(&["serve", "--help"]);
    assert!(output.status.success(), "{text}");
    for part in ["--cache-listen", "SAFELIGHT_PROCESSOR_LISTEN", "--max-upload", "--workers"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let (output, text) = run(&["config", "--max-upload=1MiB"]);
    assert!(output.status.success() && text.contains("--max-upload 1MiB  # flag"), "{text}");
    for arguments in [&["sevre"][..], &["serve", "--max-upload=x"], &["--no-such-flag"]] {
        let (output, text) = run(arguments);
        assert_eq!(output.status.code(), Some(78), "{arguments:?}: {text}");
    }
    let (output, text) = run(&["serve", "--cache-listen=0.0.0.0:0", "--processor-listen=[::]:0"]);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("the address 0.0.0.0:0") && text.contains("the address [::]:0"), "{text}");
    let (output, text) = run(&["verify", "--data-dir=/nonexistent"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("no catalogue.db"), "{text}");
}

#[test]
fn each_subcommand_says_what_it_is_for_and_how_it_is_called() {
    for (subcommand, about, usage) in [
        ("serve", "Run image-cache, image-processor and the gateway", "Usage: safelight serve [OPTIONS]"),
        ("import", "Upload all images", "Usage: safelight import [OPTIONS] <FOLDER>"),
        ("watch", "Print each change", "Usage: safelight watch [OPTIONS]"),
        ("verify", "Re-hash every original", "Usage: safelight verify [OPTIONS]"),
        ("config", "Print the effective settings", "Usage: safelight config"),
    ] {
        let (output, text) = run(&[subcommand, "--help"]);
        assert!(output.status.success(), "{text}");
        assert!(text.starts_with(about) && text.contains(usage), "{text}");
    }
}

#[test]
fn mistakes_in_flags_and_together_are_reported_at_once() {
    let (output, text) = run(&["--cache-listen=x", "--memory-budget=y", "--mqtt-user=z"]);
    assert_eq!(output.status.code(), Some(78), "{text}");
    for part in ["--cache-listen", "SAFELIGHT_CACHE_LISTEN", "--memory-budget", "--mqtt-user"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_shell_completes_subcommands_and_their_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let (output, text) = run(&["completions", shell]);
        assert!(output.status.success(), "{text}");
        for part in ["import", "completions", "album", "cache-listen"] {
            assert!(text.contains(part), "{shell} does not complete {part}");
        }
    }
    let (output, text) = run(&["completions", "cmd"]);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("powershell"), "{text}");
}

#[test]
fn the_page_of_settings_is_that_of_the_code() {
    let kept = include_str!("../../../../docs/settings.md");
    assert!(kept == safelight::settings_page(), "docs/settings.md is out of date; `make generate` renews it");
}
