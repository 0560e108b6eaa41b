//! The tables, for a screen or for a page.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table};

use super::aims::{Reached, percent};
use super::figures::Figure;
use super::score::Score;
use super::sections::{FigureRow, Section, VerdictRow};
use super::tasks::Neighbours;
use super::{Accuracy, CaseRow, InexactTask};

/// How tables are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A rule under the titles.
    Screen,
    /// As Markdown has them.
    Markdown,
}

/// All tables; a row for each case only where `cases` asks for them.
#[must_use]
pub fn text(accuracy: &Accuracy, form: Form, cases: bool) -> String {
    let mut page = Page { form, text: String::new() };
    let read = if accuracy.as_default { "read as Spark writes them by default" } else { "read as recorded" };
    page.say(&format!("{} runs, {read}", accuracy.runs));
    page.aims(accuracy);
    for (name, section) in [("Self-replays", &accuracy.self_replay), ("What-ifs", &accuracy.what_if)] {
        page.section(name, section, &accuracy.ceiling);
    }
    page.repeats(&accuracy.ceiling);
    if !accuracy.unanswered.is_empty() {
        let rows = accuracy.unanswered.iter().map(|row| vec![row.case.clone(), row.reason.clone()]);
        page.table("Without an answer", &["<case", "<reason"], rows.collect());
    }
    if !accuracy.disagreements.is_empty() {
        let rows = accuracy.disagreements.iter().map(|row| {
            vec![row.run.clone(), row.figure.name().to_owned(), row.log.to_string(), row.table.to_string()]
        });
        page.table(
            "Logs that say otherwise than the table",
            &["<run", "<figure", ">log", ">table"],
            rows.collect(),
        );
    }
    if cases {
        page.cases(&accuracy.cases);
        page.inexact(&accuracy.inexact);
    }
    page.text
}

struct Page {
    form: Form,
    text: String,
}

impl Page {
    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        let title = match self.form {
            Form::Screen => title.to_owned(),
            Form::Markdown => format!("### {title}\n"),
        };
        self.say(&format!("\n{title}"));
    }

    /// A table whose columns say with their first character whether they stand left or right.
    fn table(&mut self, title: &str, columns: &[&str], rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            return;
        }
        self.title(title);
        let mut table = Table::new();
        match self.form {
            Form::Markdown => table.load_style(ASCII_MARKDOWN),
            Form::Screen => {
                let text = ContentLineStyle::none().junction(' ');
                let style = NOTHING.header_lines(text).content_lines(text);
                table.load_style(style.header_separator(LineStyle::none().fill('-').junction('-')))
            }
        };
        table.set_header(columns.iter().map(|column| &column[1..]));
        table.add_rows(rows);
        for (column, title) in table.column_iter_mut().zip(columns) {
            let left = title.starts_with('<');
            if self.form == Form::Screen {
                column.set_padding((0, 1));
            }
            column.set_cell_alignment(if left { CellAlignment::Left } else { CellAlignment::Right });
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        self.say(&lines.join("\n"));
    }

    fn aims(&mut self, accuracy: &Accuracy) {
        let rows = accuracy.aims.iter().map(|aim| {
            let reached = match aim.reached {
                Reached::Pass => "PASS",
                Reached::Miss => "MISS",
                Reached::None => "-",
            };
            vec![reached.to_owned(), aim.of.to_owned(), aim.aim.clone(), aim.figures.clone()]
        });
        self.table("Aims", &["<", "<of", "<aim", "<figures"], rows.collect());
    }

    fn section(&mut self, name: &str, section: &Section, ceiling: &[FigureRow]) {
        let all = section.figures.iter().filter(|row| row.family.is_none());
        let title = format!("{name}: all families, {} cases", section.scored);
        self.table(&title, &FIGURES, all.map(|row| figure_row(row, ceiling, row.figure.name())).collect());
        for figure in Figure::ALL {
            let rows = section
                .figures
                .iter()
                .filter(|row| row.figure == *figure && row.score.n + row.score.unanswered > 0);
            let rows = rows.filter_map(|row| Some(figure_row(row, ceiling, row.family.as_deref()?)));
            self.table(&format!("{name}: {}", figure.name()), &FIGURES, rows.collect());
        }
        self.tasks(name, section);
        self.operators(name, section);
        let verdicts = &section.verdicts;
        self.verdicts(&format!("{name}: wrong ends"), &verdicts.wrong);
        self.verdicts(&format!("{name}: ends that cannot be known"), &verdicts.cannot_be_known);
    }

    fn tasks(&mut self, name: &str, section: &Section) {
        let rows = section.tasks.iter().filter(|row| row.peak.n > 0).map(|row| {
            let share = |part: u64, of: u64| percent((of > 0).then(|| part as f64 / of as f64));
            vec![
                row.operator.name().to_owned(),
                if row.pages { "several" } else { "one or none" }.to_owned(),
                neighbours(row.neighbours).to_owned(),
                row.n.to_string(),
                share(row.exact, row.n),
                row.copy_exact.map_or_else(|| "-".to_owned(), |exact| share(exact, row.n)),
                share(row.inside, row.intervals),
                percent(row.peak.mean()),
                percent(row.memory_spilled.mean()),
                worst(&row.peak),
            ]
        });
        let columns = [
            "<operator",
            "<pages",
            "<neighbours",
            ">n",
            ">exact",
            ">copy exact",
            ">inside",
            ">peak mean",
            ">spill mean",
            "<worst peak",
        ];
        self.table(&format!("{name}: tasks, peak and spill"), &columns, rows.collect());
    }

    fn operators(&mut self, name: &str, section: &Section) {
        let rows = section.operators.iter().map(|row| {
            vec![
                row.operator.name().to_owned(),
                row.spills.n().to_string(),
                row.spills.yes_yes.to_string(),
                row.spills.false_alarms.len().to_string(),
                row.spills.misses.len().to_string(),
                percent(row.memory_spilled.mean()),
                percent(row.peak_max.mean()),
                worst(&row.memory_spilled),
            ]
        });
        let columns = [
            "<operator",
            ">stages",
            ">spill, right",
            ">false alarms",
            ">misses",
            ">spill mean",
            ">peak mean",
            "<worst spill",
        ];
        self.table(&format!("{name}: stages by what they do"), &columns, rows.collect());
    }

    fn verdicts(&mut self, title: &str, rows: &[VerdictRow]) {
        let end = |(failed, failure): (bool, Option<sim_core::outcome::FailureKind>)| match (failed, failure)
        {
            (false, _) => "finished".to_owned(),
            (true, None) => "failed".to_owned(),
            (true, Some(failure)) => failure.word().to_owned(),
        };
        let rows = rows.iter().map(|row| vec![row.case.clone(), end(row.predicted), end(row.truth)]);
        self.table(title, &["<case", "<predicted", "<truth"], rows.collect());
    }

    fn repeats(&mut self, ceiling: &[FigureRow]) {
        let rows = ceiling.iter().filter(|row| row.score.n > 0).map(|row| {
            let score = &row.score;
            vec![
                row.figure.name().to_owned(),
                row.family.clone().unwrap_or_else(|| "all".to_owned()),
                score.n.to_string(),
                percent(score.exact_share()),
                percent(score.mean()),
                worst(score),
            ]
        });
        let columns = ["<figure", "<family", ">n", ">exact", ">mean", "<worst"];
        self.table("Repeats: one run beside another of its configuration", &columns, rows.collect());
    }

    fn cases(&mut self, cases: &[CaseRow]) {
        let rows = cases.iter().flat_map(|case| {
            let wrong = case.figures.iter().filter(|figure| figure.error.is_none_or(|error| error > 0.0));
            wrong.map(|figure| {
                let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
                vec![
                    case.case.clone(),
                    figure.figure.name().to_owned(),
                    number(figure.predicted),
                    number(figure.truth),
                    percent(figure.error),
                    figure.interval.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low} to {high}")),
                    case.asked.join(" "),
                ]
            })
        });
        let columns = ["<case", "<figure", ">predicted", ">truth", ">error", ">interval", "<asked"];
        self.table("Cases: figures that are not exact", &columns, rows.collect());
    }

    fn inexact(&mut self, tasks: &[InexactTask]) {
        let ends = |(low, high): (u64, u64)| format!("{low} to {high}");
        let rows = tasks.iter().map(|task| {
            let (peak, spilled) = task.predicted.unzip();
            let (peaks, spills) = task.interval.unzip();
            let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
            vec![
                task.case.clone(),
                task.stage.to_string(),
                task.index.to_string(),
                task.operator.name().to_owned(),
                neighbours(task.neighbours).to_owned(),
                number(peak),
                task.truth.0.to_string(),
                peaks.map_or_else(|| "-".to_owned(), ends),
                number(spilled),
                task.truth.1.to_string(),
                spills.map_or_else(|| "-".to_owned(), ends),
            ]
        });
        let columns = [
            "<case",
            ">stage",
            ">task",
            "<operator",
            "<neighbours",
            ">peak",
            ">truth",
            ">interval",
            ">spill",
            ">truth",
            ">interval",
        ];
        self.table("Tasks that are not exact", &columns, rows.collect());
    }
}

fn neighbours(neighbours: Neighbours) -> &'static str {
    match neighbours {
        Neighbours::Untouched => "untouched",
        Neighbours::Replaced => "replaced",
        Neighbours::Touched => "touched",
    }
}

const FIGURES: [&str; 12] = [
    "<", ">n", ">exact", ">mean", ">false", ">missed", ">both 0", ">inside", ">copy", ">zero", ">repeats",
    "<worst",
];

fn figure_row(row: &FigureRow, ceiling: &[FigureRow], name: &str) -> Vec<String> {
    let score = &row.score;
    let repeats = ceiling.iter().find(|other| (other.figure, &other.family) == (row.figure, &row.family));
    vec![
        name.to_owned(),
        score.n.to_string(),
        percent(score.exact_share()),
        percent(score.mean()),
        score.false_alarms.to_string(),
        score.misses.to_string(),
        score.both_zero.to_string(),
        percent(score.inside_share()),
        percent(row.copy.as_ref().and_then(Score::mean)),
        percent(row.zero.mean()),
        percent(repeats.and_then(|row| row.score.mean())),
        worst(score),
    ]
}

fn worst(score: &Score) -> String {
    score
        .worst
        .as_ref()
        .filter(|worst| worst.error > 0.0)
        .map_or_else(String::new, |worst| format!("{}: {} for {}", worst.case, worst.predicted, worst.truth))
}
