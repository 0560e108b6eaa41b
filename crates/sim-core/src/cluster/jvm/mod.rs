//! The heap of a JVM and its collection of garbage: a model, calibrated on runs of real collectors.
//!
//! A [`Heap`] is told what is allocated and what of it stays; it says when which collection stops or slows the
//! threads, and for how long. Sizes of generations, triggers of collections and tenuring follow HotSpot's rules (JDK 17;
//! CMS: JDK 8); what a collection takes is a sum of costs for each byte and object copied or marked ([`GcCosts`]), whose
//! constants were fitted to runs of a program that allocates as an executor does. `docs/jvm.md` says how well it does.
//!
//! ```text
//!  allocate ─► eden ──young collection──► survivors (by age) ──tenured──► old: live │ garbage
//!                 └── dead: nothing to do                                   └── full, mixed or concurrent collection
//! ```
//!
//! Nothing here knows tasks or Spark: the engine says what lives.

mod advance;
mod collect;
mod concurrent;
mod costs;
mod estimate;
mod geometry;
mod heap;
mod overhead;
#[cfg(test)]
mod tests;

pub use costs::GcCosts;
pub use geometry::{Geometry, HeapCollector};
pub use heap::{GcTotals, Heap, HeapConf, Mutators, Part, Spent};
pub use overhead::HeapVerdict;
