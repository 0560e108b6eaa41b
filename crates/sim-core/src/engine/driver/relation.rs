//! What the driver makes of the results of a job: rows, objects, a relation that it broadcasts.

use super::Part;
use crate::engine::Engine;
use crate::engine::queue::Happening;
use crate::ids::JobId;
use crate::observe::Observer;
use crate::outcome::Cause;
use crate::units::Bytes;
use crate::workload::Relation;

impl<O: Observer> Engine<'_, O> {
    /// A job has ended, and all its results have come if it succeeded. False where that, or what is made of them, is
    /// the end of the application.
    pub(in crate::engine) fn take_results_of(&mut self, job: JobId, succeeded: bool) -> bool {
        let made = if succeeded { self.make(job) } else { Ok(()) };
        self.driver.heap.clear(Part::Decoded);
        self.driver.heap.clear(Part::Relation);
        self.free_results(job);
        match made {
            Ok(()) => succeeded,
            Err(cause) => {
                self.driver_ends(job, None, cause);
                false
            }
        }
    }

    fn make(&mut self, job: JobId) -> Result<(), Cause> {
        let workload = self.workload;
        let Some(row) = workload.driver.collected(job) else { return Ok(()) };
        for &(_, bytes) in &row.made {
            self.take_heap(Part::Decoded, bytes)?;
        }
        self.check_container(row.outside)?;
        row.relation.map_or(Ok(()), |relation| self.broadcast_relation(&relation))
    }

    /// `BroadcastExchangeExec.relationFuture`, once the rows are there.
    fn broadcast_relation(&mut self, relation: &Relation) -> Result<(), Cause> {
        let Relation { rows, row_limit, size, building, broadcast } = *relation;
        if rows >= row_limit {
            return Err(Cause::BroadcastRows { rows, limit: row_limit });
        }
        self.take_heap(Part::Relation, building.max(size))?;
        self.driver.heap.free(Part::Relation, building.saturating_sub(size));
        let limit = self.conf.driver.max_broadcast_bytes;
        if size >= limit {
            return Err(Cause::BroadcastBytes { bytes: size, limit });
        }
        // All pieces are made before the first one is stored; what the pool has no room for goes to disk.
        let pieces = self.workload.broadcasts[broadcast as usize].pieces;
        self.take_heap(Part::Pieces, pieces)?;
        self.driver.heap.free(Part::Pieces, pieces.saturating_sub(self.conf.driver.storage));
        Ok(())
    }

    /// A query waits for its broadcasts no longer than `spark.sql.broadcastTimeout`.
    pub(in crate::engine) fn await_broadcast(&mut self, job: JobId) {
        let relation = self.workload.driver.collected(job).and_then(|row| row.relation);
        if let (Some(timeout), Some(_)) = (self.conf.driver.broadcast_timeout, relation) {
            self.queue.push(self.now + timeout, Happening::BroadcastTimeout { job: job.0 });
        }
    }

    pub(in crate::engine) fn broadcast_timed_out(&mut self, job: u32) {
        let timeout = self.conf.driver.broadcast_timeout.unwrap_or_default();
        self.driver_ends(JobId(job), None, Cause::BroadcastTimeout { timeout });
    }

    /// A broadcast variable leaves the driver too.
    pub(in crate::engine) fn destroy_on_driver(&mut self, pieces: Bytes) {
        self.driver.heap.free(Part::Pieces, pieces);
    }
}
