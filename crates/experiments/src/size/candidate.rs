//! One way of parting the nodes: how large its executors can be.

use sim_core::conf::layout::{Container, Jvm, Layout, ProfileMemory};
use sim_core::conf::{Conf, Key};
use workload::scenario::Ground;

use super::report::{Candidate, Step};
use super::{Manager, World, gib};
use crate::layout::largest_heap_mib;
use crate::{Error, human};

const MIB: u64 = 1 << 20;
/// Heaps above it lose compressed pointers.
const COMPRESSED_HEAP_MIB: u64 = 32 << 10;

/// The executors of so many cores that fill the nodes.
pub(super) fn candidate(world: &World<'_>, name: String, cores: u32) -> Result<Candidate, Error> {
    let request = world.request;
    let per_node = request.usable_cores() / cores;
    let share = world.usable_mib / u64::from(per_node);
    let budget = world.budget_mib(share);
    let mut it = Candidate {
        name,
        executor_cores: cores,
        executors_per_node: per_node,
        executors: 0,
        slots: 0,
        heap_bytes: 0,
        overhead_bytes: 0,
        container_bytes: 0,
        granted_bytes: 0,
        unified_bytes: 0,
        unified_total_bytes: 0,
        task_share_bytes: 0,
        unused_memory_bytes: 0,
        unused_cores: request.usable_cores() - per_node * cores,
        steps: vec![Step {
            what: "executors on a node",
            arithmetic: format!("{} cores / {cores} = {per_node}", request.usable_cores()),
            ground: Ground::Arithmetic,
        }],
        why: Vec::new(),
        submit: String::new(),
        simulated: None,
        refused: None,
    };
    it.steps.push(Step {
        what: "room for each",
        arithmetic: match request.manager {
            Manager::Yarn if budget != share => {
                format!(
                    "{} MiB / {per_node} = {share} MiB, down to a step YARN gives: {budget} MiB",
                    world.usable_mib
                )
            }
            _ => format!("{} MiB / {per_node} = {share} MiB", world.usable_mib),
        },
        ground: Ground::Source,
    });
    let Some(heap) = heap_within(world, budget)? else {
        it.refused = Some(format!("{budget} MiB leave no heap beside the overhead"));
        return Ok(it);
    };
    let conf = conf_of(world, cores, heap)?;
    let container = match Container::executor(&conf, &world.deployment, &ProfileMemory::default()) {
        Ok(container) => container,
        Err(error) => {
            it.refused = Some(error.to_string());
            return Ok(it);
        }
    };
    let asked = container.total_mib();
    let granted = world.granted_mib(asked);
    (it.heap_bytes, it.overhead_bytes) = (heap * MIB, container.overhead_mib * MIB);
    (it.container_bytes, it.granted_bytes) = (asked * MIB, granted * MIB);
    let beside = match container.off_heap_mib + container.pyspark_mib {
        0 => String::new(),
        more => format!(" + {more} off-heap and PySpark"),
    };
    it.steps.push(Step {
        what: "largest heap",
        arithmetic: format!("{heap} + {} overhead{beside} = {asked} MiB", container.overhead_mib),
        ground: Ground::Source,
    });
    if granted != asked {
        it.steps.push(Step {
            what: "given",
            arithmetic: format!("{granted} MiB, {} more than asked for", granted - asked),
            ground: Ground::Source,
        });
    }
    let left = world.usable_mib.saturating_sub(granted * u64::from(per_node));
    it.unused_memory_bytes = left * MIB;
    executors(world, &mut it, left);
    if it.executors == 0 {
        it.refused = Some("the driver leaves no room for an executor".to_owned());
        return Ok(it);
    }
    let layout = Layout::of(&conf, Jvm::executor(&conf, &world.deployment));
    let layout = layout.and_then(|layout| Layout::check_cores(&conf, cores).map(|()| layout));
    match layout {
        Ok(layout) => {
            let unified = layout.pools.max_heap_bytes + layout.pools.max_off_heap_bytes;
            it.unified_bytes = unified;
            it.unified_total_bytes = unified.saturating_mul(u64::from(it.executors));
            let pool = match layout.pools.max_off_heap_bytes {
                off_heap if conf.flag(Key::MemoryOffHeapEnabled) => off_heap,
                _ => layout.pools.max_heap_bytes,
            };
            let slots = u64::from(cores) * 1_000_000_000 / conf.nano_cpus(Key::TaskCpus).max(1);
            it.slots = slots * u64::from(it.executors);
            it.task_share_bytes = pool / slots.max(1);
        }
        Err(error) => it.refused = Some(error.to_string()),
    }
    it.why = why(&it, per_node * request.nodes - it.executors);
    it.submit = submit(world, &it, None);
    Ok(it)
}

/// The executors of all nodes, less those whose room the driver needs.
fn executors(world: &World<'_>, it: &mut Candidate, left_mib: u64) {
    let all = it.executors_per_node * world.request.nodes;
    let (who, memory, cores) = world.driver();
    let displaced =
        displaced(world, (left_mib, it.unused_cores), (it.granted_bytes / MIB, it.executor_cores));
    // One node makes room; more than it has cannot be displaced on it.
    it.executors = match displaced <= it.executors_per_node {
        true => all - displaced,
        false => 0,
    };
    let count = |cores: u32| human::count(cores.into(), "core");
    let (needs, left) = (count(cores), count(it.unused_cores));
    let room = format!("{left_mib} MiB and {left} of a node are left");
    it.steps.push(Step {
        what: "executors",
        arithmetic: match (memory, displaced) {
            (0, _) => format!(
                "{} x {} = {all}; the driver runs elsewhere",
                it.executors_per_node, world.request.nodes
            ),
            (_, 0) => format!(
                "{} x {} = {all}; {room}, where the {who} ({memory} MiB, {needs}) fits",
                it.executors_per_node, world.request.nodes
            ),
            _ => format!(
                "{} x {} - {displaced} = {}; {room}, too little for the {who} ({memory} MiB, {needs})",
                it.executors_per_node, world.request.nodes, it.executors
            ),
        },
        ground: Ground::Arithmetic,
    });
}

/// Executors of so much memory and so many cores that make room for the driver on a node with so much left.
pub(super) fn displaced(world: &World<'_>, left: (u64, u32), executor: (u64, u32)) -> u32 {
    let (_, memory, cores) = world.driver();
    let by_memory = memory.saturating_sub(left.0).div_ceil(executor.0.max(1));
    let by_cores = u64::from(cores.saturating_sub(left.1)).div_ceil(u64::from(executor.1.max(1)));
    u32::try_from(by_memory.max(by_cores)).unwrap_or(u32::MAX)
}

/// The largest heap whose container is within a budget.
pub(super) fn heap_within(world: &World<'_>, budget_mib: u64) -> Result<Option<u64>, Error> {
    let beside = Container::executor(&world.conf, &world.deployment, &ProfileMemory::default());
    let container = beside.map_err(|error| Error::refused(error, world.conf.semantics()))?;
    Ok(largest_heap_mib(&world.conf, &world.deployment, &container, budget_mib))
}

pub(super) fn conf_of(world: &World<'_>, cores: u32, heap_mib: u64) -> Result<Conf, Error> {
    world.with(&[(Key::ExecutorCores, cores.to_string()), (Key::ExecutorMemory, format!("{heap_mib}m"))])
}

fn why(it: &Candidate, displaced: u32) -> Vec<String> {
    let mut why = Vec::new();
    let heap = it.heap_bytes / MIB;
    match it.executor_cores {
        1 => why.push(format!(
            "each task has an executor of its own: no neighbour takes its memory, and {} of a node go to reserved \
             memory and overhead; every broadcast and every shared class is held {} times on a node",
            human::bytes((it.overhead_bytes + (300 << 20)) * u64::from(it.executors_per_node)),
            it.executors_per_node
        )),
        2..=5 => why.push(
            "a few cores share broadcasts and lend each other memory while pauses stay short (a rule of thumb)".to_owned(),
        ),
        cores => why.push(format!(
            "{cores} tasks share one heap, one collector and one disk writer: pauses grow with it, and a lost \
             executor loses {cores} tasks and all cached blocks of its node"
        )),
    }
    if heap >= COMPRESSED_HEAP_MIB {
        why.push(format!(
            "a heap of {} loses compressed pointers, which end below 32 GiB: the same objects take more room",
            gib(heap)
        ));
    }
    if it.unused_cores > 0 {
        why.push(format!("{} of a node without an executor", human::count(it.unused_cores.into(), "core")));
    }
    if displaced > 0 {
        let taken = human::count(displaced.into(), "executor");
        why.push(format!(
            "the driver needs the room of {taken}: less driver memory, or a smaller heap, makes some"
        ));
    }
    why
}

/// A line that starts these executors, as `layout --submit` reads it.
pub(super) fn submit(world: &World<'_>, it: &Candidate, shuffle_partitions: Option<u64>) -> String {
    line(world, it.executor_cores, it.heap_bytes / MIB, it.executors, shuffle_partitions)
}

/// A line of spark-submit with the settings of the user.
pub(super) fn line(
    world: &World<'_>,
    cores: u32,
    heap_mib: u64,
    executors: u32,
    shuffle_partitions: Option<u64>,
) -> String {
    let conf = &world.conf;
    let (master, mode) = (conf.text(Key::Master).unwrap_or_default(), conf.word(Key::SubmitDeployMode));
    let mut words: Vec<String> =
        ["spark-submit", "--master", master, "--deploy-mode", mode].map(str::to_owned).into();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    match world.request.manager {
        Manager::Standalone => {
            option("--total-executor-cores", (u64::from(executors) * u64::from(cores)).to_string());
        }
        _ => option("--num-executors", executors.to_string()),
    }
    option("--executor-cores", cores.to_string());
    option("--executor-memory", format!("{heap_mib}m"));
    option("--driver-memory", format!("{}m", conf.mib(Key::DriverMemory)));
    let told = [
        Key::Master,
        Key::SubmitDeployMode,
        Key::ExecutorInstances,
        Key::ExecutorCores,
        Key::ExecutorMemory,
        Key::DriverMemory,
    ];
    let set = conf.explicit().filter(|(key, ..)| key.name().starts_with("spark.") && !told.contains(key));
    let partitions = Key::SqlShufflePartitions;
    for (key, value, _) in set {
        if key != partitions || shuffle_partitions.is_none() {
            option("--conf", format!("{}={value}", key.name()));
        }
    }
    if let Some(number) = shuffle_partitions {
        option("--conf", format!("{}={number}", partitions.name()));
    }
    let python = conf.flag(Key::PoolsimIsPython);
    words.push(if python { "app.py" } else { "app.jar" }.to_owned());
    let words = words.iter().map(|word| match shlex::try_quote(word) {
        Ok(quoted) => quoted.into_owned(),
        // A NUL, which no command line holds.
        Err(_) => String::new(),
    });
    words.collect::<Vec<_>>().join(" ")
}
