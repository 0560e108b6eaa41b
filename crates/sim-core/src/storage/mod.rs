//! Blocks in memory and on disk, read beside Spark's package `org.apache.spark.storage`.

mod block_data;
mod block_manager;
mod block_table;
mod executor_memory;
mod level;
mod locks;
mod lru;
mod memory_store;
mod unroll;

pub use block_data::{BlockData, BlockForm};
pub use block_manager::{BlockManager, NewBlock, Put, PutLock, Read, ReadMethod, Unrolling};
pub use block_table::{BlockCopy, BlockTable, CopyId};
pub use executor_memory::ExecutorMemory;
pub use level::StorageLevel;
pub use memory_store::{DropHandler, Dropped, MemoryStore, StoreEvictor, ToDisk};
pub use unroll::{LinearEstimate, SampledEstimate, SizeEstimate, Unroll, UnrollConf, UnrollStep};
