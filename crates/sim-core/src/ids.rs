//! Dense ids: each numbers the rows of one table, so that every look-up is an index.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The row of this id in its table.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of row `index`.
            ///
            /// # Panics
            /// Where a table has outgrown 32 bits.
            #[must_use]
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).expect("a table holds at most 2^32 rows"))
            }
        }
    )*};
}

ids! {
    /// One executor (or the driver of a local run).
    ExecutorId;
    /// One job: what an action of the driver runs.
    JobId;
    /// One stage.
    StageId;
    /// One task attempt *as its executor sees it*: dense, reused after the attempt has ended. It is the key of the
    /// execution pools' tables, of unroll memory and of block locks (Spark: `taskAttemptId`).
    AttemptSlot;
    /// One memory consumer of one attempt, in the order of creation.
    ConsumerId;
    /// One RDD (or cached query) whose partitions can be blocks.
    RddId;
    /// One block: a partition of a cached RDD, a broadcast, a task result.
    BlockId;
    /// One shuffle.
    ShuffleId;
    /// One program: the steps that the tasks of a stage share.
    ProgramId;
}
