//! The screen of a layout.

mod bars;
mod parts;

use std::io::{self, Write};

use experiments::human;
use experiments::layout::{
    DeploymentReport, LayoutReport, Outcome, OutcomeVerdict, ProcessLayout, TaskShare,
};

use super::header::{MARGIN, fact, wrap};
use super::table::{NOTHING_THERE, Side, Table};
use crate::screen::{Ink, Screen, name};

/// Rows of shares that are shown before only powers of two and the last are.
const ALL_SHARES: usize = 8;

pub(crate) fn write(report: &LayoutReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{}",
        screen.paint(Ink::Title, &format!("memory of {}", name(&report.input, screen.width)))
    )?;
    let place = place(&report.deployment, &report.spark_version);
    texts(screen, out, "", &[("runs", place)])?;
    outcome(screen, out, &report.outcome)?;
    if let Some(executor) = &report.executor {
        process(screen, out, executor, "an executor")?;
    }
    process(screen, out, &report.driver, "the driver")?;
    if let Some(master) = &report.application_master {
        process(screen, out, master, "YARN's application master")?;
    }
    observed(screen, out, report)?;
    for note in &report.notes {
        texts(screen, out, "\n", &[("note", name(note, 2000))])?;
    }
    Ok(())
}

fn place(deployment: &DeploymentReport, version: &str) -> String {
    let language = match deployment.language {
        "python" => "a Python application",
        "r" => "an R application",
        _ => "a JVM application",
    };
    let on = match (&deployment.master, deployment.cluster_manager) {
        (None, _) => "on no cluster manager in particular".to_owned(),
        (Some(master), manager) => format!("on {manager} ({})", name(master, 60)),
    };
    format!("Spark {version}, {language} {on}, {} mode", deployment.deploy_mode)
}

/// Titled texts that are broken at the width of the screen.
fn texts(screen: Screen, out: &mut impl Write, before: &str, texts: &[(&str, String)]) -> io::Result<()> {
    for (title, text) in texts {
        write!(out, "{before}")?;
        for (at, line) in wrap(text, screen.width - MARGIN).iter().enumerate() {
            fact(screen, out, if at == 0 { title } else { "" }, line)?;
        }
    }
    Ok(())
}

fn outcome(screen: Screen, out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let bad = !matches!(outcome.verdict, OutcomeVerdict::Granted | OutcomeVerdict::NoContainers);
    let word = match outcome.verdict {
        OutcomeVerdict::RefusedAtSubmission | OutcomeVerdict::RefusedAtStart => "REFUSED: ",
        OutcomeVerdict::NeverScheduled => "NEVER RUNS: ",
        OutcomeVerdict::Granted | OutcomeVerdict::NoContainers => "",
    };
    let text = format!("{word}{}", outcome.text);
    for (at, line) in wrap(&text, screen.width - MARGIN).iter().enumerate() {
        let line = if bad && at == 0 { screen.paint(Ink::Alarm, line) } else { line.clone() };
        fact(screen, out, if at == 0 { "outcome" } else { "" }, &line)?;
    }
    let more = [("Spark says", &outcome.spark_text), ("what to do", &outcome.remedy)];
    for (title, text) in more {
        if let Some(text) = text {
            texts(screen, out, "", &[(title, text.clone())])?;
        }
    }
    if outcome.containers.is_empty() {
        return Ok(());
    }
    let columns =
        [("asks for", Side::Left), ("MiB", Side::Right), ("given", Side::Right), ("rounding", Side::Right)];
    let last = [("fit a node", Side::Right), ("because", Side::Left)];
    let mut table = Table::new(screen, columns.into_iter().chain(last));
    let mib = |bytes: u64| (bytes >> 20).to_string();
    let or_not = |number: Option<String>| number.unwrap_or_else(|| NOTHING_THERE.to_owned());
    for grant in &outcome.containers {
        table.row([
            grant.process.replace('_', " "),
            mib(grant.asked_bytes),
            or_not(grant.granted_bytes.map(mib)),
            or_not(grant.rounding_bytes.filter(|bytes| *bytes > 0).map(mib)),
            or_not(grant.per_node.map(|number| number.to_string())),
            grant.formula.clone(),
        ]);
    }
    writeln!(out)?;
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    let limits: Vec<String> = outcome
        .settings
        .iter()
        .filter_map(|setting| Some(format!("{}={}", setting.key, name(setting.value.as_deref()?, 30))))
        .collect();
    if !limits.is_empty() {
        writeln!(out)?;
        texts(screen, out, "", &[("cluster", limits.join(" "))])?;
    }
    Ok(())
}

fn process(screen: Screen, out: &mut impl Write, process: &ProcessLayout, title: &str) -> io::Result<()> {
    let total = human::bytes(process.container.bytes);
    let held = if process.limited { "a container" } else { "no container: nothing limits the sum" };
    writeln!(out)?;
    writeln!(out, "{}", screen.paint(Ink::Title, &format!("{title}: {total}, {held}")))?;
    bars::write(&process.container, screen, out)?;
    if let Some(refused) = &process.refused {
        texts(screen, out, "\n", &[("REFUSED", refused.text.clone())])?;
        texts(screen, out, "", &[("Spark says", refused.spark_text.clone())])?;
    }
    writeln!(out)?;
    parts::write(process, screen, out)?;
    shown(screen, out, process)?;
    shares(screen, out, process)
}

fn shown(screen: Screen, out: &mut impl Write, process: &ProcessLayout) -> io::Result<()> {
    let Some(shown) = &process.shown else { return Ok(()) };
    let text = format!(
        "Storage Memory {} in the web UI ({} in that of Spark 2), {} in the log, {} bytes in BlockManagerAdded",
        shown.web_ui,
        shown.web_ui_2,
        shown.log,
        human::grouped(shown.block_manager_bytes)
    );
    texts(screen, out, "\n", &[("Spark shows", text)])?;
    if process.heap.collector_from != "default" || process.process != "executor" {
        return Ok(());
    }
    let xmx = process.heap.xmx_bytes >> 20;
    writeln!(out)?;
    writeln!(out, "-Xmx{xmx}m under each collector; no option names one")?;
    let columns = [("collector", Side::Left), ("the JVM reports", Side::Right), ("unified", Side::Right)];
    let last = [("web UI", Side::Right), ("Spark 2", Side::Right), ("default of", Side::Left)];
    let mut table = Table::new(screen, columns.into_iter().chain(last));
    for row in &process.heap.by_collector {
        let (equal, chosen) = (if row.xms_is_xmx { ", -Xms too" } else { "" }, row.chosen);
        let equal = if row.collector == "parallel" { equal } else { "" };
        let of = match (row.collector, row.xms_is_xmx) {
            ("g1", _) => "Java 9 and later",
            ("parallel", false) => "Java 8",
            ("parallel", true) => "Java 8 on Kubernetes",
            ("serial", _) => "1 CPU, or < 1792 MiB",
            _ => "",
        };
        let shown = |text: fn(&experiments::layout::Shown) -> &String| {
            row.shown.as_ref().map_or_else(|| NOTHING_THERE.to_owned(), |shown| text(shown).clone())
        };
        table.row([
            format!("{}{}{equal}", if chosen { "> " } else { "  " }, row.collector),
            human::grouped(row.reported_bytes),
            row.unified_bytes.map_or_else(|| NOTHING_THERE.to_owned(), human::grouped),
            shown(|shown| &shown.web_ui),
            shown(|shown| &shown.web_ui_2),
            of.to_owned(),
        ]);
    }
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn shares(screen: Screen, out: &mut impl Write, process: &ProcessLayout) -> io::Result<()> {
    if process.shares.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(
        out,
        "what a task can have of the execution memory ({}), by the tasks that hold or ask for some",
        process
            .consumers
            .replace('_', " ")
            .replace("off heap", "off the heap")
            .replace("on heap", "on the heap")
    )?;
    let columns = [
        ("active", Side::Right),
        ("at most, 1/N", Side::Right),
        ("waits below, 1/2N", Side::Right),
        ("most beside a full cache", Side::Right),
        ("waits below", Side::Right),
    ];
    let mut table = Table::new(screen, columns);
    let all = process.shares.len() <= ALL_SHARES;
    let last = process.shares.last().map_or(0, |share| share.active_tasks);
    let kept = |share: &&TaskShare| all || share.active_tasks.is_power_of_two() || share.active_tasks == last;
    for share in process.shares.iter().filter(kept) {
        table.row([
            share.active_tasks.to_string(),
            human::grouped(share.most_bytes),
            human::grouped(share.least_bytes),
            human::grouped(share.most_beside_cache_bytes),
            human::grouped(share.least_beside_cache_bytes),
        ]);
    }
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    let text = "bytes, of active tasks and not of cores: one alone may have all. Source: \
                ExecutionMemoryPool.acquireMemory, UnifiedMemoryManager.computeMaxExecutionPoolSize";
    for line in wrap(text, screen.width) {
        writeln!(out, "{}", screen.paint(Ink::Faint, &line))?;
    }
    Ok(())
}

fn observed(screen: Screen, out: &mut impl Write, report: &LayoutReport) -> io::Result<()> {
    if report.observed.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "{}", screen.paint(Ink::Title, "what executors reported (BlockManagerAdded), in bytes"))?;
    let columns = [
        ("executor", Side::Left),
        ("on the heap", Side::Right),
        ("computed", Side::Right),
        ("difference", Side::Right),
        ("off the heap", Side::Right),
        ("computed", Side::Right),
        ("difference", Side::Right),
    ];
    let mut table = Table::new(screen, columns);
    let known = |number: Option<String>| number.unwrap_or_else(|| "?".to_owned());
    for pool in &report.observed {
        table.row([
            name(&pool.executor, 20),
            human::grouped(pool.on_heap_bytes),
            known(pool.computed_on_heap_bytes.map(human::grouped)),
            known(pool.on_heap_difference_bytes.map(|bytes| bytes.to_string())),
            human::grouped(pool.off_heap_bytes),
            known(pool.computed_off_heap_bytes.map(human::grouped)),
            known(pool.off_heap_difference_bytes.map(|bytes| bytes.to_string())),
        ]);
    }
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
