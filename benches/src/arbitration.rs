//! Pools and consumers.

use std::convert::Infallible;

use sim_core::ids::{AttemptSlot, ConsumerId, RddId};
use sim_core::memory::{
    Acquired, Evicted, Evictor, ExecutionMemory, Grant, ManagerConf, MemoryMode, Request, Step,
    TaskMemoryConf, TaskMemoryManager, UnifiedMemoryManager,
};
use sim_core::units::Bytes;

use crate::{SEED, SplitMix64};

const ON: MemoryMode = MemoryMode::OnHeap;

/// No block is there to evict.
struct Empty;

impl Evictor for Empty {
    type Error = Infallible;
    fn evict_blocks_to_free_space(
        &mut self,
        _: Option<RddId>,
        _: Bytes,
        _: MemoryMode,
    ) -> Evicted<Infallible> {
        Evicted { released: Bytes::ZERO, outcome: Ok(()) }
    }
}

fn manager(max_heap: Bytes) -> UnifiedMemoryManager {
    UnifiedMemoryManager::new(&ManagerConf {
        max_heap_memory: max_heap,
        on_heap_storage_region: max_heap / 2,
        ..ManagerConf::default()
    })
}

/// Eight tasks acquire and release execution memory. `[bytes granted, execution used]`, for 1,000,000 operations
/// `[262361488656, 5257071]`.
#[must_use]
pub fn exec8(ops: u64) -> [u64; 2] {
    let mut manager = manager(Bytes::gib(1));
    let mut random = SplitMix64::new(SEED);
    let mut held = [0_u64; 8];
    let mut sum = 0;
    for _ in 0..ops {
        let x = random.next_u64();
        let k = (x & 7) as usize;
        let task = AttemptSlot(k as u32);
        if x & 8 == 0 || held[k] == 0 {
            let n = 1 + ((x >> 8) & 0xF_FFFF);
            if held[k] + n > 64 << 20 {
                manager.release_execution_memory(Bytes(held[k]), task, ON);
                held[k] = 0;
            } else {
                match manager.acquire_execution_memory(Bytes(n), task, ON, &mut Empty) {
                    Ok(Grant::Granted(granted)) => {
                        held[k] += granted.0;
                        sum += granted.0;
                    }
                    Ok(other) => panic!("nobody waits: {other:?}"),
                }
            }
        } else {
            let n = 1 + (x >> 8) % held[k];
            manager.release_execution_memory(Bytes(n), task, ON);
            held[k] -= n;
        }
    }
    [sum, manager.execution(ON).memory_used().0]
}

/// Storage memory is acquired and given back at once. `[bytes acquired, storage used]`, for 1,000,000 pairs
/// `[524251396636, 0]`.
#[must_use]
pub fn stor(pairs: u64) -> [u64; 2] {
    let mut manager = manager(Bytes::gib(1));
    let mut random = SplitMix64::new(SEED);
    let mut sum = 0;
    for _ in 0..pairs {
        let n = Bytes(1 + (random.next_u64() & 0xF_FFFF));
        let Ok(granted) = manager.acquire_storage_memory(Some(RddId(0)), n, ON, &mut Empty);
        assert!(granted, "{n} of a gibibyte");
        sum += n.0;
        manager.release_storage_memory(n, ON);
    }
    [sum, manager.storage(ON).memory_used().0]
}

/// A manager without blocks, as a task sees it.
struct Pool(UnifiedMemoryManager);

impl ExecutionMemory for Pool {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let Ok(grant) = self.0.acquire_execution_memory(bytes, task, mode, &mut Empty);
        grant
    }
    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let Ok(grant) = self.0.recheck_execution_memory(bytes, task, mode, &mut Empty);
        grant
    }
    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.0.release_execution_memory(bytes, task, mode)
    }
}

/// Eight consumers of one task that make each other spill all they hold. `[bytes granted, spills, bytes spilled,
/// bytes held]`, for 400,000 operations `[203241493938, 50449, 113166104608, 62546280]`.
#[must_use]
pub fn tmm8(ops: u64) -> [u64; 4] {
    let mut pool = Pool(manager(Bytes::mib(64)));
    let mut task = TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default());
    let consumers: [ConsumerId; 8] = std::array::from_fn(|_| task.add_consumer(ON, Bytes::mib(1)));
    let mut random = SplitMix64::new(SEED);
    let (mut sum, mut spills, mut spilled) = (0, 0, 0);
    for _ in 0..ops {
        let x = random.next_u64();
        let consumer = consumers[(x & 7) as usize];
        if (x >> 3) & 31 == 0 {
            let used = task.used(consumer);
            if !used.is_zero() {
                task.free_memory(&mut pool, consumer, used);
            }
            continue;
        }
        let mut step = task.request(consumer, Request::Memory(Bytes(1 + ((x >> 8) & 0xF_FFFF))), &mut pool);
        sum += loop {
            match step {
                Step::Spill { consumer: spiller, .. } => {
                    let freed = task.used(spiller);
                    task.free_memory(&mut pool, spiller, freed);
                    task.spilled(freed);
                    spills += u64::from(!freed.is_zero());
                    spilled += freed.0;
                    step = task.step(&mut pool);
                }
                Step::Done(Acquired::Bytes(got)) => break got.0,
                other => panic!("one task alone neither waits nor fails: {other:?}"),
            }
        };
    }
    let held: Bytes = consumers.into_iter().map(|consumer| task.used(consumer)).sum();
    [sum, spills, spilled, held.0]
}
