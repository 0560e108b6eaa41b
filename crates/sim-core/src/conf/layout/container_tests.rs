//! Sums of Spark's own suites: `BasicExecutorFeatureStepSuite`, `BasicDriverFeatureStepSuite`,
//! `YarnAllocatorSuite`.

use super::*;
use crate::conf::SparkVersion;

const POD: Deployment =
    Deployment { manager: ClusterManager::Kubernetes, mode: DeployMode::Cluster, language: Language::Jvm };
const PYTHON_POD: Deployment = Deployment { language: Language::Python, ..POD };

fn conf(pairs: &[(&str, &str)]) -> Conf {
    let pairs = pairs.iter().copied();
    Conf::builder(SparkVersion::V4_1).layer("test", pairs).build().expect("valid settings")
}

fn executor(pairs: &[(&str, &str)], deployment: &Deployment) -> Container {
    Container::executor(&conf(pairs), deployment, &ProfileMemory::default()).expect("a valid executor")
}

#[test]
fn overhead_is_a_tenth_and_at_least_384_mib() {
    let small = executor(&[("spark.executor.memory", "1g")], &POD);
    assert_eq!((small.overhead_mib, small.total_mib()), (384, 1408));
    // 0.1 * 12288 = 1228.8
    let large = executor(&[("spark.executor.memory", "12g")], &POD);
    assert_eq!((large.overhead_mib, large.total_mib()), (1228, 13516));
}

#[test]
fn an_overhead_that_is_set_has_no_minimum() {
    let none = executor(&[("spark.executor.memoryOverhead", "0")], &POD);
    assert_eq!(none.total_mib(), 1024);
}

#[test]
fn the_minimum_is_a_setting_since_4_0() {
    let pairs = [("spark.executor.minMemoryOverhead", "500m")];
    assert_eq!(executor(&pairs, &POD).total_mib(), 1524);
    let old =
        Conf::builder(SparkVersion::V3_5).layer("test", pairs).build().expect("an unknown key is no error");
    let container = Container::executor(&old, &POD, &ProfileMemory::default());
    assert_eq!(container.map(|c| c.total_mib()), Ok(1408));
    assert_eq!(old.ignored(), ["spark.executor.minMemoryOverhead"]);
}

#[test]
fn off_heap_memory_counts_where_it_is_enabled() {
    let size = ("spark.memory.offHeap.size", "1g");
    assert_eq!(executor(&[size], &POD).off_heap_mib, 0);
    let enabled = ("spark.memory.offHeap.enabled", "true");
    assert_eq!(executor(&[size, enabled], &POD).total_mib(), 2432);
    let error = Container::executor(&conf(&[enabled]), &POD, &ProfileMemory::default());
    assert_eq!(error, Err(LayoutError::NoOffHeapMemory));
}

#[test]
fn python_memory_counts_for_python_alone() {
    let pairs = [("spark.executor.pyspark.memory", "2g"), ("spark.kubernetes.memoryOverheadFactor", "0.1")];
    assert_eq!(executor(&pairs, &POD).pyspark_mib, 0);
    let python = executor(&pairs, &PYTHON_POD);
    assert_eq!(python.total_mib(), 1024 + 384 + 2048);
    assert_eq!(python.python_worker_limit_mib(3), Some(682));
    let shell = Deployment { mode: DeployMode::Client, ..PYTHON_POD };
    assert_eq!(executor(&pairs, &shell).pyspark_mib, 0);
}

#[test]
fn kubernetes_gives_python_and_r_four_tenths_unless_told_otherwise() {
    let memory = [("spark.driver.memory", "7680m")];
    assert_eq!(Container::driver(&conf(&memory), &POD).total_mib(), 8448);
    let r = Deployment { language: Language::R, ..POD };
    for deployment in [PYTHON_POD, r] {
        let driver = Container::driver(&conf(&memory), &deployment);
        assert_eq!(driver.total_mib(), 10_752);
    }
    let own = conf(&[memory[0], ("spark.driver.memoryOverheadFactor", "0.1")]);
    assert_eq!(Container::driver(&own, &PYTHON_POD).total_mib(), 8448);
    assert!((executor_overhead_factor(&own, &PYTHON_POD) - 0.4).abs() < f64::EPSILON);
    let all = conf(&[memory[0], ("spark.kubernetes.memoryOverheadFactor", "0.2")]);
    assert_eq!(Container::driver(&all, &PYTHON_POD).total_mib(), 9216);
}

#[test]
fn a_profile_replaces_parts_and_not_the_overhead_computed_from_the_heap() {
    let profile = ProfileMemory { heap_mib: Some(10_240), ..ProfileMemory::default() };
    let container = Container::executor(&conf(&[]), &POD, &profile).expect("a valid executor");
    assert_eq!((container.heap_mib, container.overhead_mib), (10_240, 384));
}

#[test]
fn the_application_master_is_the_driver_in_cluster_mode() {
    let yarn = Deployment { manager: ClusterManager::Yarn, ..POD };
    let conf = conf(&[("spark.driver.memory", "8g")]);
    let total = |mode| {
        let deployment = Deployment { mode, ..yarn };
        Container::application_master(&conf, &deployment).total_mib()
    };
    assert_eq!(total(DeployMode::Cluster), 8192 + 819);
    assert_eq!(total(DeployMode::Client), 512 + 384);
}
