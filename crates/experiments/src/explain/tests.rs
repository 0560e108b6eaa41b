//! Explanations of small inputs: each rule with an input that it finds something in, and one that it does not.

use super::*;
use crate::Settings;

fn explained(text: &str) -> ExplainReport {
    let input =
        Input::read("x.ron", text.to_owned().into_bytes().leak() as &'static [u8], None).expect("a scenario");
    explain(&input, &Settings::default(), ExplainOptions::default(), || ()).expect("settings")
}

/// A scenario on one executor.
fn scenario(cores: u32, memory: &str, conf: &str, data: &str, jobs: &str) -> String {
    format!(
        r#"(question: "why?", cluster: (executors: 1, cores: {cores}, memory: "{memory}"), conf: {{{conf}}},
            data: {{{data}}}, jobs: [{jobs}])"#
    )
}

fn of(report: &ExplainReport, kind: FindingKind) -> Option<&Finding> {
    report.findings.iter().find(|finding| finding.kind == kind)
}

/// The effect of a change on a finding.
fn effect(report: &ExplainReport, finding: &Finding, id: &str) -> Option<Effect> {
    let judged = finding.fixes.iter().find(|judged| report.fixes[judged.fix].id == id)?;
    Some(judged.effect)
}

/// A join whose hash relation does not fit.
fn failing() -> String {
    scenario(
        2,
        "1g",
        r#""spark.memory.fraction": 0.05, "spark.sql.shuffle.partitions": 1, "spark.task.maxFailures": 1"#,
        r#""left": [scan(rows: 100_000, row_bytes: 80, partitions: 2)],
           "right": [scan(rows: 500_000, row_bytes: 120, partitions: 2)],
           "joined": [from("left"), join(with: "right", strategy: shuffled_hash, long_key: true)]"#,
        r#"foreach(on: "joined")"#,
    )
}

/// A sort of that many rows.
fn sorting(rows: u64, partitions: u32, fraction: f64) -> String {
    scenario(
        2,
        "1g",
        &format!(
            r#""spark.memory.fraction": {fraction}, "spark.sql.shuffle.partitions": {partitions},
               "spark.sql.adaptive.enabled": false"#
        ),
        &format!(r#""rows": [scan(rows: {rows}, row_bytes: 128, partitions: 8), sort()]"#),
        r#"foreach(on: "rows")"#,
    )
}

#[test]
fn a_failure_says_who_held_the_memory_and_what_helps() {
    let report = explained(&failing());
    let failure = of(&report, FindingKind::Failure).expect("it fails");
    assert_eq!(failure.failure.map(sim_core::outcome::FailureKind::word), Some("execution_memory"));
    assert!(failure.cause.contains("cannot spill"), "{}", failure.cause);
    let held = failure.held.as_ref().expect("holders");
    assert_eq!(held.unified_bytes, 37_958_451);
    assert_eq!(held.attempts[0].consumers[0].consumer, "LongToUnsafeRowMap");
    assert_eq!(effect(&report, failure, "twice_the_memory"), Some(Effect::DoesNotHelp));
    assert_eq!(effect(&report, failure, "least_heap"), Some(Effect::Solves));
    assert_eq!(
        effect(&report, failure, "more_overhead"),
        Some(Effect::ChangesNothing),
        "it is no part of the heap"
    );
    assert_eq!(
        effect(&report, failure, "storage_fraction_low"),
        Some(Effect::ChangesNothing),
        "nothing is cached"
    );
    let best = &report.fixes[failure.fixes[0].fix];
    assert_eq!(failure.fixes[0].effect, Effect::Solves);
    assert_eq!(best.after.as_ref().and_then(|after| after.failed), Some(false));
}

#[test]
fn the_least_heap_is_the_least() {
    let report = explained(&failing());
    let least = report.fixes.iter().find(|fix| fix.id == "least_heap").expect("one is enough");
    let mib: u64 = least.settings[0].value.trim_end_matches('m').parse().expect("a size");
    assert_eq!((mib % 256, least.after.as_ref().and_then(|after| after.failed)), (0, Some(false)));
    let smaller = failing().replace(r#"memory: "1g""#, &format!(r#"memory: "{}m""#, mib - 256));
    assert_eq!(explained(&smaller).before.failed, Some(true), "256 MiB less is too little");
}

#[test]
fn a_spill_is_explained_and_cured() {
    let report = explained(&sorting(3_000_000, 8, 0.1));
    let spill = of(&report, FindingKind::Spill).expect("it spills");
    assert!(spill.title.starts_with("UnsafeExternalSorter of stage 1"), "{}", spill.title);
    assert!(spill.cause.contains("at most 1/2 of what execution can have"), "{}", spill.cause);
    // Rows, which fill most of the pages that are freed.
    let freed = report.before.memory_spilled_bytes;
    assert!(spill.bytes.is_some_and(|rows| rows < freed && rows > freed / 10 * 9), "{spill:?}");
    assert_eq!(effect(&report, spill, "four_times_the_partitions"), Some(Effect::Solves));
    assert_eq!(effect(&report, spill, "half_the_cores"), Some(Effect::Solves));
    assert_eq!(of(&explained(&sorting(3_000_000, 8, 0.6)), FindingKind::Spill), None);
}

/// The explanation of a scenario of `scenarios/explain`.
fn shown(name: &str) -> ExplainReport {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/explain");
    let input = Input::open(&folder.join(format!("{name}.ron")), None).expect(name);
    explain(&input, &Settings::default(), ExplainOptions::default(), || ()).expect(name)
}

/// What a rule finds in one scenario, and that it finds nothing in another.
fn found_only_in(kind: FindingKind, with: &str, without: &str) -> (ExplainReport, Finding) {
    let report = shown(with);
    let finding = of(&report, kind).unwrap_or_else(|| panic!("{with}: {:?}", report.findings)).clone();
    assert_eq!(of(&shown(without), kind), None, "{without}");
    (report, finding)
}

#[test]
fn too_few_partitions_are_those_of_which_more_help() {
    let (_, few) = found_only_in(FindingKind::TooFewPartitions, "too-few-partitions", "enough-partitions");
    assert_eq!(few.fixes[0].effect, Effect::Solves);
}

#[test]
fn too_many_partitions_are_short_tasks() {
    let (report, many) =
        found_only_in(FindingKind::TooManyPartitions, "too-many-partitions", "few-partitions");
    assert_eq!(effect(&report, &many, "a_quarter_of_the_partitions"), Some(Effect::Helps), "{many:?}");
}

#[test]
fn skew_is_four_times_the_median() {
    let (_, skew) = found_only_in(FindingKind::Skew, "skew", "no-skew");
    assert_eq!(skew.stage, Some(1));
    assert!(skew.bytes.is_some_and(|bytes| bytes > 64 << 20), "{skew:?}");
}

#[test]
fn a_cache_that_is_read_less_than_once_is_useless() {
    let (report, useless) = found_only_in(FindingKind::UselessCache, "useless-cache", "useful-cache");
    assert!(useless.title.contains("`points` is read 0 times for 4 partitions"), "{}", useless.title);
    assert_eq!(effect(&report, &useless, "no_cache"), Some(Effect::Helps));
}

#[test]
fn memory_is_wasted_where_half_of_the_pool_is_never_used() {
    let (_, waste) = found_only_in(FindingKind::WastedMemory, "useful-cache", "used-memory");
    assert_eq!(waste.fixes.first().map(|best| best.effect), Some(Effect::Solves), "{waste:?}");
}

#[test]
fn off_heap_takes_no_overflow_of_a_cache() {
    let two = scenario(
        1,
        "1g",
        "",
        r#""a": [scan(rows: 3_000_000, row_bytes: 100, partitions: 6), cache(level: "MEMORY_ONLY")],
           "b": [scan(rows: 3_000_000, row_bytes: 100, partitions: 6), cache(level: "MEMORY_ONLY")]"#,
        r#"count(on: "a"), count(on: "b"), count(on: "a")"#,
    );
    let report = explained(&two);
    let eviction = of(&report, FindingKind::Eviction).expect("600 MB of 434 MiB");
    assert!(eviction.cause.contains("computed again"), "{}", eviction.cause);
    let held = eviction.held.as_ref().expect("a moment");
    assert!(held.rdds.iter().any(|rdd| rdd.name == "a" && rdd.held_bytes > 0), "{held:?}");
    assert!(matches!(
        effect(&report, eviction, "off_heap"),
        Some(Effect::DoesNotHelp | Effect::ChangesNothing)
    ));
    assert_eq!(effect(&report, eviction, "twice_the_memory"), Some(Effect::Solves));
}

#[test]
fn one_task_is_told() {
    let text = sorting(3_000_000, 8, 0.1);
    let input = Input::read("x.ron", text.into_bytes().leak() as &'static [u8], None).expect("a scenario");
    let ask = |stage, index| {
        explain(&input, &Settings::default(), ExplainOptions { task: Some((stage, index)) }, || ())
    };
    let story = ask(1, 3).expect("it is there").task.expect("its story");
    assert_eq!((story.attempts.len(), story.attempts[0].index), (1, 3));
    assert!(!story.spills.is_empty() && story.spills[0].held.of_task(1, 3) > 0, "{story:?}");
    assert!(story.read_bytes > 0 && story.median_read_bytes > 0);
    let wrong = ask(1, 8).expect_err("there are 8, from 0").to_string();
    assert!(wrong.contains("it has 8 tasks, numbered from 0"), "{wrong}");
    assert!(ask(7, 0).expect_err("no stage").to_string().contains("there is no stage 7"));
}

#[test]
fn nothing_depends_on_threads() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| serde_json::to_string(&explained(&sorting(1_000_000, 4, 0.05))).expect("json"))
    };
    assert_eq!(on(1), on(4));
}

/// Every kind of failure has remedies, or is not of memory.
#[test]
fn every_kind_of_failure_is_answered() {
    for kind in sim_core::outcome::FailureKind::ALL {
        let tried = change::remedies(FindingKind::Failure, Some(kind));
        assert_eq!(tried.is_empty(), kind == sim_core::outcome::FailureKind::NotMemory, "{kind:?}");
    }
}
