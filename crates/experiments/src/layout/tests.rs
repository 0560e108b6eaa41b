//! Worked layouts.

use super::*;
use crate::{Layer, Settings, Slips};

fn of(pairs: &[(&str, &str)]) -> LayoutReport {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let layer = Layer { name: "test".to_owned(), pairs, slips: Slips::Refuse };
    let request = Request::of_settings(&Settings { layers: vec![layer], ..Settings::default() });
    layout(&request).expect("valid settings")
}

fn executor(report: &LayoutReport) -> &ProcessLayout {
    report.executor.as_ref().expect("an executor")
}

fn bytes(process: &ProcessLayout, name: &str) -> u64 {
    process.container.find(name).unwrap_or_else(|| panic!("no {name}")).bytes
}

/// Parts add up to what they are parts of.
fn adds_up(part: &Part) {
    if !part.parts.is_empty() {
        let sum: u64 = part.parts.iter().map(|inner| inner.bytes).sum();
        assert_eq!(sum, part.bytes, "{}", part.name);
        part.parts.iter().for_each(adds_up);
    }
}

#[test]
fn the_defaults() {
    let report = of(&[]);
    let executor = executor(&report);
    assert_eq!(executor.container.bytes, 1408 << 20);
    adds_up(&executor.container);
    for (name, wanted) in [
        ("overhead", 384 << 20),
        ("heap", 1 << 30),
        ("reserved", 300 << 20),
        ("user", 303_667_610),
        ("unified", 455_501_414),
        ("storage_region", 227_750_707),
        ("execution", 227_750_707),
    ] {
        assert_eq!(bytes(executor, name), wanted, "{name}");
    }
    assert_eq!(executor.page.as_ref().map(|page| page.bytes), Some((16 << 20) - 16));
    assert_eq!(executor.shown.as_ref().map(|shown| &*shown.web_ui), Some("434.4 MiB"));
}

#[test]
fn two_gib_under_java_8_are_956_6_mb_in_the_web_ui_of_spark_2() {
    let report = of(&[
        ("spark.executor.memory", "2g"),
        ("spark.executor.extraJavaOptions", "-XX:+UseParallelGC"),
        ("spark.master", "yarn"),
    ]);
    let executor = executor(&report);
    assert_eq!(executor.heap.collector_from, "spark.executor.extraJavaOptions");
    assert_eq!(executor.heap.reported_bytes, 1_908_932_608);
    assert_eq!(bytes(executor, "not_reported"), (2 << 30) - 1_908_932_608);
    adds_up(&executor.container);
    let shown = executor.shown.as_ref().expect("it starts");
    assert_eq!((shown.block_manager_bytes, &*shown.web_ui_2), (956_615_884, "956.6 MB"));
}

#[test]
fn yarn_grants_refuses_or_never_schedules() {
    let yarn = |memory: &str, more: &[(&str, &str)]| {
        let mut pairs = vec![("spark.master", "yarn"), ("spark.executor.memory", memory)];
        pairs.extend(more);
        of(&pairs).outcome
    };
    let granted = yarn("4g", &[]);
    assert_eq!(granted.verdict, OutcomeVerdict::Granted);
    // 4096 + 409 = 4505, given 5120.
    let executor = &granted.containers[0];
    assert_eq!((executor.asked_bytes >> 20, executor.granted_bytes), (4505, Some(5 << 30)));
    assert_eq!(executor.rounding_bytes, Some(615 << 20));
    let refused = yarn("8g", &[]);
    assert_eq!(refused.verdict, OutcomeVerdict::RefusedAtSubmission);
    let text = refused.spark_text.expect("Spark says why");
    assert!(
        text.starts_with("Required executor memory (8192 MB), offHeap memory (0) MB, overhead (819 MB)"),
        "{text}"
    );
    // 7448 + 744 = 8192.
    assert!(refused.remedy.expect("advice").contains("at most 7448m"));
    let waits = yarn("8g", &[("poolsim.yarn.maximumAllocation", "16g")]);
    assert_eq!(waits.verdict, OutcomeVerdict::NeverScheduled);
    assert_eq!(waits.spark_text, None);
    assert_eq!(
        yarn("8g", &[("poolsim.yarn.maximumAllocation", "16g"), ("poolsim.yarn.nodeMemory", "16g")])
            .containers[0]
            .per_node,
        Some(1)
    );
}

#[test]
fn the_largest_heap_that_fits_is_the_largest() {
    for (limit, more) in [(8192, "0"), (9000, "1g"), (1025, "0"), (20_000, "2g")] {
        let pairs = [
            ("spark.master", "yarn"),
            ("spark.memory.offHeap.size", more),
            ("spark.memory.offHeap.enabled", if more == "0" { "false" } else { "true" }),
        ];
        let conf = Conf::builder(DEFAULT_VERSION).layer("test", pairs).build().expect("settings");
        let deployment = Deployment::of(&conf);
        let (_, container) = process::executor(&conf, &deployment);
        let heap = cluster::largest_heap_mib(&conf, &deployment, &container, limit).expect("it fits");
        let total = |heap: u64| heap + (heap / 10).max(384) + container.off_heap_mib;
        assert!(total(heap) <= limit && total(heap + 1) > limit, "{limit}: {heap}");
    }
}

#[test]
fn a_pod_above_every_node_is_accepted_and_waits() {
    let pairs = [
        ("spark.master", "k8s://c"),
        ("spark.executor.memory", "8g"),
        ("poolsim.kubernetes.nodeMemory", "8g"),
    ];
    let outcome = of(&pairs).outcome;
    assert_eq!(outcome.verdict, OutcomeVerdict::NeverScheduled);
    assert!(outcome.spark_text.expect("a warning").starts_with("Initial job has not accepted any resources"));
}

#[test]
fn python_on_kubernetes_has_four_tenths_in_both_pods() {
    let pairs = [
        ("spark.master", "k8s://c"),
        ("spark.submit.deployMode", "cluster"),
        ("poolsim.isPython", "true"),
        ("spark.executor.memory", "4g"),
        ("spark.executor.cores", "4"),
        ("spark.executor.pyspark.memory", "2g"),
        ("spark.driver.memory", "4g"),
    ];
    let report = of(&pairs);
    // trunc(0.4 x 4096) = 1638
    assert_eq!(bytes(executor(&report), "overhead"), 1638 << 20);
    assert_eq!(executor(&report).container.bytes, (4096 + 1638 + 2048) << 20);
    assert_eq!(executor(&report).python_worker_limit.as_ref().map(|limit| limit.bytes), Some(512 << 20));
    assert_eq!(report.driver.container.bytes, (4096 + 1638) << 20);
    let client =
        of(&pairs.map(|(key, value)| if value == "cluster" { (key, "client") } else { (key, value) }));
    assert_eq!(executor(&client).container.bytes, (4096 + 409) << 20);
    assert!(!client.driver.limited && client.driver.container.find("overhead").is_none());
}

#[test]
fn what_spark_refuses_at_its_start_is_an_answer() {
    let small = of(&[("spark.executor.memory", "400m")]);
    assert_eq!(small.outcome.verdict, OutcomeVerdict::RefusedAtStart);
    assert!(
        small
            .outcome
            .spark_text
            .expect("words")
            .starts_with("[INVALID_EXECUTOR_MEMORY] Executor memory 419430400")
    );
    let off_heap = of(&[("spark.memory.offHeap.enabled", "true")]);
    assert_eq!(off_heap.outcome.verdict, OutcomeVerdict::RefusedAtStart);
    assert_eq!(off_heap.executor.expect("an executor").container.bytes, 1408 << 20);
    let cores = of(&[("spark.task.cpus", "2")]);
    assert!(cores.executor.expect("an executor").refused.is_some());
}

#[test]
fn one_task_alone_may_have_all_and_n_a_part() {
    let report = of(&[("spark.executor.cores", "4")]);
    let shares = &executor(&report).shares;
    assert_eq!(shares.len(), 4);
    assert_eq!(shares[0].most_bytes, 455_501_414);
    assert_eq!((shares[3].most_bytes, shares[3].least_bytes), (113_875_353, 56_937_676));
    assert_eq!(shares[3].most_beside_cache_bytes, 227_750_707 / 4);
}

#[test]
fn the_driver_has_pools_and_overhead_too() {
    let pairs =
        [("spark.master", "yarn"), ("spark.submit.deployMode", "cluster"), ("spark.driver.memory", "4g")];
    let report = of(&pairs);
    assert_eq!(bytes(&report.driver, "overhead"), 409 << 20);
    assert_eq!(bytes(&report.driver, "unified"), (((4096_u64 - 300) << 20) as f64 * 0.6) as u64);
    assert_eq!(report.application_master, None);
    let client =
        of(&pairs.map(|(key, value)| if value == "cluster" { (key, "client") } else { (key, value) }));
    assert_eq!(client.application_master.expect("an AM").container.bytes, 896 << 20);
}

#[test]
fn a_master_that_is_none_is_an_error() {
    let layer = Layer {
        name: "test".to_owned(),
        pairs: vec![("spark.master".to_owned(), "mesos://m".to_owned())],
        slips: Slips::Refuse,
    };
    let request = Request::of_settings(&Settings { layers: vec![layer], ..Settings::default() });
    assert!(layout(&request).expect_err("mesos").to_string().contains("no master"));
}

#[test]
fn sizes_whose_sums_overflow_are_refused() {
    for (key, value) in [("spark.memory.offHeap.size", "8191p"), ("spark.executor.memory", "2p")] {
        let layer = Layer {
            name: "test".to_owned(),
            pairs: vec![(key.to_owned(), value.to_owned())],
            slips: Slips::Refuse,
        };
        let request = Request::of_settings(&Settings { layers: vec![layer], ..Settings::default() });
        assert!(layout(&request).is_err(), "{key}");
    }
}
