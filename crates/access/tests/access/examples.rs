//! The examples of `docs/access`, in the languages whose interpreters are there.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

#[test]
fn links_that_are_signed_in_other_languages_are_those_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access");
    for command in
        [&["python3", "sign.py"][..], &["node", "sign.mjs"], &["go", "run", "sign.go"], &["php", "sign.php"]]
    {
        let run =
            Command::new(command[0]).args(&command[1..]).arg("vectors.json").current_dir(&folder).output();
        let output = match run {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("{} is not installed, so its example is not run", command[0]);
                continue;
            }
            run => run.unwrap(),
        };
        let (told, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {errors}", command[0]);
        assert_eq!(told.trim(), "10 links are as they should be", "{}", command[0]);
    }
}
