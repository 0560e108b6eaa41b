//! Settings as users write them, and the messages they get.

use super::*;
use crate::conf::ConfError;
use crate::conf::semantics::ErrorText;

fn build(pairs: &[(&str, &str)]) -> Result<Conf, ConfError> {
    Conf::builder(SparkVersion::V3_5).layer("--conf", pairs.iter().copied()).build()
}

fn message(pairs: &[(&str, &str)]) -> String {
    build(pairs).expect_err("a bad setting").to_string()
}

#[test]
fn every_version_has_its_defaults() {
    for version in SparkVersion::ALL {
        let conf = Conf::defaults(version);
        assert_eq!(conf.mib(Key::ExecutorMemory), 1024);
        assert!(!conf.is_set(Key::ExecutorMemory));
        assert_eq!(conf.optional_mib(Key::ExecutorMemoryOverhead), None);
        assert_eq!(conf.time_ns(Key::LocalityWaitNode), 3_000_000_000);
        assert_eq!(conf.word(Key::PoolsimWakeOrder), "hotspot");
    }
    let conf = Conf::defaults(SparkVersion::V4_1);
    assert_eq!(conf.semantics().error_text, ErrorText::SqlState);
}

#[test]
fn a_later_layer_overrides_and_the_layer_is_known() {
    let conf = Conf::builder(SparkVersion::V4_1)
        .layer("spark-defaults.conf", [("spark.executor.memory", "2g")])
        .layer("--conf", [("spark.executor.memory", "4096")])
        .build()
        .expect("valid settings");
    assert_eq!(conf.bytes(Key::ExecutorMemory), 4 << 30);
    assert_eq!(conf.raw(Key::ExecutorMemory), Some("4096"));
    assert_eq!(conf.layer_of(Key::ExecutorMemory), Some("--conf"));
    let all: Vec<_> = conf.explicit().collect();
    assert_eq!(all, [(Key::ExecutorMemory, "4096", "--conf")]);
}

#[test]
fn the_same_key_twice_in_a_layer_is_an_error() {
    assert_eq!(
        message(&[("spark.task.cpus", "1"), ("spark.executor.cores", "2"), ("spark.task.cpus", "2")]),
        "spark.task.cpus is set twice (--conf), to `1` and to `2`: keep one"
    );
}

#[test]
fn an_older_name_counts_unless_the_newer_is_set() {
    let older = ("spark.yarn.executor.memoryOverhead", "7");
    let conf = build(&[older]).expect("an older name");
    assert_eq!(conf.optional_mib(Key::ExecutorMemoryOverhead), Some(7));
    let conf = build(&[older, ("spark.executor.memoryOverhead", "8")]).expect("both names");
    assert_eq!(conf.optional_mib(Key::ExecutorMemoryOverhead), Some(8));
}

#[test]
fn a_fallback_follows_its_key() {
    let conf = build(&[("spark.locality.wait", "1s")]).expect("a time");
    assert_eq!(conf.time_ns(Key::LocalityWaitRack), 1_000_000_000);
    let off = build(&[("spark.sql.autoBroadcastJoinThreshold", "-1")]).expect("off");
    let adaptive = Key::SqlAdaptiveAutoBroadcastJoinThreshold;
    assert_eq!(off.limit_bytes(adaptive), None);
    assert_eq!(Conf::defaults(SparkVersion::V3_5).limit_bytes(adaptive), Some(10 << 20));
}

#[test]
fn unknown_spark_keys_are_listed_and_unknown_poolsim_keys_refused() {
    let conf = build(&[("spark.app.name", "x"), ("spark.memory.fracton", "0.7")]).expect("listed");
    assert_eq!(conf.ignored(), ["spark.app.name", "spark.memory.fracton"]);
    assert_eq!(
        message(&[("poolsim.wakeorder", "fifo")]),
        "there is no setting poolsim.wakeorder (--conf): did you mean poolsim.wakeOrder?"
    );
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    assert_eq!(
        message(&[("spark.executor.memory", "1.5g")]),
        "spark.executor.memory=`1.5g` (--conf) is not a size: a whole number and b, k, m, g, t \
         or p, alone in MiB; fractions are not supported: write 1536m"
    );
    assert_eq!(
        message(&[("spark.memory.offHeap.enabled", "yes")]),
        "spark.memory.offHeap.enabled=`yes` (--conf) is not true or false"
    );
    assert_eq!(
        message(&[("poolsim.boundary", "none")]),
        "poolsim.boundary=`none` (--conf) is not one of unified, static, no-borrowing"
    );
    assert_eq!(
        message(&[("spark.driver.maxResultSize", "9000p")]),
        "spark.driver.maxResultSize=`9000p` (--conf) is not a size: a whole number and b, k, m, \
         g, t or p, alone in bytes; it is more than 64 bits hold: use less"
    );
}

#[test]
fn a_value_out_of_range_is_named_with_the_range() {
    for (key, value, range) in [
        ("spark.memory.storageFraction", "1.0", "at least 0 and below 1"),
        ("spark.memory.fraction", "0", "above 0 and at most 1"),
        ("spark.executor.cores", "0", "at least 1"),
        ("spark.memory.offHeap.size", "-1", "at least 0b"),
        ("spark.executor.memory", "512k", "at least 1048576b"),
        ("spark.task.cpus", "0.5", "a whole number of at least 1 in Spark 3.5"),
        ("spark.locality.wait", "-1s", "at least 0 milliseconds"),
        ("spark.executor.memoryOverheadFactor", "0", "above 0"),
    ] {
        let message = message(&[(key, value)]);
        let ours = message.split("; Spark says: ").next();
        let expected = format!("{key}=`{value}` (--conf) must be {range}");
        assert_eq!(ours, Some(expected.as_str()));
    }
}

#[test]
fn sizes_and_times_have_ends() {
    let error = build(&[("spark.executor.memory", "9223372036854775807m")]);
    assert!(error.is_err(), "MiB that do not fit 64 bits as bytes");
    let conf = Conf::defaults(SparkVersion::V3_5);
    let ever = Key::DynamicAllocationShuffleTrackingTimeout;
    assert_eq!(conf.time_ns(ever), u64::MAX);
    let conf = build(&[("spark.sql.broadcastTimeout", "-1")]).expect("for ever");
    assert_eq!(conf.time_ns(Key::SqlBroadcastTimeout), u64::MAX);
}

#[test]
fn fractions_of_a_core_since_4_3() {
    let conf = Conf::builder(SparkVersion::V4_3)
        .layer("--conf", [("spark.task.cpus", "0.1")])
        .build()
        .expect("a tenth of a core");
    assert_eq!(conf.nano_cpus(Key::TaskCpus), 100_000_000);
}

#[test]
fn settings_of_the_run_alone_share_a_plan() {
    let base = build(&[]).expect("defaults");
    let run = build(&[("spark.memory.fraction", "0.7")]).expect("a fraction");
    let plan = build(&[("spark.sql.shuffle.partitions", "7")]).expect("partitions");
    assert!(base.same_plan(&run));
    assert!(!base.same_plan(&plan));
    // Steps of a plan serialize too; what a spill costs is the run's.
    let steps = build(&[("poolsim.cpu.serializeBytePs", "0")]).expect("picoseconds");
    let spills = build(&[("poolsim.spill.cpuBytePs", "0")]).expect("picoseconds");
    assert!(!base.same_plan(&steps));
    assert!(base.same_plan(&spills));
}
