//! Writing a scenario that was made of a log, to be edited and run.

use std::io::{self, Write};

use ron::ser::PrettyConfig;
use serde::Serialize;

use super::{Scenario, options};

/// The setting that `cluster` stands for.
const INSTANCES: &str = "spark.executor.instances";

impl Scenario {
    /// Writes a scenario that consists of a recording: reading it back gives the same one. A list of numbers is on one
    /// line.
    ///
    /// # Errors
    /// What the writer says; or [`io::ErrorKind::Unsupported`] for a scenario with data sets or expectations, whose
    /// text is lost.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let plan = &self.plan;
        let Some(recording) = &plan.recording else { return Err(io::ErrorKind::Unsupported.into()) };
        if !plan.nodes.is_empty() || !self.expect.is_empty() || !self.variants.is_empty() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        write!(out, "{HEAD}(\n    question: {},\n", text(&self.question)?)?;
        if let Some(version) = &self.spark_version {
            writeln!(out, "    spark_version: {},", text(version)?)?;
        }
        let cluster = self.cluster;
        writeln!(out, "    cluster: (executors: {}, nodes: {}),", cluster.executors, cluster.nodes)?;
        writeln!(out, "    conf: {{")?;
        for (key, value) in self.conf.iter().filter(|(key, _)| key != INSTANCES) {
            writeln!(out, "        {}: {},", text(key)?, text(value)?)?;
        }
        write!(out, "    }},\n    recording: ")?;
        let pretty = PrettyConfig::new().new_line("\n").indentor(INDENT);
        let mut lists = Lists::new(out);
        let written = options().to_writer_pretty(&mut lists, recording.as_ref(), pretty);
        // What the writer below says is the reason; the serializer only knows that there is one.
        lists.failed.take().map_or(Ok(()), Err)?;
        written.map_err(io::Error::other)?;
        writeln!(out, ",\n)")
    }
}

const INDENT: &str = "    ";

const HEAD: &str = "\
// Made of an event log of Spark by `poolsim import`. Run it with `poolsim run`, sweep over settings with `poolsim sweep`,
// or edit it: docs/scenario.md describes every field of `recording`. A column is one number for all tasks of a stage
// (or partitions of an RDD), or a list with one for each. Times are milliseconds; those of tasks are without spilling
// and without computing cached partitions, which a run adds again.
";

/// A text as RON.
fn text<T: Serialize>(value: T) -> io::Result<String> {
    options().to_string(&value).map_err(io::Error::other)
}

/// Puts lists of numbers on one line and indents the others by one step more.
struct Lists<'a, W> {
    out: &'a mut W,
    failed: Option<io::Error>,
    state: State,
    /// White space after a `[`, until it is known of what the list is.
    blank: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside of strings and of lists of numbers.
    Outside,
    /// In a string; whether the last character was a backslash.
    Text { escaped: bool },
    /// After a `[`.
    Opened,
    /// In a list of numbers; whether a comma is to come if another number does.
    Numbers { comma: bool },
}

impl<'a, W: Write> Lists<'a, W> {
    fn new(out: &'a mut W) -> Self {
        Self { out, failed: None, state: State::Outside, blank: Vec::new() }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(bytes.len() + 64);
        for &byte in bytes {
            self.byte(byte, &mut buffer);
        }
        self.out.write_all(&buffer)
    }

    fn byte(&mut self, byte: u8, to: &mut Vec<u8>) {
        match self.state {
            State::Text { escaped } => {
                to.push(byte);
                self.state = match byte {
                    b'"' if !escaped => State::Outside,
                    _ => State::Text { escaped: byte == b'\\' && !escaped },
                };
            }
            State::Opened if byte.is_ascii_whitespace() => self.blank.push(byte),
            State::Opened if byte.is_ascii_digit() => {
                self.blank.clear();
                to.push(byte);
                self.state = State::Numbers { comma: false };
            }
            State::Opened => {
                self.state = State::Outside;
                for blank in std::mem::take(&mut self.blank) {
                    outside(blank, to);
                }
                self.byte(byte, to);
            }
            State::Numbers { .. } if byte.is_ascii_whitespace() => {}
            State::Numbers { .. } if byte == b',' => self.state = State::Numbers { comma: true },
            State::Numbers { .. } if byte == b']' => {
                to.push(byte);
                self.state = State::Outside;
            }
            State::Numbers { comma } => {
                if comma {
                    to.push(b',');
                }
                to.push(byte);
                self.state = State::Numbers { comma: false };
            }
            State::Outside => {
                outside(byte, to);
                match byte {
                    b'"' => self.state = State::Text { escaped: false },
                    b'[' => self.state = State::Opened,
                    _ => {}
                }
            }
        }
    }
}

fn outside(byte: u8, to: &mut Vec<u8>) {
    to.push(byte);
    if byte == b'\n' {
        to.extend_from_slice(INDENT.as_bytes());
    }
}

impl<W: Write> std::fmt::Write for Lists<'_, W> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.put(text.as_bytes()).map_err(|error| {
            self.failed = Some(error);
            std::fmt::Error
        })
    }
}

#[cfg(test)]
mod tests {
    use sim_core::storage::StorageLevel;

    use super::*;
    use crate::plan::recording::{
        Column, Executor, Job, Output, Rdd, Recording, Shuffle, Stage, Step, Writer,
    };
    use crate::scenario::Cluster;
    use crate::{Plan, lower};

    fn stage(id: u32, tasks: u32, steps: Vec<Step>, output: Output) -> Stage {
        let each = |factor: u64| Column::of((0..u64::from(tasks)).map(|task| task * factor + 1).collect());
        let (time_ms, executor) = (each(7), Column::Same(0));
        Stage {
            id,
            name: format!("stage {id}"),
            tasks,
            steps,
            output,
            time_ms,
            executor,
            deserialize_ms: each(4),
            not_before_ms: each(3),
        }
    }

    fn scenario(tasks: u32) -> Scenario {
        let each = |factor: u64| Column::of((0..u64::from(tasks)).map(|task| task * factor + 1).collect());
        let cached = Step::Cached { rdd: 0, partition: None, rows: each(2), bytes: each(99) };
        let fetch = Step::Fetch { shuffle: 0, wire_bytes: each(50), rows: each(2), bytes: each(80) };
        let output = Output::Shuffle {
            shuffle: 0,
            wire_bytes: each(50),
            rows: each(2),
            bytes: each(80),
            writer: Writer::Sql,
        };
        let recording = Recording {
            executors: vec![Executor { id: "driver".to_owned(), node: 0, added_ms: 0, removed_ms: Some(9) }],
            shuffles: vec![Shuffle { name: "a".to_owned(), partitions: tasks, ..shuffle() }],
            rdds: vec![Rdd {
                id: 4,
                name: "quoted \"[1, 2]\" \\ and\na line".to_owned(),
                level: StorageLevel::MEMORY_AND_DISK,
                partitions: tasks,
                memory: each(1000),
                serialized: each(900),
                elements: Column::Same(3),
                steps: vec![],
                time_ms: each(5),
            }],
            stages: vec![
                stage(0, tasks, vec![cached], output),
                stage(2, tasks, vec![fetch, Step::Sort { radix: true }], Output::None),
            ],
            jobs: vec![Job {
                id: 0,
                name: "count".to_owned(),
                stages: vec![0, 1],
                after: vec![],
                delay_ms: 4,
                unpersist: vec![],
            }],
            ..Recording::default()
        };
        Scenario {
            question: "What did \"it\" do?".to_owned(),
            spark_version: Some("3.5.6".to_owned()),
            cluster: Cluster { executors: 1, nodes: 1 },
            losses: Vec::new(),
            conf: vec![
                (INSTANCES.to_owned(), "1".to_owned()),
                ("spark.memory.fraction".to_owned(), "0.4".to_owned()),
            ],
            plan: Plan { recording: Some(Box::new(recording)), ..Plan::default() },
            expect: Vec::new(),
            variants: Vec::new(),
        }
    }

    fn shuffle() -> Shuffle {
        let partitions_from = crate::plan::recording::PartitionsFrom::SqlShufflePartitions;
        Shuffle { name: String::new(), partitions: 0, partitions_from }
    }

    fn written(scenario: &Scenario) -> String {
        let mut bytes = Vec::new();
        scenario.write(&mut bytes).expect("memory takes everything");
        String::from_utf8(bytes).expect("RON is text")
    }

    #[test]
    fn what_is_written_is_read_back() {
        let scenario = scenario(3);
        let text = written(&scenario);
        assert_eq!(Scenario::parse("x.ron", &text, None).expect(&text), scenario);
        assert!(text.contains("wire_bytes: [1,51,101],"), "{text}");
        assert!(text.contains("elements: 3,"), "{text}");
        assert!(!text.lines().any(|line| line != line.trim_end()), "{text}");
    }

    #[test]
    fn a_hundred_thousand_tasks_are_a_file_that_loads() {
        let scenario = scenario(50_000);
        let text = written(&scenario);
        assert!(text.len() < 30 << 20, "{} bytes", text.len());
        let again = Scenario::parse("x.ron", &text, None).expect("it was just written");
        assert_eq!(again, scenario);
        assert!(lower(&again.plan, &crate::PlanConf::default()).is_ok());
    }

    #[test]
    fn a_scenario_with_data_sets_is_not_written() {
        let text = "(question: \"why?\")";
        let scenario = Scenario::parse("x.ron", text, None).expect("a scenario");
        let error = scenario.write(&mut Vec::new()).expect_err("it has no recording");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
