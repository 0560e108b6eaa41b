//! What is absent from the code, held by looking at it.

use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace").to_owned()
}

/// Every Rust file below a directory, as a path from the workspace and its text.
fn sources(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left = vec![workspace().join(directory)];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the workspace") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() && !path.ends_with("target") {
                left.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a text file");
                let name = path.strip_prefix(workspace()).expect("it lies in the workspace");
                found.push((name.to_str().expect("a plain name").to_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources below {directory}");
    found
}

/// The lines of a text that are no comments, up to its tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// No clock, file, environment, random number, thread or unordered map: a run is a function of its input.
#[test]
fn sim_core_reads_nothing_but_its_input() {
    let banned = [
        "std::env",
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::sync",
        "std::thread",
        "std::time",
        "collections::Hash",
        "collections::hash",
        "thread_local!",
        "print!",
        "println!",
    ];
    for (file, text) in sources("crates/sim-core/src") {
        for (number, line) in code(&text) {
            let word = banned.iter().find(|word| line.contains(*word));
            assert_eq!(word, None, "{file}:{number}");
        }
    }
}

/// The lints of the workspace forbid `unsafe` code and want every public item documented; a crate has to ask for them.
#[test]
fn every_crate_is_under_the_lints_of_the_workspace() {
    let root = fs::read_to_string(workspace().join("Cargo.toml")).expect("the workspace");
    assert!(root.contains("unsafe_code = \"forbid\"") && root.contains("missing_docs = \"warn\""));
    let crates = fs::read_dir(workspace().join("crates")).expect("the crates");
    let crates = crates.map(|entry| entry.expect("a readable entry").path());
    for path in crates.chain(["benches", "tests"].map(|name| workspace().join(name))) {
        let manifest = fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", path.display());
    }
}

/// The meaning of a key is shown to people: one sentence each.
#[test]
fn every_key_is_documented() {
    for row in sim_core::conf::keys::KEYS {
        assert!(row.meaning.len() > 10 && row.meaning.ends_with('.'), "{}: {:?}", row.name, row.meaning);
    }
}

#[test]
fn sim_core_depends_on_nothing() {
    let manifest = fs::read_to_string(workspace().join("crates/sim-core/Cargo.toml")).expect("its manifest");
    assert!(!manifest.contains("dependencies"), "sim-core has no dependency, not even for its tests");
}

/// Knowledge points one way: `sim-cli` → `experiments` → `workload` → `sim-core`.
#[test]
fn crates_know_only_those_below_them() {
    let below = [
        ("sim-core", ["spark-eventlog", "workload", "experiments", "sim-cli"].as_slice()),
        ("spark-eventlog", &["sim-core", "workload", "experiments", "sim-cli"]),
        ("workload", &["experiments", "sim-cli"]),
        ("experiments", &["sim-cli"]),
    ];
    for (name, unknown) in below {
        let path = workspace().join("crates").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(path).expect("a manifest");
        for line in manifest.lines() {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(!unknown.contains(&dependency), "{name} depends on {dependency}");
        }
    }
}

/// Only tables may be longer than what one reads in one go.
#[test]
fn only_tables_are_longer_than_500_lines() {
    const TABLES: [&str; 4] = [
        // One row a key.
        "crates/sim-core/src/conf/keys.rs",
        // To be parted: one method of Spark after the other, with their tests.
        "crates/sim-core/src/memory/manager.rs",
        // One arm an operation of a program.
        "crates/sim-core/src/engine/steps.rs",
        // One arm an operation of a trace.
        "tests/src/conform/world.rs",
    ];
    let files = ["crates", "benches", "tests"].into_iter().flat_map(sources);
    let long: Vec<_> = files.filter(|(_, text)| text.lines().count() > 500).map(|(name, _)| name).collect();
    let unlisted: Vec<_> = long.iter().filter(|name| !TABLES.contains(&name.as_str())).collect();
    assert!(unlisted.is_empty(), "part them: {unlisted:?}");
    let listed_in_vain: Vec<_> =
        TABLES.iter().filter(|name| !long.iter().any(|long| long == *name)).collect();
    assert!(listed_in_vain.is_empty(), "take them off the list: {listed_in_vain:?}");
}

#[test]
fn every_module_says_what_it_is() {
    for (name, text) in ["crates", "tests/src", "tests/nets"].into_iter().flat_map(sources) {
        assert!(text.starts_with("//! "), "{name} begins without a comment");
    }
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    // Written apart, so that this file passes.
    let banned =
        [concat!("#[", "ignore"), concat!("thread::", "sleep"), concat!("todo", "!("), concat!("dbg", "!(")];
    for (name, text) in ["crates", "benches", "tests"].into_iter().flat_map(sources) {
        for (number, line) in text.lines().enumerate() {
            for word in banned {
                assert!(!line.contains(word), "{name}:{}: {word}", number + 1);
            }
        }
    }
}
