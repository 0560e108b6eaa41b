//! The screen of sizes of executors.

use std::io::{self, Write};

use experiments::human;
use experiments::report::Verdict;
use experiments::size::{Candidate, SizeReport, Step};

use super::header::{MARGIN, fact, wrap};
use super::table::{NOTHING_THERE, Side, Table};
use crate::screen::{Ink, Screen, name};

/// Columns of the title of a step.
const STEP: usize = 32;

pub(crate) fn write(report: &SizeReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let cluster = &report.cluster;
    let title = format!(
        "executors for {} of {} and {} on {}, Spark {}",
        human::count(cluster.nodes.into(), "node"),
        human::count(cluster.node_cores.into(), "core"),
        human::bytes(cluster.node_memory_bytes),
        cluster.cluster_manager,
        report.spark_version
    );
    writeln!(out, "{}", screen.paint(Ink::Title, &title))?;
    steps(screen, out, &cluster.steps)?;
    if let Some(proposal) = &report.proposal {
        let memory = human::bytes(proposal.heap_bytes);
        let title = format!(
            "as proposed: {} executors of {} and {memory} on a node: {}",
            proposal.executors_per_node,
            human::count(proposal.executor_cores.into(), "core"),
            if proposal.fits { "fits" } else { "DOES NOT FIT" }
        );
        let ink = if proposal.fits { Ink::Title } else { Ink::Alarm };
        writeln!(out, "\n{}", screen.paint(ink, &title))?;
        steps(screen, out, &proposal.steps)?;
        if let Some(line) = &proposal.submit {
            submit(screen, out, if proposal.fits { "start it" } else { "what fits" }, line)?;
        }
    }
    table(report, screen, out)?;
    simulated(report, screen, out)?;
    if let Some(best) = report.recommended.map(|at| &report.candidates[at]) {
        let title = format!(
            "begin with: {}, {} and {} each",
            human::count(best.executors.into(), "executor"),
            human::count(best.executor_cores.into(), "core"),
            human::bytes(best.heap_bytes)
        );
        writeln!(out, "\n{}", screen.paint(Ink::Title, &title))?;
        steps(screen, out, &best.steps)?;
    }
    if let Some(partitions) = &report.partitions {
        let title = format!("partitions of {}", human::bytes(partitions.data_bytes));
        writeln!(out, "\n{}", screen.paint(Ink::Title, &title))?;
        steps(screen, out, &partitions.steps)?;
        for limit in &partitions.limits {
            said(screen, out, "limit", limit)?;
        }
    }
    writeln!(
        out,
        "\n{}",
        screen.paint(Ink::Title, "lines to start with, and what speaks for and against each")
    )?;
    for candidate in &report.candidates {
        if let Some(refused) = &candidate.refused {
            said(screen, out, &candidate.name, &format!("none: {refused}"))?;
            continue;
        }
        submit(screen, out, &candidate.name, &candidate.submit)?;
        for why in &candidate.why {
            said(screen, out, "", why)?;
        }
    }
    for note in &report.notes {
        writeln!(out)?;
        said(screen, out, "note", &name(note, 2000))?;
    }
    Ok(())
}

fn table(report: &SizeReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let columns = [
        ("way", Side::Left),
        ("a node", Side::Right),
        ("all", Side::Right),
        ("tasks", Side::Right),
        ("heap", Side::Right),
        ("container", Side::Right),
        ("task share", Side::Right),
        ("all unified", Side::Right),
        ("left of a node", Side::Left),
    ];
    let mut table = Table::new(screen, columns);
    let mib = |bytes: u64| format!("{}m", bytes >> 20);
    for (at, candidate) in report.candidates.iter().enumerate() {
        let mark = if report.recommended == Some(at) { "> " } else { "  " };
        let way = format!("{mark}{}", candidate.name);
        let number = |number: u64| match candidate.refused {
            Some(_) => NOTHING_THERE.to_owned(),
            None => human::grouped(number),
        };
        let size = |bytes: u64, show: &dyn Fn(u64) -> String| match candidate.refused {
            Some(_) => NOTHING_THERE.to_owned(),
            None => show(bytes),
        };
        table.row([
            way,
            number(candidate.executors_per_node.into()),
            number(candidate.executors.into()),
            number(candidate.slots),
            size(candidate.heap_bytes, &mib),
            size(candidate.granted_bytes, &mib),
            size(candidate.task_share_bytes, &human::bytes),
            size(candidate.unified_total_bytes, &human::bytes),
            unused(candidate),
        ]);
    }
    writeln!(out)?;
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn unused(candidate: &Candidate) -> String {
    match (&candidate.refused, candidate.unused_cores) {
        (Some(_), _) => "refused".to_owned(),
        (None, 0) => human::bytes(candidate.unused_memory_bytes),
        (None, cores) => {
            format!("{}, {}", human::bytes(candidate.unused_memory_bytes), human::count(cores.into(), "core"))
        }
    }
}

fn simulated(report: &SizeReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let Some(scenario) = &report.scenario else { return Ok(()) };
    let title = format!("{} under each", name(scenario, screen.width));
    writeln!(out, "\n{}", screen.paint(Ink::Title, &title))?;
    let columns = [
        ("way", Side::Left),
        ("took", Side::Right),
        ("spilled", Side::Right),
        ("evicted blocks", Side::Right),
        ("verdict", Side::Left),
    ];
    let mut table = Table::new(screen, columns);
    for candidate in &report.candidates {
        let Some(run) = &candidate.simulated else { continue };
        let some = |number: u64, text: String| if number == 0 { NOTHING_THERE.to_owned() } else { text };
        table.row([
            candidate.name.clone(),
            human::ms(run.duration_ms),
            some(run.memory_spilled_bytes, human::bytes(run.memory_spilled_bytes)),
            some(run.evicted_blocks, human::grouped(run.evicted_blocks)),
            match run.verdict {
                Verdict::Finished => "finishes".to_owned(),
                Verdict::Failed => "FAILS".to_owned(),
                Verdict::Stalled => "HANGS".to_owned(),
                Verdict::GaveUp => "given up".to_owned(),
            },
        ]);
    }
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn steps(screen: Screen, out: &mut impl Write, steps: &[Step]) -> io::Result<()> {
    for step in steps {
        let ground = format!("{:?}", step.ground).to_lowercase();
        let lines = wrap(&format!("{} [{ground}]", step.arithmetic), screen.width - STEP - 2);
        for (at, line) in lines.iter().enumerate() {
            let what = if at == 0 { step.what } else { "" };
            writeln!(out, "{}  {line}", screen.paint(Ink::Faint, &format!("{what:<STEP$}")))?;
        }
    }
    Ok(())
}

fn said(screen: Screen, out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    for (at, line) in wrap(text, screen.width - MARGIN).iter().enumerate() {
        fact(screen, out, if at == 0 { title } else { "" }, line)?;
    }
    Ok(())
}

/// A line to copy, broken where a shell goes on.
fn submit(screen: Screen, out: &mut impl Write, title: &str, line: &str) -> io::Result<()> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in line.split(" --") {
        let word = if lines == [""] { word.to_owned() } else { format!("--{word}") };
        let last = lines.last_mut().expect("there is always one");
        if !last.is_empty() && last.chars().count() + word.chars().count() + 3 > screen.width - MARGIN {
            last.push_str(" \\");
            lines.push(format!("  {word}"));
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(&word);
        }
    }
    for (at, line) in lines.iter().enumerate() {
        fact(screen, out, if at == 0 { title } else { "" }, line)?;
    }
    Ok(())
}
