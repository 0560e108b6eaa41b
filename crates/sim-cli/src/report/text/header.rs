//! What ran: the input and its question, the cluster, the memory of an executor.

use std::io::{self, Write};

use experiments::{RunReport, human};

use crate::screen::{Ink, Screen, name};

/// Columns that the title of a fact takes.
pub(super) const MARGIN: usize = 13;

pub(super) fn write(report: &RunReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
    if let Some(question) = &report.question {
        for line in wrap(&name(question, 1000), screen.width) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out)?;
    fact(screen, out, "cluster", &cluster(report))?;
    let layout = &report.layout;
    let size = human::bytes;
    let heap = format!(
        "{} heap = {} reserved + {} user + {} unified",
        size(layout.system_bytes),
        size(layout.reserved_bytes),
        size(layout.user_bytes),
        size(layout.unified_bytes)
    );
    fact(screen, out, "memory", &heap)?;
    let unified = format!(
        "{} of it storage region, {} execution; pages of {}",
        size(layout.storage_region_bytes),
        size(layout.execution_bytes),
        size(layout.page_bytes)
    );
    fact(screen, out, "", &unified)?;
    if layout.off_heap_bytes > 0 {
        let off_heap = format!(
            "{} off the heap, {} of it storage region",
            size(layout.off_heap_bytes),
            size(layout.off_heap_storage_region_bytes)
        );
        fact(screen, out, "", &off_heap)?;
    }
    Ok(())
}

/// A line with its title in the margin.
pub(super) fn fact(screen: Screen, out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    writeln!(out, "{}  {text}", screen.paint(Ink::Faint, &format!("{title:<11}")))
}

fn cluster(report: &RunReport) -> String {
    let executors = report.executors.len() as u64;
    let cores = report.executors.first().map_or(0, |executor| executor.cores);
    let nodes = report.executors.iter().map(|executor| executor.node + 1).max().unwrap_or(0);
    format!(
        "Spark {}, {} of {} on {}",
        report.spark_version,
        human::count(executors, "executor"),
        human::count(cores.into(), "core"),
        human::count(nodes.into(), "node")
    )
}

/// Lines of at most `width` characters, broken at blanks.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let last = lines.last_mut().expect("there is always one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word);
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(&word);
        }
    }
    lines
}

/// The words of a text; a number stays with its unit or noun.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(last) if last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(super::wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(super::wrap("it spills 10 MiB", 13), ["it spills", "10 MiB"]);
        assert_eq!(super::wrap("unbreakable", 4), ["unbreakable"]);
    }
}
