//! The heap of a JVM: what it reports, the pools in it, a page, and what tasks can have.

use sim_core::conf::layout::unified::RESERVED_SYSTEM_MEMORY_BYTES;
use sim_core::conf::layout::{Collector, InitialHeap, Layout, unified_inputs};
use sim_core::conf::{Conf, Key};
use sim_core::memory::MemoryMode;
use workload::scenario::Ground;

use super::report::{HeapReport, Part, TaskShare};
use super::setting::settings;
use super::shown;

/// A JVM as it is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    /// The key of its heap.
    pub(super) heap: Key,
    /// The key of its options.
    pub(super) options: Option<Key>,
    /// Its collector.
    pub(super) collector: Collector,
    /// How `-Xms` stands to `-Xmx`.
    pub(super) initial: InitialHeap,
    /// `Runtime.maxMemory`.
    pub(super) reported_bytes: u64,
}

/// What its heap is and would be.
pub(super) fn report(conf: &Conf, started: &Started) -> HeapReport {
    let named = |key: Key| conf.text(key).and_then(Collector::of_options).is_some();
    let collector_from = match started.options {
        _ if conf.is_set(Key::PoolsimJvmCollector) => Key::PoolsimJvmCollector.name(),
        Some(key) if named(key) => key.name(),
        _ => "default",
    };
    let xmx_bytes = conf.bytes(started.heap);
    let inputs = unified_inputs(conf, started.reported_bytes);
    HeapReport {
        xmx_bytes,
        xms_is_xmx: started.initial == InitialHeap::EqualsMaximum,
        collector: shown::name(started.collector),
        collector_from,
        reported_bytes: started.reported_bytes,
        by_collector: shown::by_collector(xmx_bytes, &inputs, (started.collector, started.initial)),
    }
}

/// The heap with its parts, or without where Spark has no pools in it.
pub(super) fn heap(conf: &Conf, started: &Started, layout: Option<&Layout>) -> Part {
    let xmx = conf.bytes(started.heap);
    let collector = shown::name(started.collector);
    let reported = layout.map_or(started.reported_bytes, |layout| layout.system_memory_bytes);
    let said = match reported.cmp(&xmx) {
        std::cmp::Ordering::Equal => "the JVM reports all of it".to_owned(),
        std::cmp::Ordering::Less => format!("the JVM reports {reported} bytes under {collector}"),
        std::cmp::Ordering::Greater => format!("the JVM reports {reported} bytes, rounded up by {collector}"),
    };
    let formula = format!("-Xmx{}m; {said}", xmx >> 20);
    let mut parts = Vec::new();
    if let Some(layout) = layout {
        if reported < xmx {
            parts.push(not_reported(conf, xmx, reported, collector));
        }
        parts.extend(pools(conf, layout));
    }
    Part::new("heap", xmx, formula, "JVM option -Xmx; Runtime.maxMemory measured on Java 17")
        .with(settings(conf, [started.heap]))
        .on(Ground::Real)
        .of(parts)
}

fn not_reported(conf: &Conf, xmx: u64, reported: u64, collector: &str) -> Part {
    let replaced =
        [Key::TestingMemory, Key::PoolsimJvmMaxHeapMemory].into_iter().find(|key| conf.is_set(*key));
    let formula = format!("{xmx} - {reported}");
    match replaced {
        Some(key) => {
            Part::new("not_reported", xmx - reported, formula, "what the heap is said to have instead")
                .with(settings(conf, [key]))
                .on(Ground::Arithmetic)
        }
        None => Part::new(
            "not_reported",
            xmx - reported,
            format!("{formula}: a survivor space of {collector}, which Runtime.maxMemory leaves out"),
            "HotSpot's generations, measured on Java 17",
        )
        .with(settings(conf, [Key::PoolsimJvmCollector]))
        .on(Ground::Real),
    }
}

fn pools(conf: &Conf, layout: &Layout) -> Vec<Part> {
    let (system, reserved, pools) = (layout.system_memory_bytes, layout.reserved_bytes, &layout.pools);
    let (fraction, unified) = (conf.double(Key::MemoryFraction), pools.max_heap_bytes);
    let storage_fraction = conf.double(Key::MemoryStorageFraction);
    let region = pools.storage_region_bytes;
    let reserved_part = match reserved {
        RESERVED_SYSTEM_MEMORY_BYTES => Part::new(
            "reserved",
            reserved,
            "300 MiB, a constant".into(),
            "UnifiedMemoryManager.RESERVED_SYSTEM_MEMORY_BYTES",
        ),
        _ => Part::new(
            "reserved",
            reserved,
            format!("{reserved} bytes as set"),
            "UnifiedMemoryManager.getMaxMemory",
        )
        .with(settings(conf, [Key::TestingReservedMemory, Key::Testing])),
    };
    let user = Part::new(
        "user",
        layout.user_bytes,
        format!("{system} - {reserved} - {unified}"),
        "what UnifiedMemoryManager.getMaxMemory leaves",
    )
    .with(settings(conf, [Key::MemoryFraction]))
    .on(Ground::Arithmetic)
    .holding("objects of user code, Spark's own, results, deserialized broadcasts");
    let storage = Part::new(
        "storage_region",
        region,
        format!("trunc({unified} x {storage_fraction})"),
        "UnifiedMemoryManager.apply",
    )
    .with(settings(conf, [Key::MemoryStorageFraction]))
    .holding("cached blocks that execution cannot evict; execution may use what they leave");
    let execution = Part::new(
        "execution",
        pools.execution_bytes,
        format!("{unified} - {region}"),
        "MemoryManager.onHeapExecutionMemoryPool",
    )
    .holding("pages of sorts, joins and aggregations; storage may borrow what is free");
    let both = Part::new(
        "unified",
        unified,
        format!("trunc(({system} - {reserved}) x {fraction})"),
        "UnifiedMemoryManager.getMaxMemory",
    )
    .with(settings(conf, [Key::MemoryFraction]))
    .of(vec![storage, execution]);
    vec![reserved_part.holding("Spark's own objects"), user, both]
}

/// The pools off the heap.
pub(super) fn off_heap_pools(conf: &Conf, layout: &Layout) -> Vec<Part> {
    let pools = &layout.pools;
    let (all, region) = (pools.max_off_heap_bytes, pools.off_heap_storage_region_bytes);
    let fraction = conf.double(Key::MemoryStorageFraction);
    vec![
        Part::new(
            "off_heap_storage_region",
            region,
            format!("trunc({all} x {fraction})"),
            "MemoryManager.offHeapStorageMemory",
        )
        .with(settings(conf, [Key::MemoryStorageFraction])),
        Part::new(
            "off_heap_execution",
            pools.off_heap_execution_bytes,
            format!("{all} - {region}"),
            "MemoryManager.offHeapExecutionMemoryPool",
        ),
    ]
}

/// A page of a consumer. Cores are those that the JVM was told; without, it asks the machine.
pub(super) fn page(conf: &Conf, layout: &Layout, cores: Option<u32>, collector: Collector) -> Option<Part> {
    let bytes = layout.page_size_bytes;
    let source = "MemoryManager.defaultPageSizeBytes";
    if conf.is_set(Key::BufferPageSize) {
        let part = Part::new("page", bytes, format!("{bytes} bytes as set"), source);
        return Some(part.with(settings(conf, [Key::BufferPageSize])));
    }
    let cores = cores?;
    let execution = match layout.tungsten_mode {
        MemoryMode::OnHeap => layout.pools.execution_bytes,
        MemoryMode::OffHeap => layout.pools.off_heap_execution_bytes,
    };
    let header = match bytes.is_power_of_two() {
        true => String::new(),
        false => format!(", less 16 of an array's header in regions of {}", shown::name(collector)),
    };
    let formula = format!("nextPowerOfTwo({execution} / {cores} / 16) within 1 and 64 MiB{header}");
    Some(Part::new("page", bytes, formula, source).with(settings(conf, [Key::BufferPageSize])))
}

/// What each of 1 to `slots` active tasks can have.
pub(super) fn shares(layout: &Layout, slots: u32) -> Vec<TaskShare> {
    let pools = &layout.pools;
    let (all, region) = match layout.tungsten_mode {
        MemoryMode::OnHeap => (pools.max_heap_bytes, pools.storage_region_bytes),
        MemoryMode::OffHeap => (pools.max_off_heap_bytes, pools.off_heap_storage_region_bytes),
    };
    let beside = all - region;
    (1..=slots)
        .map(|active_tasks| {
            let n = u64::from(active_tasks);
            TaskShare {
                active_tasks,
                most_bytes: all / n,
                least_bytes: all / (2 * n),
                most_beside_cache_bytes: beside / n,
                least_beside_cache_bytes: beside / (2 * n),
            }
        })
        .collect()
}
