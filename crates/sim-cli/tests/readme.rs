//! The commands of README.md print what README.md says. `SNAPSHOTS=overwrite cargo test -p sim-cli` writes it anew.

use std::path::Path;
use std::process::Command;

/// How README.md starts poolsim.
const PROMPT: &str = "$ cargo run --release -- ";

#[test]
fn the_readme_shows_real_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let mut real = String::new();
    let mut in_output = false;
    let mut commands = 0;
    for line in readme.lines() {
        in_output &= line != "```";
        if in_output {
            continue;
        }
        real.push_str(line);
        real.push('\n');
        if let Some(args) = line.strip_prefix(PROMPT) {
            let output = Command::new(env!("CARGO_BIN_EXE_poolsim"))
                .args(args.split_whitespace())
                .current_dir(&root)
                .output()
                .expect("poolsim starts");
            real.push_str(std::str::from_utf8(&output.stdout).expect("text"));
            in_output = true;
            commands += 1;
        }
    }
    assert!(commands > 0, "README.md shows no command that starts with `{PROMPT}`");
    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(real, snapbox::Data::read_from(&path, None));
}
