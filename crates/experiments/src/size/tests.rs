//! The articles' example, refuted; and what fits, which `layout` grants.

use super::*;
use crate::Settings;
use crate::layout::{OutcomeVerdict, layout as lay_out};

fn request(manager: Manager) -> Request {
    Request {
        nodes: 10,
        node_cores: 32,
        node_memory_bytes: 128 << 30,
        os_cores: 1,
        os_memory_bytes: None,
        data_bytes: Some(1 << 40),
        manager,
        executor_cores: None,
        executors_per_node: None,
        executor_memory_bytes: None,
        settings: Settings::default(),
    }
}

#[test]
fn eight_executors_of_14_gib_do_not_fit_a_node_of_128() {
    let proposed = Request {
        os_cores: 0,
        executor_cores: Some(4),
        executors_per_node: Some(8),
        executor_memory_bytes: Some(14 << 30),
        ..request(Manager::Yarn)
    };
    let report = size(&proposed, None, || ()).expect("a cluster");
    let proposal = report.proposal.expect("a proposal");
    assert!(!proposal.fits);
    assert_eq!(report.cluster.usable_memory_bytes >> 20, 117_964);
    assert_eq!((proposal.container_bytes >> 20, proposal.node_asked_bytes >> 20), (15_769, 126_152));
    assert_eq!(proposal.executors_that_fit, 7);
    assert_eq!(
        proposal.steps[1].arithmetic,
        "8 x 15769 MiB = 126152 MiB = 123.2 GiB of 115.2 GiB: does not fit"
    );
    // 14 GiB containers: 13033 + 1303 = 14336.
    assert_eq!(proposal.heap_that_fits_bytes, Some(13_033 << 20));
}

#[test]
fn every_line_is_granted_as_it_was_sized() {
    for manager in [Manager::Yarn, Manager::Kubernetes, Manager::Standalone] {
        let request = request(manager);
        let report = size(&request, None, || ()).expect("a cluster");
        assert!(report.recommended.is_some());
        for it in report.candidates.iter().filter(|it| it.refused.is_none()) {
            let usable = format!("{}m", report.cluster.usable_memory_bytes >> 20);
            let keys = [
                "poolsim.yarn.nodeMemory",
                "poolsim.yarn.maximumAllocation",
                "poolsim.kubernetes.nodeMemory",
                "poolsim.standalone.workerMemory",
            ];
            let pairs = keys.map(|key| (key.to_owned(), usable.clone())).into();
            let layer = Layer { name: "nodes".to_owned(), pairs, slips: Slips::Refuse };
            let settings = Settings { layers: vec![layer], ..Settings::default() };
            let submitted = layout::Request::of_submit(&it.submit, &settings).expect(&it.submit);
            let layout = lay_out(&submitted).expect(&it.submit);
            assert_eq!(
                layout.outcome.verdict,
                OutcomeVerdict::Granted,
                "{}: {}",
                it.submit,
                layout.outcome.text
            );
            let executor = layout.executor.expect("an executor");
            assert_eq!(executor.container.bytes, it.container_bytes, "{}", it.submit);
            assert_eq!(executor.container.find("unified").map(|part| part.bytes), Some(it.unified_bytes));
            assert_eq!(executor.shares.last().map(|share| share.most_bytes), Some(it.task_share_bytes));
            if manager == Manager::Yarn {
                assert_eq!(
                    layout.outcome.containers[0].granted_bytes,
                    Some(it.granted_bytes),
                    "{}",
                    it.submit
                );
            }
        }
    }
}

#[test]
fn containers_driver_and_all_fit_the_nodes_and_no_larger_heap_does() {
    let report = size(&request(Manager::Yarn), None, || ()).expect("a cluster");
    let usable = report.cluster.usable_memory_bytes;
    for it in &report.candidates {
        let taken = it.granted_bytes * u64::from(it.executors_per_node);
        assert!(taken <= usable, "{}", it.name);
        assert_eq!(it.unused_memory_bytes, usable - taken, "{}", it.name);
        let heap = (it.heap_bytes >> 20) + 1;
        let container = heap + (heap / 10).max(384);
        assert!(
            container.next_multiple_of(1024) * u64::from(it.executors_per_node) > usable >> 20,
            "{}",
            it.name
        );
        assert!(it.executors <= it.executors_per_node * 10);
    }
    // 31 cores in sixes of 5: one core is left for the driver, 2 GiB of memory are not. Ten times 3 leave both.
    let five = report.candidates.iter().find(|it| it.executor_cores == 5).expect("five cores");
    assert_eq!((five.executors_per_node, five.unused_cores, five.executors), (6, 1, 59));
    let three = report.candidates.iter().find(|it| it.executor_cores == 3).expect("three cores");
    assert_eq!((three.executors_per_node, three.executors), (10, 100));
    assert_eq!(report.recommended.map(|at| report.candidates[at].executor_cores), Some(3));
}

#[test]
fn a_tebibyte_is_8192_partitions_of_128_mib() {
    let report = size(&request(Manager::Yarn), None, || ()).expect("a cluster");
    let partitions = report.partitions.expect("data");
    assert_eq!((partitions.split_bytes, partitions.input_partitions), (128 << 20, 8192));
    let slots = report.candidates[report.recommended.expect("one")].slots;
    assert_eq!(partitions.shuffle_partitions % slots, 0);
    assert!(partitions.shuffle_partitions >= 8192);
}

#[test]
fn little_data_is_cut_for_all_cores() {
    let small = Request { data_bytes: Some(1 << 30), ..request(Manager::Yarn) };
    let report = size(&small, None, || ()).expect("a cluster");
    // 1 GiB for some 300 cores is less than a file costs to open.
    assert_eq!(report.partitions.expect("data").split_bytes, 4 << 20);
}

#[test]
fn numbers_of_which_no_cluster_is_made() {
    let error = |change: &dyn Fn(&mut Request)| {
        let mut request = request(Manager::Yarn);
        change(&mut request);
        size(&request, None, || ()).expect_err("no cluster").to_string()
    };
    assert!(error(&|it| it.nodes = 0).contains("--nodes is 0"));
    assert!(error(&|it| it.os_cores = 32).contains("leave executors at least one"));
    assert!(error(&|it| it.node_memory_bytes = 128).contains("write sizes with a unit"));
    assert!(error(&|it| it.executor_cores = Some(40)).contains("an executor is on one node"));
    assert!(error(&|it| it.executors_per_node = Some(8)).contains("says nothing without"));
}

#[test]
fn odd_sizes_of_yarn_are_kept_within_the_node() {
    let odd = [
        ("10000m", "1024m", "1000m"),
        ("4g", "3000m", "1g"),
        ("1t", "1m", "1m"),
        ("2g", "8g", "1g"),
        ("20g", "7g", "5g"),
    ];
    for (maximum, step, least) in odd {
        let pairs = [
            ("poolsim.yarn.maximumAllocation", maximum),
            ("poolsim.yarn.incrementAllocation", step),
            ("poolsim.yarn.minimumAllocation", least),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let layer = Layer { name: "test".to_owned(), pairs, slips: Slips::Refuse };
        let settings = Settings { layers: vec![layer], ..Settings::default() };
        let report = size(&Request { settings, ..request(Manager::Yarn) }, None, || ()).expect("a cluster");
        for it in report.candidates.iter().filter(|it| it.refused.is_none()) {
            let taken = it.granted_bytes * u64::from(it.executors_per_node);
            assert!(taken <= report.cluster.usable_memory_bytes, "{maximum} {step}: {}", it.name);
            assert!(it.granted_bytes >= it.container_bytes, "{maximum} {step}: {}", it.name);
        }
    }
}

#[test]
fn a_master_of_the_settings_must_be_the_one_asked_for() {
    let layer = Layer {
        name: "test".to_owned(),
        pairs: vec![("spark.master".to_owned(), "local[2]".to_owned())],
        slips: Slips::Refuse,
    };
    let settings = Settings { layers: vec![layer], ..Settings::default() };
    let error = size(&Request { settings, ..request(Manager::Yarn) }, None, || ()).expect_err("local");
    assert!(error.to_string().contains("not what --master says"));
}
