//! What a recorded application changes of a case: the heap that its JVMs reported, and executors that come and go.

use sim_core::conf::layout::{ClusterManager, Collector, Deployment, InitialHeap, runtime_max_memory};
use sim_core::conf::{ClusterShape, Conf, Key, SparkVersion};
use sim_core::engine::RunConf;
use sim_core::units::SimTime;
use workload::{PlanConf, RecordedUnder, Recording, Schedule};

use crate::{Error, Layer};

/// The settings of layers, later ones on top.
pub(crate) fn build(version: SparkVersion, layers: &[Layer]) -> Result<Conf, Error> {
    let builder = layers.iter().fold(Conf::builder(version), |builder, layer| {
        builder.layer(&layer.name, layer.pairs.iter().cloned())
    });
    Ok(builder.build()?)
}

/// Scales the heap that the log's JVMs reported (`poolsim.jvm.maxHeapMemory` of the first layer) with the heap that
/// later layers ask for; where the report is what the settings give anyway, they decide alone.
pub(crate) fn fit_heap(version: SparkVersion, layers: &mut [Layer]) -> Result<(), Error> {
    let pin = Key::PoolsimJvmMaxHeapMemory.name();
    let (first, later) = layers.split_at(1);
    if later.iter().any(|layer| layer.pairs.iter().any(|(key, _)| key == pin)) {
        return Ok(());
    }
    let before = build(version, first)?;
    let Some(reported) = before.optional_bytes(Key::PoolsimJvmMaxHeapMemory) else { return Ok(()) };
    let now = build(version, layers)?;
    let (derived_before, derived_now) = (derived_heap(&before), derived_heap(&now));
    if derived_before == derived_now {
        return Ok(());
    }
    let pairs = &mut layers[0].pairs;
    pairs.retain(|(key, _)| key != pin);
    if reported != derived_before {
        let scaled = u128::from(reported) * u128::from(derived_now) / u128::from(derived_before.max(1));
        pairs.push((pin.to_owned(), u64::try_from(scaled).unwrap_or(u64::MAX >> 1).max(1).to_string()));
    }
    Ok(())
}

/// `Runtime.maxMemory` of the JVM that executes, as its settings give it.
fn derived_heap(conf: &Conf) -> u64 {
    let manager = Deployment::of(conf).manager;
    let (key, options) = match manager {
        ClusterManager::Local => (Key::DriverMemory, Key::DriverExtraJavaOptions),
        _ => (Key::ExecutorMemory, Key::ExecutorExtraJavaOptions),
    };
    let initial = match manager {
        ClusterManager::Kubernetes => InitialHeap::EqualsMaximum,
        ClusterManager::Local | ClusterManager::Yarn | ClusterManager::Standalone => {
            InitialHeap::BelowMaximum
        }
    };
    runtime_max_memory(conf.bytes(key), Collector::of(conf, options), initial)
}

/// How much of the recorded schedule holds under these settings, where `first` are those of the recording: launches are
/// kept under the same settings of Spark, executors where there are as many with as many cores under the same master.
pub(crate) fn schedule(conf: &Conf, first: &Layer) -> Result<Schedule, Error> {
    let before = build(conf.version(), std::slice::from_ref(first))?;
    let same = |key: &Key| conf.get(*key) == before.get(*key);
    if ![Key::Master, Key::ExecutorInstances, Key::ExecutorCores, Key::TaskCpus].iter().all(same) {
        return Ok(Schedule::Anew);
    }
    let set = conf.explicit().map(|(key, ..)| key).filter(|key| !key.name().starts_with("poolsim."));
    let recorded = set.into_iter().all(|key| same(&key));
    Ok(if recorded { Schedule::Recorded } else { Schedule::Executors })
}

/// The settings of a recording that decide on the partitions of its queries.
pub(crate) fn recorded_under(
    conf: &Conf,
    first: &Layer,
    shape: ClusterShape,
) -> Result<RecordedUnder, Error> {
    let before = build(conf.version(), std::slice::from_ref(first))?;
    let (run_conf, _) =
        RunConf::resolve(&before, shape).map_err(|error| Error::refused(error, before.semantics()))?;
    let cores = run_conf.executors.iter().map(|executor| u64::from(executor.cores)).sum();
    Ok(RecordedUnder::of(&PlanConf::of(&before, cores)))
}

/// Puts executors on the machines that they were on, for as long as they were there.
pub(crate) fn place_executors(run_conf: &mut RunConf, recording: &Recording, same: bool) {
    if !same {
        return;
    }
    for (executor, recorded) in run_conf.executors.iter_mut().zip(&recording.executors) {
        executor.node = recorded.node;
        executor.added = SimTime::from_ms(recorded.added_ms);
        executor.removed = recorded.removed_ms.map(SimTime::from_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slips;

    fn layer(pairs: &[(&str, &str)]) -> Layer {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Layer { name: "test".to_owned(), pairs, slips: Slips::Note }
    }

    fn fitted(first: &[(&str, &str)], later: &[(&str, &str)]) -> Option<u64> {
        let mut layers = vec![layer(first), layer(later)];
        fit_heap(SparkVersion::V3_5, &mut layers).expect("good settings");
        let conf = build(SparkVersion::V3_5, &layers).expect("good settings");
        conf.optional_bytes(Key::PoolsimJvmMaxHeapMemory)
    }

    #[test]
    fn the_reported_heap_grows_with_the_heap_that_is_asked_for() {
        let pin = "poolsim.jvm.maxHeapMemory";
        let local = ("spark.master", "local[2]");
        let g1 = [local, ("spark.driver.memory", "1g"), (pin, "1073741824")];
        assert_eq!(fitted(&g1, &[]), Some(1 << 30));
        assert_eq!(fitted(&g1, &[("spark.memory.fraction", "0.2")]), Some(1 << 30));
        assert_eq!(fitted(&g1, &[("spark.driver.memory", "2g")]), None);
        assert_eq!(fitted(&g1, &[("spark.executor.memory", "2g")]), Some(1 << 30), "the driver executes");
        let less = [local, ("spark.driver.memory", "1g"), (pin, "1000000000")];
        assert_eq!(fitted(&less, &[("spark.driver.memory", "2g")]), Some(2_000_000_000));
        assert_eq!(fitted(&less, &[("spark.driver.memory", "2g"), (pin, "7")]), Some(7));
    }

    #[test]
    fn a_schedule_holds_as_far_as_settings_are_the_recorded_ones() {
        let first = layer(&[("spark.executor.instances", "2"), ("spark.executor.cores", "2")]);
        let under = |pairs: &[(&str, &str)]| {
            let layers = [first.clone(), layer(pairs)];
            let conf = build(SparkVersion::V3_5, &layers).expect("good settings");
            schedule(&conf, &first).expect("good settings")
        };
        assert_eq!(under(&[("spark.executor.cores", "2")]), Schedule::Recorded);
        assert_eq!(under(&[("poolsim.wakeOrder", "fifo")]), Schedule::Recorded);
        assert_eq!(under(&[("spark.memory.fraction", "0.2")]), Schedule::Executors);
        assert_eq!(under(&[("spark.executor.instances", "3")]), Schedule::Anew);
        assert_eq!(under(&[("spark.executor.cores", "1")]), Schedule::Anew);
        assert_eq!(under(&[("spark.master", "local[2]")]), Schedule::Anew);
    }
}
