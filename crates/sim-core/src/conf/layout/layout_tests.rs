//! Worked values of whole layouts, and what Spark refuses.

use super::*;
use crate::conf::{Semantics, SparkVersion};

const YARN: Deployment =
    Deployment { manager: ClusterManager::Yarn, mode: DeployMode::Cluster, language: Language::Jvm };

fn conf(version: SparkVersion, pairs: &[(&str, &str)]) -> Conf {
    let pairs = pairs.iter().copied();
    Conf::builder(version).layer("test", pairs).build().expect("valid settings")
}

fn executor(pairs: &[(&str, &str)]) -> Result<Layout, LayoutError> {
    let conf = conf(SparkVersion::V3_5, pairs);
    Layout::of(&conf, Jvm::executor(&conf, &YARN))
}

#[test]
fn ten_gib_split_into_storage_execution_and_user() {
    let layout = executor(&[("spark.executor.memory", "10g")]).expect("10 GiB");
    assert_eq!(layout.pools.storage_region_bytes, 3_126_853_632);
    assert_eq!(layout.pools.execution_bytes, 3_126_853_632);
    assert_eq!(layout.user_bytes, 4_169_138_176);
    assert_eq!(layout.reserved_bytes, 314_572_800);
}

#[test]
fn twelve_gib_on_four_cores() {
    let layout =
        executor(&[("spark.executor.memory", "12g"), ("spark.executor.cores", "4")]).expect("12 GiB");
    assert_eq!(layout.pools.max_heap_bytes, 7_542_197_452);
    assert_eq!(layout.page_size_bytes, 67_108_848);
}

#[test]
fn a_page_size_that_is_set_is_taken_as_it_is() {
    let layout = executor(&[("spark.buffer.pageSize", "2m")]).expect("1 GiB");
    assert_eq!(layout.page_size_bytes, 2 << 20);
}

#[test]
fn pages_are_off_the_heap_where_it_is_enabled() {
    let layout =
        executor(&[("spark.unsafe.offHeap", "true"), ("spark.memory.offHeap.size", "2g")]).expect("1 GiB");
    assert_eq!(layout.tungsten_mode, MemoryMode::OffHeap);
    assert_eq!(layout.page_size_bytes, 64 << 20);
    assert_eq!(executor(&[("spark.memory.offHeap.enabled", "true")]), Err(LayoutError::NoOffHeapMemory));
}

#[test]
fn off_heap_pools_have_their_size_while_it_is_not_enabled() {
    let layout = executor(&[("spark.memory.offHeap.size", "1000")]).expect("1 GiB");
    assert_eq!(layout.tungsten_mode, MemoryMode::OnHeap);
    assert_eq!(layout.pools.off_heap_storage_region_bytes, 500);
}

#[test]
fn an_executor_memory_without_a_unit_is_refused_as_bytes() {
    let error = executor(&[("spark.executor.memory", "2048")]).expect_err("2048 bytes");
    assert_eq!(
        error.spark_text(&Semantics::of(SparkVersion::V3_5)),
        "[INVALID_EXECUTOR_MEMORY] Executor memory 2048 must be at least 471859200. Please \
         increase executor memory using the --executor-memory option or \
         \"spark.executor.memory\" in Spark configuration."
    );
    assert_eq!(
        error.to_string(),
        "spark.executor.memory is 2048 bytes and must be at least 471859200; Spark's check takes \
         a number without a unit as bytes, did you mean 2048m?"
    );
}

#[test]
fn a_heap_below_the_minimum_is_refused_with_sparks_figures() {
    let error = executor(&[("spark.executor.memory", "449m")]).expect_err("449 MiB");
    // 449 MiB, rounded up to 450 MiB, would be enough: the setting itself is checked too.
    assert!(matches!(error, LayoutError::InvalidExecutorMemory { .. }));
    let error = executor(&[("spark.executor.memory", "400m")]).expect_err("400 MiB");
    assert_eq!(
        error.spark_text(&Semantics::of(SparkVersion::V4_1)),
        "[INVALID_DRIVER_MEMORY] System memory 419430400 must be at least 471859200.\nPlease \
         increase heap size using the --driver-memory option or \"spark.driver.memory\" in Spark \
         configuration. SQLSTATE: F0000"
    );
}

#[test]
fn the_parallel_collector_leaves_less() {
    let layout = executor(&[("poolsim.jvm.collector", "parallel")]).expect("1 GiB");
    assert_eq!(layout.system_memory_bytes, 954_728_448);
    // Its pages have no regions to fit: no header is taken off.
    assert!(layout.page_size_bytes.is_power_of_two());
}

#[test]
fn what_the_jvm_reported_counts_to_the_byte() {
    // As the log of a JVM of 900 MiB under the parallel collector had it: no step of a region is added.
    let reported = [("spark.executor.memory", "900m"), ("poolsim.jvm.maxHeapMemory", "838860801")];
    let layout = executor(&reported).expect("800 MiB and a byte");
    assert_eq!(layout.system_memory_bytes, 838_860_801);
    // (838860801 - 300 MiB) * 0.6
    assert_eq!(layout.pools.max_heap_bytes, 314_572_800);
    let small = [("spark.executor.memory", "900m"), ("poolsim.jvm.maxHeapMemory", "400m")];
    let error = executor(&small).expect_err("less than Spark runs with");
    assert!(matches!(error, LayoutError::InvalidDriverMemory { .. }), "{error:?}");
}

#[test]
fn testing_keys_replace_the_machine() {
    let layout = executor(&[
        ("spark.testing", "true"),
        ("spark.testing.memory", "1000"),
        ("spark.memory.fraction", "1.0"),
    ])
    .expect("1000 bytes");
    assert_eq!(layout.pools.max_heap_bytes, 1000);
    assert_eq!(layout.user_bytes, 0);
}

#[test]
fn an_executor_must_fit_a_task() {
    let conf = conf(SparkVersion::V3_5, &[("spark.task.cpus", "2")]);
    assert_eq!(Layout::check_cores(&conf, 2), Ok(()));
    let error = Layout::check_cores(&conf, 1).expect_err("one core");
    assert_eq!(
        error.spark_text(conf.semantics()),
        "The number of cores per executor (=1) has to be >= the number of cpus per task = 2."
    );
}
