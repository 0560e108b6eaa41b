//! A layout as CSV: a line for each part of each process.

use std::io::Write;

use experiments::layout::{LayoutReport, Part};

const COLUMNS: [&str; 7] = ["process", "part", "bytes", "settings", "formula", "source", "ground"];

pub(crate) fn write(report: &LayoutReport, out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    let processes = [report.executor.as_ref(), Some(&report.driver), report.application_master.as_ref()]
        .into_iter()
        .flatten();
    for process in processes {
        parts(&mut csv, process.process, "", &process.container)?;
        for part in process.page.iter().chain(&process.python_worker_limit) {
            parts(&mut csv, process.process, "", part)?;
        }
    }
    csv.flush()?;
    Ok(())
}

/// A part and those in it, with its path.
fn parts<W: Write>(csv: &mut csv::Writer<W>, process: &str, within: &str, part: &Part) -> anyhow::Result<()> {
    let path = if within.is_empty() { part.name.to_owned() } else { format!("{within}.{}", part.name) };
    let settings = part.settings.iter().filter_map(|setting| {
        Some(format!("{}={}", setting.key, super::csv::cell(setting.value.as_deref()?)))
    });
    let settings = settings.collect::<Vec<_>>().join(" ");
    let ground = format!("{:?}", part.ground).to_lowercase();
    let bytes = part.bytes.to_string();
    csv.write_record([process, &path, &bytes, &settings, &part.formula, part.source, &ground])?;
    part.parts.iter().try_for_each(|inner| parts(csv, process, &path, inner))
}
