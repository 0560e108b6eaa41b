//! A set of runs of real Spark: `truth.csv` with a row a run, and the logs that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::figures::{Figure, Values};

/// A run of real Spark.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name, one of its own in the set.
    pub id: String,
    /// Runs of a family do the same, but for their arguments and configuration.
    pub family: String,
    /// What has to be the same for a run to be asked for another's configuration.
    pub program: Program,
    /// What may differ.
    pub configuration: Configuration,
    /// Where its log is.
    pub log: PathBuf,
    /// What it came to.
    pub truth: Values,
    /// Whether it failed.
    pub failed: bool,
}

/// What has to be the same for a run to be asked for another's configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Program {
    /// Its name.
    pub workload: String,
    /// Its arguments, by name.
    pub args: BTreeMap<String, String>,
    /// `python` or `scala`.
    pub lang: String,
    /// Version of Spark.
    pub spark: String,
}

/// What a what-if may change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Configuration {
    /// `spark.master`.
    pub master: String,
    /// `spark.driver.memory`.
    pub driver_memory: String,
    /// The other keys, but those of the log itself.
    pub conf: BTreeMap<String, String>,
}

impl Configuration {
    /// Cores of an executor: n of `local[n]`, the second number of `local-cluster[executors,cores,memory]`, else
    /// `spark.executor.cores`, else 1.
    #[must_use]
    pub fn cores(&self) -> u32 {
        let (kind, numbers) = self.master.split_once('[').unwrap_or((&self.master, ""));
        let numbers: Vec<&str> = numbers.trim_end_matches(']').split(',').collect();
        let cores = match kind {
            "local" => numbers.first().copied(),
            "local-cluster" => numbers.get(1).copied(),
            _ => self.conf.get("spark.executor.cores").map(String::as_str),
        };
        cores.and_then(|cores| cores.trim().parse().ok()).unwrap_or(1).max(1)
    }
}

/// What is wrong with a set of runs.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The table cannot be read.
    #[error("{path}: {source}")]
    Table {
        /// The table.
        path: PathBuf,
        /// Why not.
        source: csv::Error,
    },
    /// A cell does not hold what its column should.
    #[error("{path}: row of `{id}`: column `{column}` has `{found}`, not {wanted}")]
    Cell {
        /// The table.
        path: PathBuf,
        /// Name of the run.
        id: String,
        /// Name of the column.
        column: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The set is empty, or nothing in it has the family asked for.
    #[error("{path}: no run{}", .family.as_ref().map(|name| format!(" of the family `{name}`")).unwrap_or_default())]
    Empty {
        /// The table.
        path: PathBuf,
        /// The family asked for.
        family: Option<String>,
    },
}

#[derive(Deserialize)]
struct Row {
    id: String,
    family: String,
    workload: String,
    spark: String,
    lang: String,
    master: String,
    driver_memory: String,
    args: String,
    conf: String,
    log: String,
    app_failed: String,
    mem_spilled: Option<u64>,
    disk_spilled: Option<u64>,
    peak_max: Option<u64>,
    peak_sum: Option<u64>,
    evict_to_disk: Option<u64>,
    evict_drop: Option<u64>,
    evict_to_disk_bytes: Option<u64>,
    evict_drop_bytes: Option<u64>,
    bcast_evict: Option<u64>,
    cache_hits_by_input_bytes: Option<u64>,
    cache_misses_by_input_bytes: Option<u64>,
    n_tasks_failed: Option<u64>,
    cpu_ms: Option<u64>,
    app_duration_ms: Option<u64>,
}

/// Reads the runs of a set, in the order of its table; those of one family if one is asked for.
///
/// # Errors
/// If the table cannot be read, a cell does not hold what it should, or no run is left.
pub(super) fn read(directory: &Path, family: Option<&str>) -> Result<Vec<Run>, TruthError> {
    let path = directory.join("truth.csv");
    let table = |source| TruthError::Table { path: path.clone(), source };
    let mut runs = Vec::new();
    for row in csv::Reader::from_path(&path).map_err(table)?.into_deserialize() {
        let row: Row = row.map_err(table)?;
        if family.is_none_or(|family| family == row.family) {
            runs.push(row.into_run(directory, &path)?);
        }
    }
    if runs.is_empty() {
        return Err(TruthError::Empty { path, family: family.map(str::to_owned) });
    }
    Ok(runs)
}

impl Row {
    fn into_run(self, directory: &Path, path: &Path) -> Result<Run, TruthError> {
        let wrong = |column, found: &str, wanted| TruthError::Cell {
            path: path.to_owned(),
            id: self.id.clone(),
            column,
            found: found.to_owned(),
            wanted,
        };
        let object = "an object of JSON";
        let args = pairs(&self.args).ok_or_else(|| wrong("args", &self.args, object))?;
        let mut conf = pairs(&self.conf).ok_or_else(|| wrong("conf", &self.conf, object))?;
        // How the log is written says nothing on the run.
        conf.retain(|key, _| !key.starts_with("spark.eventLog."));
        let failed = match self.app_failed.as_str() {
            "True" => true,
            "False" => false,
            other => return Err(wrong("app_failed", other, "True or False")),
        };
        let both = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        let truth = Values::default()
            .with(Figure::MemorySpilled, self.mem_spilled)
            .with(Figure::DiskSpilled, self.disk_spilled)
            .with(Figure::PeakMax, self.peak_max)
            .with(Figure::PeakSum, self.peak_sum)
            .with(Figure::EvictedBlocks, both(self.evict_to_disk, self.evict_drop))
            .with(Figure::EvictedBytes, both(self.evict_to_disk_bytes, self.evict_drop_bytes))
            .with(Figure::EvictedBroadcastBlocks, self.bcast_evict)
            .with(Figure::CacheHits, self.cache_hits_by_input_bytes)
            .with(Figure::CacheMisses, self.cache_misses_by_input_bytes)
            .with(Figure::FailedTasks, self.n_tasks_failed)
            .with(Figure::Cpu, self.cpu_ms)
            .with(Figure::Duration, self.app_duration_ms);
        Ok(Run {
            id: self.id,
            family: self.family,
            program: Program { workload: self.workload, args, lang: self.lang, spark: self.spark },
            configuration: Configuration { master: self.master, driver_memory: self.driver_memory, conf },
            log: directory.join(self.log),
            truth,
            failed,
        })
    }
}

/// The fields of a flat object of JSON, as text.
fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return None };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id,family,workload,spark,lang,master,driver_memory,args,conf,log,app_failed,mem_spilled,\
        disk_spilled,peak_max,peak_sum,evict_to_disk,evict_drop,evict_to_disk_bytes,evict_drop_bytes,bcast_evict,\
        cache_hits_by_input_bytes,cache_misses_by_input_bytes,n_tasks_failed,cpu_ms,app_duration_ms";

    fn read_rows(name: &str, rows: &[&str], family: Option<&str>) -> Result<Vec<Run>, String> {
        let directory = std::env::temp_dir().join(format!("poolsim-truth-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a folder for the table");
        let table = format!("{HEAD}\n{}\n", rows.join("\n"));
        std::fs::write(directory.join("truth.csv"), table).expect("the table");
        let runs = read(&directory, family).map_err(|error| error.to_string());
        std::fs::remove_dir_all(&directory).expect("the folder");
        runs
    }

    fn row(conf: &str, failed: &str, disk: &str) -> String {
        format!(
            r#"a,sorts,sort,3.5.6,python,local[4],1g,"{{""n"": 3, ""hint"": ""x""}}","{conf}",logs/a/x,{failed},7,6,5,5,{disk},2,,3,0,,,0,10,"#
        )
    }

    #[test]
    fn a_row_becomes_a_run() {
        let conf = r#"{""spark.memory.fraction"": ""0.6"", ""spark.eventLog.compress"": ""true""}"#;
        let runs = read_rows("row", &[&row(conf, "False", "1")], None).expect("a run");
        let run = &runs[0];
        let of = |figure| run.truth.get(figure);
        assert_eq!(
            run.program.args,
            [("hint", "x"), ("n", "3")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
        );
        assert_eq!(run.configuration.conf, [("spark.memory.fraction".to_owned(), "0.6".to_owned())].into());
        assert_eq!((run.configuration.cores(), run.failed), (4, false));
        assert_eq!((of(Figure::MemorySpilled), of(Figure::EvictedBlocks)), (Some(7), Some(3)));
        // One of both parts is not known.
        assert_eq!(
            (of(Figure::EvictedBytes), of(Figure::CacheHits), of(Figure::Duration)),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |name, row: &str, family| read_rows(name, &[row], family).expect_err("it is wrong");
        assert!(
            error("conf", &row("[]", "False", "1"), None).ends_with("`conf` has `[]`, not an object of JSON")
        );
        assert!(error("failed", &row("{}", "no", "1"), None).contains("`app_failed` has `no`"));
        assert!(error("number", &row("{}", "True", "x"), None).contains("truth.csv"));
        assert!(
            error("family", &row("{}", "True", "1"), Some("joins")).ends_with("no run of the family `joins`")
        );
    }

    #[test]
    fn cores_are_told_by_the_master() {
        let cores = |master: &str| {
            let conf = [("spark.executor.cores".to_owned(), "3".to_owned())].into();
            Configuration { master: master.to_owned(), driver_memory: "1g".to_owned(), conf }.cores()
        };
        assert_eq!(["local", "local[8]", "local-cluster[2,5,1024]", "yarn"].map(cores), [1, 8, 5, 3]);
    }
}
