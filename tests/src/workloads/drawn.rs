//! The numbers that a case is made of.

use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::prelude::{Just, prop_oneof};

/// A whole case.
#[derive(Clone, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub struct Drawn {
    /// One to three of them.
    #[proptest(strategy = "vec(any::<DrawnExecutor>(), 1..=3)")]
    pub executors: Vec<DrawnExecutor>,
    /// One to five stages, which follow each other in jobs.
    #[proptest(strategy = "vec(any::<DrawnStage>(), 1..=5)")]
    pub stages: Vec<DrawnStage>,
    /// Cached RDDs.
    #[proptest(strategy = "vec(any::<DrawnRdd>(), 0..=2)")]
    pub rdds: Vec<DrawnRdd>,
    /// The rest of the configuration.
    pub run: DrawnRun,
}

/// One executor. Memory is in thousands of bytes, that is in pages.
#[derive(Clone, Copy, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
#[expect(missing_docs, reason = "the fields are those of the configuration")]
pub struct DrawnExecutor {
    pub heap_kb: u8,
    pub off_heap_kb: u8,
    pub cores: u8,
    pub node: u8,
    pub stay: Stay,
}

/// When an executor is there; times are in units of 20 microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Stay {
    /// All the time.
    #[proptest(weight = 4)]
    Throughout,
    /// From a moment on.
    From(u8),
    /// Up to a moment.
    Until(u8),
    /// From the first to the second.
    Between(u8, u8),
}

/// What all executors share.
#[derive(Clone, Copy, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
#[expect(missing_docs, reason = "the fields are those of the configuration")]
pub struct DrawnRun {
    pub roomy: bool,
    pub storage_percent: u8,
    pub max_failures: u8,
    pub locality_wait_us: u8,
    pub off_heap: bool,
    pub takes_time: bool,
    pub wakes_in_order: bool,
    pub shuffle_service: bool,
    /// Executors that are killed: which, and when, in units of 20 microseconds; 0 is nobody.
    pub killed: [(u8, u8); 2],
    /// When others take their places, in the same unit; 0 is never.
    pub starts: u8,
    /// Failed executors that end the application; 0 is no limit.
    pub executor_failures: u8,
    pub stage_attempts: u8,
}

/// Where the rows of a stage come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Source {
    /// From storage.
    Input,
    /// From the stage before, if it is of the same job.
    Shuffle,
    /// From a cached RDD, if there is one: which, and how far each task's partition is from that of the task before
    /// (0: all read the same one).
    #[proptest(weight = 2)]
    Cached(u8, u8),
}

/// Where they go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
#[expect(missing_docs, reason = "the variants are the operations")]
pub enum Sink {
    WriteShuffle,
    WriteOutput,
    Result,
}

/// A consumer; sorts are the ones whose spills are best known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
#[expect(missing_docs, reason = "the variants are those of `ConsumerSpec`")]
pub enum DrawnConsumer {
    #[proptest(weight = 6)]
    Sort(bool),
    ShuffleSort,
    ExternalSorter,
    AppendOnlyMap,
    Aggregate(bool),
    LongHashedRelation,
    HashedRelation,
    RowBuffer(u8),
    BlackBox,
}

/// One stage.
#[derive(Clone, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub struct DrawnStage {
    /// Whether it is the first of a job of its own.
    pub begins_job: bool,
    /// Whether that job waits for the one before; otherwise they run at once.
    pub waits: bool,
    /// Its tasks, modulo 6.
    pub tasks: u8,
    /// Where its rows come from.
    pub source: Source,
    /// Whether its tasks read a broadcast variable.
    pub broadcast: bool,
    /// Each is piped into the next.
    #[proptest(strategy = "vec(any::<DrawnConsumer>(), 0..=2)")]
    pub consumers: Vec<DrawnConsumer>,
    /// Rows of its first task; each later one has `skew` percent more.
    pub rows: u8,
    /// See above.
    pub skew: u8,
    /// Bytes of a row.
    pub row_bytes: u8,
    /// Microseconds of computing.
    pub micros: u8,
    /// Where its rows go to.
    pub sink: Sink,
    /// Where a recording had its tasks run, a number each, in turns; empty where there is none.
    #[proptest(strategy = "prop_oneof![2 => Just(Vec::new()), 1 => vec(any::<u8>(), 1..=6)]")]
    pub placed: Vec<u8>,
}

/// One cached RDD.
#[derive(Clone, Copy, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub struct DrawnRdd {
    /// Which of the levels that Spark names.
    pub level: u8,
    /// Its partitions, modulo 6.
    pub partitions: u8,
    /// Elements of the first one; each later one has a few more.
    pub elements: u8,
    /// Bytes of an element.
    pub element_bytes: u8,
    /// Whether computing it sorts.
    pub sorts: bool,
    /// Whether it is forgotten after the first job.
    pub unpersisted: bool,
}
