//! CSV of a replay: a line for each figure of the application, of each stage and of each cached RDD.

use std::collections::BTreeMap;
use std::io::Write;

use experiments::replay::{
    ErrorKind, FigureError, Figures, ReplayReport, numbers, rdd_numbers, stage_numbers,
};

const COLUMNS: [&str; 10] =
    ["of", "id", "name", "figure", "observed", "simulated", "error", "kind", "predicted", "interval"];

pub(crate) fn write(report: &ReplayReport, out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    let predicted = report.predicted.as_ref().map(|predicted| &predicted.figures);
    let app = predicted.map(numbers).map(BTreeMap::from).unwrap_or_default();
    for (figure, error) in &report.errors.app {
        let interval = report.predicted.as_ref().and_then(|predicted| predicted.interval.get(figure));
        let interval = interval.map_or(String::new(), |of| format!("{}..{}", of.low, of.high));
        csv.write_record(row("application", None, "", figure, error, app.get(figure), interval))?;
    }
    for errors in &report.errors.stages {
        let name = report.observed.stages.iter().find(|stage| stage.id == errors.id);
        let name = name.map_or("", |stage| &stage.name);
        let stage =
            |figures: &Figures| figures.stages.iter().find(|stage| stage.id == errors.id).map(stage_numbers);
        let now = predicted.and_then(stage).map(BTreeMap::from).unwrap_or_default();
        for (figure, error) in &errors.figures {
            let id = Some(errors.id);
            csv.write_record(row("stage", id, name, figure, error, now.get(figure), String::new()))?;
        }
    }
    for errors in &report.errors.rdds {
        let name = report.observed.rdds.iter().find(|rdd| rdd.id == errors.id);
        let name = name.map_or("", |rdd| &rdd.name);
        let rdd = |figures: &Figures| figures.rdds.iter().find(|rdd| rdd.id == errors.id).map(rdd_numbers);
        let now = predicted.and_then(rdd).map(BTreeMap::from).unwrap_or_default();
        for (figure, error) in &errors.figures {
            let id = Some(errors.id);
            csv.write_record(row("rdd", id, name, figure, error, now.get(figure), String::new()))?;
        }
    }
    csv.flush()?;
    Ok(())
}

fn row(
    of: &str,
    id: Option<u32>,
    name: &str,
    figure: &str,
    error: &FigureError,
    predicted: Option<&Option<u64>>,
    interval: String,
) -> [String; 10] {
    let number = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
    let kind = match error.kind {
        ErrorKind::Accuracy => "accuracy",
        ErrorKind::Fit => "fit",
    };
    [
        of.to_owned(),
        id.map_or(String::new(), |id| id.to_string()),
        super::csv::cell(name),
        figure.to_owned(),
        number(error.observed),
        number(error.simulated),
        error.error.map_or(String::new(), |error| format!("{error:.6}")),
        kind.to_owned(),
        number(predicted.copied().flatten()),
        interval,
    ]
}
