//! What real Spark keeps, whatever is asked of an executor's memory: each invariant of the design is a test of the same
//! name. Stronger ones that come to mind are false in Spark; see the notes.

use poolsim_tests::calls::{Block, Call, Event, Reply, Setup, State, Step, Task, steps};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use sim_core::memory::MemoryMode;

/// Checks every step of drawn calls: the call, the state before it, and what came of it.
fn holds(check: impl Fn(Setup, &Call, &State, &Step) -> TestCaseResult) {
    let config = ProptestConfig { cases: 1000, source_file: Some(file!()), ..ProptestConfig::default() };
    let drawn = (any::<Setup>(), vec(any::<Call>(), 1..100));
    let run = TestRunner::new(config).run(&drawn, |(setup, calls)| {
        steps(setup, &calls).iter().try_for_each(|(call, before, step)| check(setup, call, before, step))
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// The task that makes a call on behalf of storage, which never waits.
fn is_storage_request(call: &Call) -> bool {
    matches!(
        call,
        Call::Put { .. } | Call::PutIterator { .. } | Call::Load { .. } | Call::ReserveUnroll { .. }
    )
}

/// The block that storage memory is asked for.
fn target(call: &Call) -> Option<Block> {
    match *call {
        Call::Put { block, .. }
        | Call::PutIterator { block, .. }
        | Call::Load { block, .. }
        | Call::ReserveUnroll { block, .. } => Some(block),
        Call::Evict { block, .. } => block,
        _ => None,
    }
}

#[test]
fn pools_sum_to_max_memory() {
    holds(|setup, _, _, step| {
        for (pool, max) in step.state.pools.iter().zip([setup.heap, setup.off_heap]) {
            prop_assert_eq!(pool.execution_pool + pool.storage_pool, max);
        }
        Ok(())
    });
}

#[test]
fn task_memory_sums_to_execution_used() {
    holds(|_, _, _, step| {
        for mode in MemoryMode::BOTH {
            let held = step.state.tasks.iter().filter_map(|task| task.held[mode as usize]);
            let pool = step.state.pools[mode as usize];
            prop_assert_eq!(held.clone().sum::<u64>(), pool.execution_used);
            prop_assert_eq!(held.count() as u64, pool.active_tasks);
        }
        Ok(())
    });
}

#[test]
fn resident_blocks_and_unroll_sum_to_storage_used() {
    holds(|_, _, _, step| {
        for mode in MemoryMode::BOTH {
            let resident = step.state.blocks.iter().filter_map(|block| block.in_memory);
            let blocks: u64 = resident.filter(|&(_, of)| of == mode).map(|(bytes, _)| bytes).sum();
            let unroll: u64 = step.state.tasks.iter().map(|task| task.unroll[mode as usize]).sum();
            prop_assert_eq!(blocks + unroll, step.state.pools[mode as usize].storage_used);
        }
        Ok(())
    });
}

/// With the N and the pool of that moment: a task may hold more when others come later.
#[test]
fn a_grant_never_lifts_a_task_above_one_nth() {
    holds(|_, _, _, step| {
        for event in &step.events {
            if let Event::Granted { granted: 1.., share, .. } = event {
                prop_assert!(share.held <= share.max_pool_size / share.active, "{event:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_grant_that_leaves_less_than_one_2nth_waits() {
    holds(|_, _, _, step| {
        for event in &step.events {
            match *event {
                Event::Granted { asked, granted, share, .. } if granted < asked => {
                    prop_assert!(share.held >= share.pool_size / (2 * share.active), "{event:?}");
                }
                Event::Waits { asked, share, .. } => {
                    let room = (share.max_pool_size / share.active).saturating_sub(share.held);
                    let would_get = asked.min(room).min(share.free);
                    prop_assert!(would_get < asked, "{event:?}");
                    prop_assert!(share.held + would_get < share.pool_size / (2 * share.active), "{event:?}");
                }
                _ => {}
            }
        }
        Ok(())
    });
}

#[test]
fn storage_never_evicts_execution() {
    holds(|_, call, before, step| {
        if is_storage_request(call) {
            for (then, now) in before.tasks.iter().zip(&step.state.tasks) {
                prop_assert_eq!(then.held, now.held);
                prop_assert_eq!(&then.used, &now.used);
            }
        }
        Ok(())
    });
}

/// Before each victim; the last one may take storage below its region.
#[test]
fn execution_evicts_only_while_storage_used_is_above_its_region() {
    holds(|setup, call, _, step| {
        let region = |mode| if mode == MemoryMode::OnHeap { setup.region } else { setup.off_heap_region };
        for event in &step.events {
            if let Event::Evicted { mode, storage_used, .. } = *event
                && target(call).is_none()
                && !matches!(call, Call::Evict { .. })
            {
                prop_assert!(storage_used > region(mode), "{event:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_failed_selection_drops_nothing() {
    holds(|_, call, before, step| {
        let mut evicted = 0;
        for event in &step.events {
            match event {
                Event::Evicted { .. } => evicted += 1,
                Event::Storage { granted: true, .. } => evicted = 0,
                Event::Storage { granted: false, .. } => prop_assert_eq!(evicted, 0),
                _ => {}
            }
        }
        if matches!(call, Call::Evict { .. }) && step.reply == Reply::Bytes(0) {
            prop_assert_eq!(before, &step.state);
        }
        Ok(())
    });
}

#[test]
fn never_evicts_the_rdd_being_stored() {
    holds(|_, call, _, step| {
        if let Some(rdd) = target(call).and_then(Block::rdd) {
            for event in &step.events {
                if let Event::Evicted { block, .. } = event {
                    prop_assert_ne!(block.rdd(), Some(rdd));
                }
            }
        }
        Ok(())
    });
}

/// Nor does a block that is written. The locks of a task that ends are given back before others are woken.
#[test]
fn a_read_block_stays() {
    holds(|_, call, before, step| {
        let ending = if let Call::EndTask { task } = call { Some(*task) } else { None };
        let holds_it = |task: Task| Some(task) != ending;
        for event in &step.events {
            if let Event::Evicted { block, .. } = event {
                let locks = before.block(*block).expect("a block that was there");
                prop_assert!(!locks.readers.iter().copied().any(holds_it), "{locks:?}");
                prop_assert!(!locks.writer.is_some_and(holds_it), "{locks:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn granted_never_exceeds_asked() {
    holds(|_, call, _, step| {
        for event in &step.events {
            if let Event::Granted { asked, granted, .. } = event {
                prop_assert!(granted <= asked, "{event:?}");
            }
        }
        // The sum of what a consumer gets, asking again after each spill.
        if let (Call::AcquireMemory { bytes, .. }, Reply::Bytes(got)) = (call, step.reply) {
            prop_assert!(got <= u64::from(bytes.0));
        }
        Ok(())
    });
}

/// Neither execution memory, nor unroll memory, nor locks.
#[test]
fn an_ended_attempt_holds_nothing() {
    holds(|_, call, _, step| {
        if let Call::EndTask { task } = *call {
            let state = step.state.task(task);
            prop_assert_eq!(state.held, [None, None]);
            prop_assert_eq!(state.unroll, [0, 0]);
            prop_assert!(state.used.iter().all(|&used| used == 0));
            for block in &step.state.blocks {
                prop_assert!(block.writer != Some(task) && !block.readers.contains(&task), "{block:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn execution_releases_wake_all_waiters_storage_releases_none() {
    holds(|_, call, before, step| {
        let rechecked = |task| {
            step.events.iter().any(|event| match *event {
                Event::Waits { task: other, .. } | Event::Done { task: other, .. } => other == task,
                _ => false,
            })
        };
        for waiter in before.waiting() {
            match call {
                Call::ReleaseExecution { .. } => prop_assert!(rechecked(waiter), "{waiter:?} sleeps on"),
                Call::ReleaseUnroll { .. } | Call::Remove { .. } | Call::Evict { .. } => {
                    prop_assert!(!rechecked(waiter), "{waiter:?} was woken");
                }
                _ => {}
            }
        }
        Ok(())
    });
}
