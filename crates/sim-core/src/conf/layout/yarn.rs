//! What YARN makes of the containers asked for: `deploy.yarn.Client.verifyClusterResources` and
//! Hadoop's `DefaultResourceCalculator.normalize`.

use super::container::Container;
use super::error::LayoutError;
use crate::conf::{Conf, Key};

/// The sizes a scheduler of YARN gives, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YarnSizes {
    /// `yarn.scheduler.minimum-allocation-mb`.
    pub minimum_mib: u64,
    /// The step of sizes: the minimum in the capacity scheduler.
    pub increment_mib: u64,
    /// `yarn.scheduler.maximum-allocation-mb`.
    pub maximum_mib: u64,
}

impl YarnSizes {
    /// Reads `poolsim.yarn.*`.
    pub fn of(conf: &Conf) -> YarnSizes {
        YarnSizes {
            minimum_mib: conf.mib(Key::PoolsimYarnMinimumAllocation),
            increment_mib: conf.mib(Key::PoolsimYarnIncrementAllocation),
            maximum_mib: conf.mib(Key::PoolsimYarnMaximumAllocation),
        }
    }

    /// The container that is given for `asked_mib`: rounded up to a step, at least the minimum and
    /// at most the maximum.
    pub fn normalize(&self, asked_mib: u64) -> u64 {
        let asked = asked_mib.max(self.minimum_mib);
        asked.next_multiple_of(self.increment_mib.max(1)).min(self.maximum_mib)
    }

    /// Refuses, as the client does at submission, what is above the maximum: first the executors,
    /// then the application master. Equal is allowed.
    pub fn verify_cluster_resources(
        &self,
        executor: &Container,
        application_master: &Container,
    ) -> Result<(), LayoutError> {
        let maximum_mib = self.maximum_mib;
        if executor.total_mib() > maximum_mib {
            return Err(LayoutError::YarnExecutorTooLarge {
                heap_mib: executor.heap_mib,
                off_heap_mib: executor.off_heap_mib,
                overhead_mib: executor.overhead_mib,
                pyspark_mib: executor.pyspark_mib,
                maximum_mib,
            });
        }
        if application_master.total_mib() > maximum_mib {
            return Err(LayoutError::YarnAmTooLarge {
                heap_mib: application_master.heap_mib,
                overhead_mib: application_master.overhead_mib,
                maximum_mib,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::{Semantics, SparkVersion};

    const SIZES: YarnSizes = YarnSizes { minimum_mib: 1024, increment_mib: 1024, maximum_mib: 8192 };

    fn container(heap_mib: u64, overhead_mib: u64) -> Container {
        Container { heap_mib, overhead_mib, off_heap_mib: 0, pyspark_mib: 0 }
    }

    #[test]
    fn a_container_is_rounded_up_to_a_step() {
        for (asked, given) in [(1, 1024), (1024, 1024), (1408, 2048), (8192, 8192), (9000, 8192)] {
            assert_eq!(SIZES.normalize(asked), given, "{asked}");
        }
        let fine = YarnSizes { increment_mib: 100, ..SIZES };
        assert_eq!(fine.normalize(1408), 1500);
        assert_eq!(YarnSizes::of(&Conf::defaults(SparkVersion::V3_5)), SIZES);
    }

    #[test]
    fn what_is_above_the_maximum_is_refused_in_sparks_words() {
        let master = container(512, 384);
        let semantics = Semantics::of(SparkVersion::V3_5);
        let fits = container(7447, 745);
        assert_eq!(SIZES.verify_cluster_resources(&fits, &master), Ok(()));
        let error = SIZES.verify_cluster_resources(&container(8192, 819), &master).expect_err("9011 MiB");
        assert_eq!(
            error.spark_text(&semantics),
            "Required executor memory (8192 MB), offHeap memory (0) MB, overhead (819 MB), and \
             PySpark memory (0 MB) is above the max threshold (8192 MB) of this cluster! Please \
             check the values of 'yarn.scheduler.maximum-allocation-mb' and/or \
             'yarn.nodemanager.resource.memory-mb'."
        );
        let error = SIZES.verify_cluster_resources(&fits, &container(8000, 800)).expect_err("8800 MiB");
        assert_eq!(
            error.spark_text(&semantics),
            "Required AM memory (8000+800 MB) is above the max threshold (8192 MB) of this \
             cluster! Please check the values of 'yarn.scheduler.maximum-allocation-mb' and/or \
             'yarn.nodemanager.resource.memory-mb'."
        );
    }
}
