//! Nothing of an event log gets out but settings that the model knows, and names without values of other settings.

use std::path::{Path, PathBuf};
use std::process::Command;

const CANARY: &str = "canary-4f1e77";

/// A real log in which the value of a setting stands in names, texts of SQL, paths and places.
fn log() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("tests/fixtures/logs/sort-f0.1/local-1795240638725"));
    let text = text.expect("the fixture");
    let secret = format!("\"Spark Properties\":{{\"spark.hadoop.fs.s3a.secret.key\":\"{CANARY}\",");
    let text = text.replacen("\"Spark Properties\":{", &secret, 1);
    let named = [
        "\"Name\":\"",
        "\"Stage Name\":\"",
        "\"simpleString\":\"",
        "\"description\":\"",
        "\"Details\":\"",
        "\"physicalPlanDescription\":\"",
        "\"App Name\":\"",
        "\"Host\":\"",
        "\"RDD Name\":\"",
        "\"details\":\"",
        "\"User\":\"",
    ];
    let text = named.iter().fold(text, |text, start| text.replace(start, &format!("{start}{CANARY} ")));
    assert!(text.matches(CANARY).count() > 50, "the canary is everywhere");
    // A line that is no event, and an event that Spark does not have.
    let text =
        format!("{text}{{\"Event\":\"{CANARY}\n{{\"Event\":\"com.example.Other\",\"x\":\"{CANARY}\"}}\n");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canary.log");
    std::fs::write(&path, text).expect("a temporary file");
    path
}

#[test]
fn no_output_has_the_value_of_another_setting() {
    let log = log();
    let commands: [&[&str]; 10] = [
        &["replay"],
        &["replay", "--format", "json", "--tasks"],
        &["replay", "--format", "csv"],
        &["replay", "--format", "json", "--redact", "--conf", "spark.memory.fraction=0.5", "--runs", "2"],
        &["import"],
        &["import", "--redact"],
        &["doctor"],
        &["doctor", "--format", "json"],
        &["run", "--format", "json"],
        &["run"],
    ];
    for arguments in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(arguments).arg(&log).output();
        let output = output.expect("poolsim starts");
        let [out, err] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {err}");
        assert!(out.len() > 200, "{arguments:?} says something");
        for (name, text) in [("stdout", out), ("stderr", err)] {
            let line = text.lines().find(|line| line.contains(CANARY));
            assert_eq!(line, None, "{arguments:?} on {name}");
        }
    }
}

#[test]
fn redacted_outputs_have_no_name_of_the_log() {
    let log = log();
    for arguments in [&["replay"][..], &["import"], &["doctor", "--format", "json"]] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_poolsim")).args(arguments).arg("--redact").arg(&log).output();
        let output = output.expect("poolsim starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for name in ["local-179", "NativeMethodAccessor", "canary.log", "sort-f0.1"] {
            assert!(!text.contains(name), "{arguments:?} says {name}: {text}");
        }
    }
}
