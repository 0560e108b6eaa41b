//! What the repository says of scenarios is true: every example parses, and every scenario is in the index.

use std::fs;
use std::path::{Path, PathBuf};

use workload::{PlanConf, Scenario, lower};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every scenario of the repository, by file name.
fn scenarios() -> Vec<(String, Scenario)> {
    let entries = fs::read_dir(root().join("scenarios")).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "ron")).collect();
    paths.sort();
    let scenario = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, Scenario::read(&path, None).unwrap_or_else(|error| panic!("{error}")))
    };
    paths.into_iter().map(scenario).collect()
}

#[test]
fn every_example_of_the_reference_runs() {
    let text = read("docs/scenario.md");
    let examples: Vec<&str> = text
        .split("```ron\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("a split has a first part"))
        .collect();
    assert!(examples.len() >= 5, "{} examples", examples.len());
    for example in examples {
        let scenario =
            Scenario::parse("docs/scenario.md", example, None).unwrap_or_else(|error| panic!("{error}"));
        let workload = lower(&scenario.plan, &PlanConf::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(workload.check(), Ok(()), "{}", scenario.question);
    }
}

#[test]
fn every_step_is_in_the_reference() {
    let text = read("docs/scenario.md");
    let error =
        Scenario::parse("x", "(question: \"q\", data: {\"a\": [x()]})", None).expect_err("no step `x`");
    let steps = error.advice().expect("the steps are listed").to_owned();
    for step in steps.split('`').skip(1).step_by(2) {
        assert!(text.contains(&format!("`{step}")), "`{step}` is not described");
    }
}

#[test]
fn the_index_lists_every_scenario_with_its_question() {
    let index = read("scenarios/README.md");
    for (file, scenario) in scenarios() {
        let link = format!("[{file}]({file})");
        let row = index.lines().find(|line| line.contains(&link));
        let row = row.unwrap_or_else(|| panic!("{file} is not in scenarios/README.md")).replace('`', "");
        assert!(row.contains(&scenario.question), "{file} asks {:?}", scenario.question);
    }
}

#[test]
fn every_scenario_expects_something_and_can_be_lowered() {
    let all = scenarios();
    assert!(all.len() >= 14);
    for (file, scenario) in all {
        assert!(!scenario.expect.is_empty(), "{file} expects nothing");
        for shuffle_partitions in [1, 8, 1000] {
            let conf = PlanConf { shuffle_partitions, ..PlanConf::default() };
            let workload = lower(&scenario.plan, &conf).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(workload.check(), Ok(()), "{file}");
        }
    }
}
