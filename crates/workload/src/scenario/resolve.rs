//! From the document to the scenario.

use super::document::{ClusterText, Document};
use super::entries::Entries;
use super::expect::{RawExpectation, is_path};
use super::{Cluster, Expectation, Scenario, Variant, conf};
use crate::Error;
use crate::plan::Builder;

/// The most executors of a cluster.
const MAX_EXECUTORS: u32 = 100_000;

pub(super) fn resolve(document: &Document<'_>, text: &str, seed: Option<u64>) -> Result<Scenario, Error> {
    if document.question.trim().is_empty() {
        return Err(Error::new("the question is empty").help("say in one sentence what the scenario answers"));
    }
    let plan = Builder::build(document, text, seed.unwrap_or(document.seed))?;
    let version = conf::version(document.spark_version, text)?;
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &document.variants {
        if variants.iter().any(|known| known.name == variant.name.0) {
            return Err(Error::new(format!("two variants are called `{}`", variant.name.0))
                .at(variant.name.span(text))
                .help("give each its own name"));
        }
        variants.push(Variant {
            name: variant.name.0.to_owned(),
            conf: conf::settings(&variant.conf, version, text)?,
            expect: expectations(&variant.expect, text)?,
        });
    }
    let settings = conf::of_scenario(document, version, text)?;
    Ok(Scenario {
        question: document.question.clone(),
        spark_version: document.spark_version.map(|version| version.0.to_owned()),
        cluster: cluster(&document.cluster, &settings)?,
        losses: document.cluster.lose.clone(),
        conf: settings,
        plan,
        expect: expectations(&document.expect, text)?,
        variants,
    })
}

fn cluster(cluster: &ClusterText, settings: &[(String, String)]) -> Result<Cluster, Error> {
    let executors = cluster.executors.get();
    if executors > MAX_EXECUTORS {
        return Err(Error::new(format!("{executors} executors are more than {MAX_EXECUTORS}")));
    }
    let nodes = cluster.nodes.map_or(executors, std::num::NonZeroU32::get);
    let more_come =
        settings.iter().any(|(key, value)| key == "spark.dynamicAllocation.enabled" && value == "true");
    if nodes > executors && !more_come {
        return Err(Error::new(format!("{nodes} nodes for {executors} executors"))
            .help("a node without an executor changes nothing: give at most as many nodes as executors"));
    }
    Ok(Cluster { executors, nodes })
}

fn expectations(entries: &Entries<'_, RawExpectation>, text: &str) -> Result<Vec<Expectation>, Error> {
    let mut line = Lines { text, at: 0, line: 1 };
    let mut expectations = Vec::new();
    for (path, raw) in entries.unique(text)? {
        let span = path.span(text);
        if !is_path(path.0) {
            return Err(Error::new(format!("`{}` is no path of a result", path.0))
                .at(span)
                .help("write names joined by dots, with [3] for an element and [*] for all of a list"));
        }
        expectations.push(Expectation {
            path: path.0.to_owned(),
            test: raw.test.clone(),
            ground: raw.ground,
            why: raw.why.clone(),
            line: line.of(span.start),
        });
    }
    Ok(expectations)
}

/// Line numbers of growing offsets.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        self.line += self.text.get(self.at..offset).map_or(0, |part| part.matches('\n').count());
        self.at = offset.max(self.at);
        self.line
    }
}
