//! Executors that somebody proposes: whether the nodes hold them, and what they do hold.

use sim_core::conf::Key;
use sim_core::conf::layout::{Container, ProfileMemory};
use workload::scenario::Ground;

use super::candidate::{conf_of, displaced, heap_within, line};
use super::report::{Proposal, Step};
use super::{World, gib};
use crate::Error;

const MIB: u64 = 1 << 20;

/// What becomes of the executors that the request proposes, where it says how large they are.
pub(super) fn proposal(world: &World<'_>) -> Result<Option<Proposal>, Error> {
    let request = world.request;
    let Some(heap) = request.executor_memory_bytes.map(|bytes| bytes >> 20) else {
        return match request.executors_per_node {
            Some(_) => Err(Error::Input(
                "--executors-per-node says nothing without --executor-memory: add it, as --executor-memory 14g".to_owned(),
            )),
            None => Ok(None),
        };
    };
    if heap == 0 {
        return Err(Error::Input(
            "--executor-memory is less than 1 MiB: write a size with a unit, as 14g".to_owned(),
        ));
    }
    let cores =
        request.executor_cores.unwrap_or(u32::try_from(world.conf.int(Key::ExecutorCores)).unwrap_or(1));
    let per_node = request.executors_per_node.unwrap_or((request.node_cores / cores.max(1)).max(1));
    let conf = conf_of(world, cores, heap)?;
    let container = Container::executor(&conf, &world.deployment, &ProfileMemory::default())
        .map_err(|error| Error::refused(error, conf.semantics()))?;
    let asked = container.total_mib();
    let granted = world.granted_mib(asked);
    let number = u64::from(per_node);
    let (node_asked, node_granted) = (asked * number, granted * number);
    let usable = world.usable_mib;
    let taken = cores.saturating_mul(per_node);
    let fits_memory = node_granted <= usable;
    let fits_cores = taken <= request.usable_cores();
    let mut steps = vec![
        Step {
            what: "an executor",
            arithmetic: format!(
                "{heap} heap + {} overhead{} = {asked} MiB",
                container.overhead_mib,
                match container.off_heap_mib + container.pyspark_mib {
                    0 => String::new(),
                    more => format!(" + {more} off-heap and PySpark"),
                }
            ),
            ground: Ground::Source,
        },
        Step {
            what: "a node of them",
            arithmetic: format!(
                "{per_node} x {asked} MiB = {node_asked} MiB = {} of {}: {}",
                gib(node_asked),
                gib(usable),
                if node_asked <= usable { "fits" } else { "does not fit" }
            ),
            ground: Ground::Arithmetic,
        },
    ];
    if granted != asked {
        steps.push(Step {
            what: "as YARN gives them",
            arithmetic: format!(
                "{per_node} x {granted} MiB = {node_granted} MiB = {} of {}: {}",
                gib(node_granted),
                gib(usable),
                if fits_memory { "fits" } else { "does not fit" }
            ),
            ground: Ground::Source,
        });
    }
    steps.push(Step {
        what: "cores",
        arithmetic: format!(
            "{per_node} x {cores} = {taken} of {} ({} less {} for the system): {}",
            request.usable_cores(),
            request.node_cores,
            request.os_cores,
            if fits_cores { "fits" } else { "more than there are" }
        ),
        ground: Ground::Arithmetic,
    });
    let executors_that_fit = usable / granted.max(1);
    steps.push(Step {
        what: "executors of that size that fit",
        arithmetic: format!("{usable} / {granted} = {executors_that_fit} on a node by memory"),
        ground: Ground::Arithmetic,
    });
    let budget = world.budget_mib(usable / number);
    let heap_that_fits = heap_within(world, budget)?;
    let minimum = sim_core::conf::layout::unified::min_system_memory(300 << 20) >> 20;
    let heap_that_fits = heap_that_fits.filter(|heap| *heap >= minimum);
    steps.push(Step {
        what: "heap with which so many fit",
        arithmetic: match heap_that_fits {
            Some(heap) => format!("{per_node} executors in {budget} MiB each: at most {heap}m"),
            None => format!("none: {budget} MiB each leave less than the {minimum} MiB that Spark wants"),
        },
        ground: Ground::Source,
    });
    let room = |each: u64| {
        let left = (usable.saturating_sub(each * number), request.usable_cores().saturating_sub(taken));
        per_node.saturating_mul(request.nodes).saturating_sub(displaced(world, left, (each, cores)))
    };
    Ok(Some(Proposal {
        executor_cores: cores,
        executors_per_node: per_node,
        heap_bytes: heap * MIB,
        container_bytes: asked * MIB,
        granted_bytes: granted * MIB,
        node_asked_bytes: node_asked * MIB,
        node_granted_bytes: node_granted * MIB,
        fits: fits_memory && fits_cores,
        executors_that_fit,
        heap_that_fits_bytes: heap_that_fits.map(|heap| heap * MIB),
        steps,
        submit: heap_that_fits.map(|most| {
            let (heap, each) = if fits_memory { (heap, granted) } else { (most, budget) };
            line(world, cores, heap, room(each), None)
        }),
    }))
}
