//! Where rows come from: storage, or a recording.

use sim_core::units::SimTime;

use super::Builder;
use crate::Error;
use crate::plan::{Keys, NodeId, Operator, Parallelized, RecordedTask, Split, Table, evenly};
use crate::scenario::{self, Quantity, Recorded, Scan, Share};

const NS_PER_MS: u64 = 1_000_000;

impl<'d> Builder<'d> {
    pub(super) fn scan(&mut self, scan: &'d Scan<'d>) -> Result<NodeId, Error> {
        let (splits, table) = self.rows_of_scan(scan)?;
        let wire_bytes = compressed(table.bytes, scan.compression.0);
        let table = Table { wire_bytes, ..table };
        let file_bytes = match &scan.file_bytes {
            Some(_) if scan.parallelized.is_some() => {
                return Err(self
                    .fail("a collection of the driver's has no files")
                    .help("leave `file_bytes` away"));
            }
            None if scan.parallelized.is_some() => 0,
            Some(amount) => self.total("file_bytes", amount)?,
            None => wire_bytes,
        };
        let keys = self.keys(&scan.keys)?;
        let partitions =
            splits.as_ref().map(|splits| splits.len() as u32).or(self.partitions(scan.partitions)?);
        let mut node = self.node(Operator::Scan { splits, file_bytes }, Vec::new(), table, keys);
        node.partitions = partitions;
        node.cpu_ns_per_row = scan.cpu_ns_per_row;
        if scan.parallelized.is_some() && node.partitions.is_none() {
            return Err(self
                .fail("a collection of the driver's has no files that would be split")
                .help("give `partitions`; Spark takes the cores of all executors"));
        }
        let node = self.add(node)?;
        if let Some(of) = &scan.parallelized {
            self.plan.driver.parallelized.push(Parallelized {
                node,
                task_bytes_per_row: of.task_bytes_per_row,
                heap_bytes_per_row: of.heap_bytes_per_row,
            });
        }
        Ok(node)
    }

    /// The partitions, where they differ, and the totals but for the bytes on the wire.
    fn rows_of_scan(&self, scan: &Scan<'_>) -> Result<(Option<Vec<Split>>, Table), Error> {
        let given = self.partitions(scan.partitions)?;
        let drawn_width = !matches!(scan.row_bytes.read(self.text)?, Quantity::Fixed(_));
        let rows = match (&scan.rows, &scan.rows_per_partition, given) {
            (Some(total), None, Some(partitions)) if drawn_width => {
                Some(evenly(self.total("rows", total)?, u64::from(partitions)))
            }
            (Some(total), None, _) => {
                let rows = self.total("rows", total)?;
                let bytes = self.product("row_bytes", rows, self.total("row_bytes", &scan.row_bytes)?)?;
                return Ok((None, Table { rows, bytes, wire_bytes: 0 }));
            }
            (None, Some(each), given) => {
                let listed = match each.read(self.text)? {
                    Quantity::Each(list) => Some(list.len() as u32),
                    _ => None,
                };
                let partitions = given.or(listed).ok_or_else(|| {
                    self.fail("`rows_per_partition` without `partitions`").help("give `partitions`")
                })?;
                Some(self.each("rows_per_partition", each, partitions)?)
            }
            _ => None,
        };
        let rows = rows.ok_or_else(|| self.fail("a scan takes one of `rows` and `rows_per_partition`"))?;
        let widths = self.each("row_bytes", &scan.row_bytes, rows.len() as u32)?;
        let bytes: Result<Vec<u64>, Error> =
            rows.iter().zip(widths).map(|(&rows, width)| self.product("row_bytes", rows, width)).collect();
        let bytes = bytes?;
        let table = Table {
            rows: self.checked_sum("rows", &rows)?,
            bytes: self.checked_sum("row_bytes", &bytes)?,
            wire_bytes: 0,
        };
        let splits = rows.into_iter().zip(bytes).map(|(rows, bytes)| Split { rows, bytes });
        Ok((Some(splits.collect()), table))
    }

    pub(super) fn recorded(&mut self, recorded: &'d Recorded) -> Result<NodeId, Error> {
        let tasks = recorded.rows.len();
        let columns = [
            ("bytes", recorded.bytes.len(), false),
            ("time_ms", recorded.time_ms.len(), false),
            ("executor", recorded.executor.len(), true),
            ("not_before_ms", recorded.not_before_ms.len(), true),
        ];
        if tasks == 0 {
            return Err(self.fail("no task is recorded").help("give one number a task in each column"));
        }
        for (column, length, may_be_empty) in columns {
            if length != tasks && !(may_be_empty && length == 0) {
                return Err(self
                    .fail(format!("`{column}` has {length} entries and `rows` has {tasks}"))
                    .help("give one number a task in each column"));
            }
        }
        let table = Table {
            rows: self.checked_sum("rows", &recorded.rows)?,
            bytes: self.checked_sum("bytes", &recorded.bytes)?,
            wire_bytes: 0,
        };
        let table = Table { wire_bytes: compressed(table.bytes, recorded.compression.0), ..table };
        let placed = !recorded.executor.is_empty() || !recorded.not_before_ms.is_empty();
        let time = |column: &str, ms: u64| self.product(column, ms, NS_PER_MS).map(SimTime);
        let tasks: Result<Vec<RecordedTask>, Error> = (0..tasks)
            .map(|task| {
                let executor = recorded.executor.get(task).copied().unwrap_or(0);
                let not_before = recorded.not_before_ms.get(task).copied().unwrap_or(0);
                Ok(RecordedTask {
                    rows: recorded.rows[task],
                    bytes: recorded.bytes[task],
                    time: time("time_ms", recorded.time_ms[task])?,
                    placement: placed
                        .then(|| time("not_before_ms", not_before).map(|at| (executor, at)))
                        .transpose()?,
                })
            })
            .collect();
        let tasks = tasks?;
        let partitions = Some(tasks.len() as u32);
        let mut node = self.node(Operator::Recorded(tasks), Vec::new(), table, Keys::Even);
        node.partitions = partitions;
        self.add(node)
    }

    fn keys(&self, keys: &scenario::Keys) -> Result<Keys, Error> {
        let label = self.label("keys");
        Ok(match keys {
            scenario::Keys::Even => Keys::Even,
            scenario::Keys::Uniform { count } => Keys::uniform(count.get(), self.seed, &label),
            scenario::Keys::Zipf { count, exponent } => {
                Keys::zipf(count.get(), exponent.0, self.seed, &label)
            }
            scenario::Keys::Hot { share, count } => {
                Keys::hot(billionths(*share), count.get(), self.seed, &label)
            }
            scenario::Keys::Weights(weights) if weights.is_empty() => {
                return Err(self.fail("`weights` is empty").help("list one weight a partition"));
            }
            scenario::Keys::Weights(weights) => {
                self.checked_sum("weights", weights)?;
                Keys::Weights(weights.clone())
            }
        })
    }
}

/// A share in billionths, so that all further sums are whole.
pub(super) fn billionths(share: Share) -> u64 {
    (share.0 * 1e9).round() as u64
}

fn compressed(bytes: u64, ratio: f64) -> u64 {
    if ratio == 1.0 { bytes } else { (bytes as f64 / ratio).round() as u64 }
}
