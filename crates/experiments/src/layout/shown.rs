//! The figures that Spark shows of the pools. One size has several spellings, and a heap several sizes by collector:
//! `2g` is 1048.8 MiB in a log of G1, `1 GiB` in the web UI, and was `956.6 MB` in that of Spark 2 on Java 8.

use sim_core::conf::layout::unified::UnifiedInputs;
use sim_core::conf::layout::{Collector, InitialHeap, UnifiedPools, runtime_max_memory};
use sim_core::conf::quantity::bytes_to_string;

use super::report::{ByCollector, Shown};

impl Shown {
    /// How Spark shows pools of so many bytes.
    #[must_use]
    pub fn of(block_manager_bytes: u64) -> Self {
        Self {
            block_manager_bytes,
            log: bytes_to_string(block_manager_bytes),
            web_ui: format_bytes(block_manager_bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]),
            web_ui_2: format_bytes(block_manager_bytes, 1000, &["B", "KB", "MB", "GB", "TB", "PB", "EB"]),
        }
    }
}

/// `formatBytes` of the UI's `utils.js`: the largest unit, one decimal, no `.0`.
fn format_bytes(bytes: u64, step: u64, units: &[&str]) -> String {
    if bytes == 0 {
        return "0.0 B".to_owned();
    }
    let mut exponent = 0;
    let mut unit = 1_u128;
    while exponent + 1 < units.len() && u128::from(bytes) >= unit * u128::from(step) {
        unit *= u128::from(step);
        exponent += 1;
    }
    // toFixed(1) rounds the exact quotient half up.
    let tenths = (u128::from(bytes) * 20 + unit) / (unit * 2);
    match tenths % 10 {
        0 => format!("{} {}", tenths / 10, units[exponent]),
        rest => format!("{}.{rest} {}", tenths / 10, units[exponent]),
    }
}

/// Every collector of today with the name that `poolsim.jvm.collector` has for it.
pub(super) const COLLECTORS: [(Collector, &str); 5] = [
    (Collector::G1, "g1"),
    (Collector::Parallel, "parallel"),
    (Collector::Serial, "serial"),
    (Collector::Zgc, "zgc"),
    (Collector::Shenandoah, "shenandoah"),
];

/// The name of a collector.
pub(super) fn name(collector: Collector) -> &'static str {
    match collector {
        Collector::Cms => "cms",
        _ => COLLECTORS.iter().find(|(known, _)| *known == collector).map_or("g1", |(_, name)| name),
    }
}

/// A heap under every collector; only Parallel looks at `-Xms`.
pub(super) fn by_collector(
    xmx_bytes: u64,
    inputs: &UnifiedInputs,
    chosen: (Collector, InitialHeap),
) -> Vec<ByCollector> {
    let both = |collector| match collector {
        Collector::Parallel => vec![InitialHeap::BelowMaximum, InitialHeap::EqualsMaximum],
        _ => vec![chosen.1],
    };
    let rows = COLLECTORS.iter().flat_map(|&(collector, name)| {
        both(collector).into_iter().map(move |initial| (collector, name, initial))
    });
    rows.map(|(collector, name, initial)| {
        let reported_bytes = runtime_max_memory(xmx_bytes, collector, initial);
        let pools = UnifiedPools::of(&UnifiedInputs { system_memory_bytes: reported_bytes, ..*inputs }).ok();
        ByCollector {
            collector: name,
            xms_is_xmx: initial == InitialHeap::EqualsMaximum,
            reported_bytes,
            unified_bytes: pools.map(|pools| pools.max_heap_bytes),
            shown: pools.map(|pools| Shown::of(pools.max_heap_bytes + pools.max_off_heap_bytes)),
            chosen: (collector, initial) == chosen,
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_gib_have_many_names() {
        // (2048 - 300) MiB * 0.6 under G1, and of 1820.5 MiB under Parallel.
        let g1 = Shown::of(1_099_746_508);
        assert_eq!((&*g1.log, &*g1.web_ui, &*g1.web_ui_2), ("1048.8 MiB", "1 GiB", "1.1 GB"));
        let parallel = Shown::of(956_615_884);
        assert_eq!(
            (&*parallel.log, &*parallel.web_ui, &*parallel.web_ui_2),
            ("912.3 MiB", "912.3 MiB", "956.6 MB")
        );
    }

    #[test]
    fn small_and_round_sizes() {
        assert_eq!(Shown::of(0).web_ui, "0.0 B");
        assert_eq!(Shown::of(1023).web_ui, "1023 B");
        assert_eq!(Shown::of(1024).web_ui, "1 KiB");
        assert_eq!(Shown::of(1536).web_ui, "1.5 KiB");
        assert_eq!(Shown::of(u64::MAX).web_ui, "16 EiB");
    }
}
