//! One run before it runs: a workload with the numbers that it is run under.

use std::fmt;
use std::sync::Arc;

use sim_core::conf::{ClusterShape, Conf, Layout, SparkVersion};
use sim_core::engine::RunConf;
use sim_core::ids::RddId;
use sim_core::workload::Workload;
use workload::{Plan, PlanConf, Scenario, Schedule};

use crate::limits::{check_limits, check_time};
use crate::{Error, Input, Layer, Settings, Slips, losses, recorded, settings};

/// The version of inputs that name none.
pub const DEFAULT_VERSION: SparkVersion = SparkVersion::V3_5;

/// Everything that a run depends on.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name of the input.
    pub name: String,
    /// What the input asks, in one sentence.
    pub question: Option<String>,
    /// What runs. Cases that differ in keys of the run alone share it.
    pub workload: Arc<Workload>,
    /// The settings.
    pub conf: Conf,
    /// The numbers that follow from the settings.
    pub run_conf: RunConf,
    /// The memory of an executor.
    pub layout: Layout,
    /// What a user may want to know of how the input was understood.
    pub notes: Vec<Note>,
}

/// Something that was understood differently from how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The version is not modelled: the nearest stands in.
    NearestVersion {
        /// As written.
        asked: String,
        /// The one that is used.
        used: SparkVersion,
    },
    /// A key of a file that looks like a slip.
    Slip {
        /// As written.
        key: String,
        /// Where.
        layer: String,
        /// The known key.
        nearest: &'static str,
    },
    /// Keys that the model does not read.
    Unread {
        /// Sorted.
        keys: Vec<String>,
    },
    /// A data set is cached and nobody reads the cache.
    CacheNeverRead {
        /// Its name.
        name: String,
    },
    /// Something about the log that the input was made of.
    OfLog {
        /// The sentence.
        text: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearestVersion { asked, used } => {
                write!(f, "Spark {} is not modelled: {used} stands in", asked.escape_debug())
            }
            Self::Slip { key, layer, nearest } => {
                write!(f, "{} ({layer}) is not read: did you mean {nearest}?", key.escape_debug())
            }
            Self::Unread { keys } => {
                let keys = keys.iter().map(|key| key.escape_debug().to_string()).collect::<Vec<_>>();
                write!(f, "not read by the model: {}", keys.join(", "))
            }
            Self::CacheNeverRead { name } => write!(
                f,
                "`{}` is cached and read by nobody after it was filled: it takes memory and saves nothing",
                name.escape_debug()
            ),
            Self::OfLog { text } => write!(f, "{}", text.escape_debug()),
        }
    }
}

/// A case whose workload has not been lowered yet.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) conf: Conf,
    pub(crate) run_conf: RunConf,
    pub(crate) layout: Layout,
    /// All that lowering depends on besides the plan.
    pub(crate) plan_conf: PlanConf,
    notes: Vec<Note>,
}

impl Resolved {
    pub(crate) fn of(input: &Input, settings: &Settings) -> Result<Self, Error> {
        let scenario = &input.scenario;
        let mut notes = Vec::new();
        let version = match settings.spark_version.as_ref().or(scenario.spark_version.as_ref()) {
            Some(text) => settings::version(text, &mut notes)?,
            None => DEFAULT_VERSION,
        };
        let mut layers = vec![scenario_layer(input, scenario)];
        layers.extend(settings.layers.iter().cloned());
        if scenario.plan.recording.is_some() {
            recorded::fit_heap(version, &mut layers)?;
        }
        let conf = recorded::build(version, &layers)?;
        settings::look_at_unknown_keys(&conf, &layers, &mut notes)?;
        check_limits(&conf)?;
        let mut shape = ClusterShape { nodes: scenario.cluster.nodes, ..ClusterShape::default() };
        shape.max_events = settings.max_events.unwrap_or(shape.max_events);
        let (mut run_conf, layout) =
            RunConf::resolve(&conf, shape).map_err(|error| Error::refused(error, conf.semantics()))?;
        let cores = run_conf.executors.iter().map(|executor| u64::from(executor.cores)).sum();
        let mut plan_conf = PlanConf::of(&conf, cores);
        if let Some(recording) = &scenario.plan.recording {
            plan_conf.schedule = recorded::schedule(&conf, &layers[0])?;
            plan_conf.recorded_under = Some(recorded::recorded_under(&conf, &layers[0], shape)?);
            // Executors come and go as they were recorded.
            run_conf.scheduling.allocation = None;
            recorded::place_executors(&mut run_conf, recording, plan_conf.schedule != Schedule::Anew);
            run_conf.driver.forget_heap();
        }
        losses::plan(&mut run_conf, &conf, &scenario.losses)?;
        Ok(Self { conf, run_conf, layout, plan_conf, notes })
    }

    /// The workload of the input's plan under these settings.
    pub(crate) fn lower(&self, input: &Input) -> Result<Workload, Error> {
        lower(&input.scenario.plan, &self.plan_conf)
    }

    pub(crate) fn with_workload(self, input: &Input, workload: Arc<Workload>) -> Case {
        let name_of = |rdd: RddId| workload.rdds[rdd.index()].name.clone();
        let unused =
            workload.never_read_again().into_iter().map(|rdd| Note::CacheNeverRead { name: name_of(rdd) });
        let of_log = input.notes.iter().cloned();
        let notes = of_log.chain(self.notes).chain(unused).collect();
        Case {
            name: input.name.clone(),
            question: Some(input.scenario.question.clone()),
            workload,
            conf: self.conf,
            run_conf: self.run_conf,
            layout: self.layout,
            notes,
        }
    }
}

/// The workload of a plan, which a run can hold.
pub(crate) fn lower(plan: &Plan, conf: &PlanConf) -> Result<Workload, Error> {
    let workload = workload::lower(plan, conf)?;
    check_time(&workload)?;
    Ok(workload)
}

fn scenario_layer(input: &Input, scenario: &Scenario) -> Layer {
    Layer { name: input.name.clone(), pairs: scenario.conf.clone(), slips: Slips::Note }
}

impl Case {
    /// An input under settings.
    ///
    /// # Errors
    /// What is wrong with the settings, what Spark refuses of them, or what a run cannot have.
    pub fn of(input: &Input, settings: &Settings) -> Result<Self, Error> {
        let resolved = Resolved::of(input, settings)?;
        let workload = Arc::new(resolved.lower(input)?);
        Ok(resolved.with_workload(input, workload))
    }

    /// A case of a workload made elsewhere.
    ///
    /// # Errors
    /// What Spark refuses of the settings, or what a run cannot have.
    pub fn new(name: &str, workload: Arc<Workload>, conf: Conf, shape: ClusterShape) -> Result<Self, Error> {
        check_limits(&conf)?;
        let (run_conf, layout) =
            RunConf::resolve(&conf, shape).map_err(|error| Error::refused(error, conf.semantics()))?;
        workload.check()?;
        check_time(&workload)?;
        Ok(Self {
            name: name.to_owned(),
            question: None,
            workload,
            conf,
            run_conf,
            layout,
            notes: Vec::new(),
        })
    }
}
