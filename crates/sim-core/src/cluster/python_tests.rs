//! What Python workers hold.

use super::*;

const CONF: PythonConf =
    PythonConf { worker_limit: None, worker_memory: Bytes::mib(512), reuse: true, arrow_records: 10_000 };

#[test]
fn batches_are_cut_as_spark_cuts_them() {
    let batch = |transport: Transport, rows, conf: &PythonConf| {
        transport.batch(rows, Bytes(rows * 100), Bytes(rows * 100), conf)
    };
    assert_eq!(batch(Transport::Pickled, 1_000_000, &CONF), Bytes(100 * 100));
    assert_eq!(batch(Transport::Pickled, 30, &CONF), Bytes(30 * 100));
    assert_eq!(batch(Transport::Arrow, 1_000_000, &CONF), Bytes(10_000 * 100));
    let unbounded = PythonConf { arrow_records: 0, ..CONF };
    assert_eq!(batch(Transport::Arrow, 1_000_000, &unbounded), Bytes(1_000_000 * 100));
    assert_eq!(batch(Transport::Rdd, 1_000_000, &CONF), Bytes(65_500));
    assert_eq!(batch(Transport::Arrow, 0, &CONF), Bytes(0));
}

#[test]
fn shared_pages_count_once_for_the_kernel_and_for_each_process_for_yarn() {
    let mut workers = Workers::default();
    workers.take(Transport::Pickled, 0, Bytes::ZERO, SimTime::ZERO);
    workers.take(Transport::Pickled, 1, Bytes::ZERO, SimTime::ZERO);
    assert_eq!(workers.bytes(false), Bytes::mib(3 * 48));
    assert_eq!(workers.bytes(true), Bytes::mib(48 + 2 * 2));
    // Measured: two workers with pandas beside an RDD's and a query's daemon and two more workers, 482 to 486 MiB.
    let mut workers = Workers::default();
    for attempt in [0, 1] {
        workers.take(Transport::Rdd, attempt, Bytes::ZERO, SimTime::ZERO);
        workers.take(Transport::Arrow, attempt + 2, Bytes::ZERO, SimTime::ZERO);
    }
    assert_eq!(workers.bytes(false), Bytes::mib(4 * 48 + 2 * (48 + 46 + 51)));
}

#[test]
fn an_idle_worker_is_used_again_with_all_that_it_kept() {
    let mut workers = Workers::default();
    let first = workers.take(Transport::Pickled, 7, Bytes::ZERO, SimTime::ZERO);
    workers.worker_mut(first).leaked = Bytes::mib(5);
    workers.give_back(7, true, SimTime(1));
    let again = workers.take(Transport::Pickled, 8, Bytes::ZERO, SimTime(2));
    assert_eq!((again, workers.worker(again).leaked), (first, Bytes::mib(5)));
    let other = workers.take(Transport::Rdd, 9, Bytes::ZERO, SimTime(2));
    assert_ne!(other, again, "an RDD has a factory of its own");
    workers.give_back(8, false, SimTime(3));
    assert_eq!(workers.count(), 1, "without reuse a worker ends with its task");
}

#[test]
fn idle_workers_end_after_a_minute_without_any_being_given_back() {
    let mut workers = Workers::default();
    for attempt in [0, 1] {
        workers.take(Transport::Pickled, attempt, Bytes::mib(100), SimTime::ZERO);
    }
    workers.give_back(0, true, SimTime::from_ms(1_000));
    workers.give_back(1, true, SimTime::from_ms(50_000));
    workers.expire(SimTime::from_ms(110_000));
    assert_eq!(workers.count(), 2);
    workers.expire(SimTime::from_ms(110_001));
    assert_eq!(workers.count(), 0);
    assert_eq!(workers.bytes(true), Bytes::mib(48), "the daemon stays");
}

#[test]
fn the_address_space_of_a_worker_is_larger_than_what_it_touches() {
    let worker = Worker::new(Transport::Pickled, 0, Bytes::ZERO);
    assert!(worker.address_space() > worker.resident());
    assert!(worker.address_space() < Bytes::mib(128), "the runs with 128 MiB a worker began to compute");
    assert!(Worker::new(Transport::Arrow, 0, Bytes::ZERO).address_space() > Bytes::mib(400));
}
