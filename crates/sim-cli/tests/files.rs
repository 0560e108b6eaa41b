//! What goes to files, comes from standard input, and ends in a pipe that is closed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn poolsim() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs"));
    command
}

/// A folder of its own for a test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn a_report_in_a_file_is_the_one_on_the_screen() {
    let folder = folder("report");
    let file = folder.join("report.txt");
    let written = poolsim().args(["run", "sort.ron", "-o"]).arg(&file).output().expect("a run");
    assert!(written.status.success() && written.stdout.is_empty() && written.stderr.is_empty());
    let shown = poolsim().args(["run", "sort.ron"]).output().expect("a run");
    assert_eq!(std::fs::read(&file).expect("the report"), shown.stdout);
    assert_eq!(names(&folder), ["report.txt"]);
}

#[test]
fn what_fails_writes_nothing() {
    let folder = folder("nothing");
    let failed = poolsim()
        .args(["run", "sort.ron", "--timeline", "no-such-folder/pools.csv", "-o"])
        .arg(folder.join("report.txt"))
        .output()
        .expect("a run");
    assert_eq!(failed.status.code(), Some(2));
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[test]
fn the_timeline_is_a_table_of_changes() {
    let file = folder("timeline").join("pools.csv");
    let run = poolsim().args(["run", "sort.ron", "--timeline"]).arg(&file).output().expect("a run");
    assert!(run.status.success());
    let csv = std::fs::read_to_string(file).expect("the timeline");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some(
            "at_ns,executor,mode,execution_used_bytes,execution_pool_bytes,storage_used_bytes,\
             storage_pool_bytes,unroll_bytes,active_tasks,waiting_tasks"
        )
    );
    // Both pools start at half of 144.8 MiB and always add up to it.
    assert_eq!(lines.next(), Some("0,0,on_heap,0,75916902,0,75916902,0,0,0"));
    let sum = |line: &str| -> u64 {
        let cells: Vec<&str> = line.split(',').collect();
        [cells[4], cells[6]].iter().map(|cell| cell.parse::<u64>().expect("a number")).sum()
    };
    assert!(lines.all(|line| sum(line) == 151_833_804));
}

#[test]
fn a_scenario_may_come_from_standard_input() {
    let scenario = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs/good.ron"));
    let mut child = poolsim()
        .args(["run", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("poolsim starts");
    child.stdin.take().expect("a pipe").write_all(&scenario.expect("a scenario")).expect("it reads");
    let Output { status, stdout, .. } = child.wait_with_output().expect("it ends");
    assert!(status.success());
    assert!(text(&stdout).contains("\"input\": \"standard input\""));
}

#[test]
fn a_closed_pipe_is_no_error() {
    for format in ["text", "json", "csv", "jsonl"] {
        let mut child = poolsim()
            .args(["run", "sort.ron", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("poolsim starts");
        drop(child.stdout.take());
        let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
        assert_eq!((status.code(), text(&stderr)), (Some(0), ""), "{format}");
    }
}

#[test]
fn results_do_not_depend_on_who_watches() {
    let json = |args: &[&str]| poolsim().args(["run", "sort.ron", "-f", "json"]).args(args).output();
    let plain = json(&[]).expect("a run").stdout;
    assert_eq!(plain, json(&["--color", "always"]).expect("a run").stdout);
    let line =
        |bytes: &[u8]| text(bytes).lines().find(|line| line.contains("fingerprint")).map(str::to_owned);
    assert_eq!(line(&plain), line(&json(&["--tasks"]).expect("a run").stdout));
}
