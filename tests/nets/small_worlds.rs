//! Every sequence of calls in worlds of a few bytes: what is not here cannot be found by luck alone.

use poolsim_tests::calls::{
    Afterwards, Block, Call, Consumer, Disk, Mode, Quarters, Setup, Size, SpillPolicy, Task, WhileSpilling,
    compare,
};
use poolsim_tests::exhaustive::Choices;

/// Compares `sim-core` with the reference over every sequence of `length` calls out of `menu`.
fn exhaust(setup: Setup, menu: &[Call], length: usize) {
    let mut choices = Choices::default();
    while choices.another() {
        let calls: Vec<_> = (0..length).map(|_| choices.one_of(menu)).collect();
        if let Err(difference) = compare(setup, calls.iter().copied()) {
            panic!("{calls:#?}\n{difference}");
        }
    }
}

const fn heap_of(heap: u64, region: u64) -> Setup {
    Setup { heap, region, off_heap: 0, off_heap_region: 0, unroll_initial: 1, page_size: 2, ..Setup::EVEN }
}

const fn acquire(task: u8, bytes: u32) -> Call {
    Call::AcquireExecution { task: Task(task), bytes: Size(bytes), mode: Mode::On }
}

const fn release_half(task: u8) -> Call {
    Call::ReleaseExecution { task: Task(task), part: Quarters(2), mode: Mode::On }
}

const fn put(block: u8, bytes: u32, disk: Disk) -> Call {
    let (task, block, bytes) = (Task(0), Block(block), Size(bytes));
    Call::Put { task, block, bytes, mode: Mode::On, disk, afterwards: Afterwards::Unlock }
}

const fn end(task: u8) -> Call {
    Call::EndTask { task: Task(task) }
}

/// Who waits, for how long, and who is woken first.
#[test]
fn three_tasks_share_four_to_eight_bytes() {
    let menu = [
        [acquire(0, 1), acquire(0, 3), acquire(0, 8), release_half(0), end(0)],
        [acquire(1, 1), acquire(1, 3), acquire(1, 8), release_half(1), end(1)],
        [acquire(2, 1), acquire(2, 3), acquire(2, 8), release_half(2), end(2)],
    ];
    for heap in 4..=8 {
        exhaust(heap_of(heap, heap / 2), menu.as_flattened(), 4);
    }
}

/// The boundary moves one way and the other; blocks of two RDDs and of none leave or stay.
#[test]
fn two_tasks_and_five_blocks_share_six_bytes() {
    let menu = [
        acquire(1, 1),
        acquire(1, 4),
        acquire(2, 3),
        end(1),
        put(0, 2, Disk::No),
        put(1, 3, Disk::Yes),
        put(6, 1, Disk::No),
        put(7, 4, Disk::Yes),
        put(12, 2, Disk::No),
        Call::Get { task: Task(0), block: Block(0) },
        Call::LockForReading { task: Task(0), block: Block(6) },
        Call::Load { task: Task(0), block: Block(1) },
        Call::ReserveUnroll { task: Task(2), block: Block(8), bytes: Size(2), mode: Mode::On },
        end(2),
    ];
    for region in [0, 3, 6] {
        exhaust(heap_of(6, region), &menu, 4);
    }
}

/// Whose consumer spills, and who takes what it frees.
#[test]
fn the_consumers_of_two_tasks_share_six_bytes() {
    let memory = |task, consumer, bytes| Call::AcquireMemory {
        task: Task(task),
        consumer: Consumer(consumer),
        bytes: Size(bytes),
    };
    let menu = [
        memory(0, 0, 1),
        memory(0, 0, 2),
        memory(0, 1, 2),
        memory(0, 2, 1),
        memory(0, 2, 4),
        memory(1, 0, 1),
        memory(1, 1, 3),
        Call::Spill { task: Task(0), consumer: Consumer(1) },
        put(0, 1, Disk::No),
        end(0),
        end(1),
    ];
    for while_spilling in [WhileSpilling::Nobody, WhileSpilling::WokenTasks] {
        for policy in [SpillPolicy::Full, SpillPolicy::Half, SpillPolicy::None] {
            let policies =
                [policy, SpillPolicy::Full, SpillPolicy::Full, SpillPolicy::None, SpillPolicy::None];
            exhaust(Setup { while_spilling, policies, ..heap_of(6, 3) }, &menu, 5);
        }
    }
}
