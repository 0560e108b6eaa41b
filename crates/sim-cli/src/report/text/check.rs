//! The screen of a check: each expectation with what was found, then the sum.

use std::borrow::Cow;
use std::io::{self, Write};

use experiments::check::{CheckReport, Checked};
use experiments::human;

use crate::screen::{Ink, Screen, name};

/// Columns of a path; longer ones push the rest to the right.
const PATH: usize = 44;
/// The most characters of a found value.
const FOUND: usize = 200;

pub(crate) fn write(reports: &[CheckReport], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    for report in reports {
        writeln!(out, "{}", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
        for run in &report.runs {
            if let Some(variant) = &run.variant {
                writeln!(out, "  variant {}", name(variant, screen.width))?;
            }
            if run.expectations.is_empty() {
                writeln!(out, "  {}", screen.paint(Ink::Faint, "expects nothing"))?;
            }
            for checked in &run.expectations {
                expectation(checked, screen, out)?;
            }
        }
        writeln!(out)?;
    }
    let sum = sum(reports);
    let ok = reports.iter().all(CheckReport::ok);
    writeln!(out, "{}", screen.paint(if ok { Ink::Good } else { Ink::Alarm }, &sum))
}

fn expectation(checked: &Checked, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let found = name(&short(&checked.found), FOUND);
    let (mark, ink) = if checked.ok { ("ok    ", Ink::Good) } else { ("FAILED", Ink::Alarm) };
    let mark = screen.paint(ink, mark);
    let ground = screen.paint(Ink::Faint, &format!("({})", checked.ground));
    let path = &checked.path;
    if checked.ok {
        return writeln!(out, "  {mark}  {path:<PATH$}  {found} {ground}");
    }
    writeln!(out, "  {mark}  {path:<PATH$}  {found} {ground}, line {}", checked.line)?;
    writeln!(out, "          wanted: {}", name(&short(&checked.wanted), FOUND))?;
    match &checked.why {
        Some(why) => writeln!(out, "          why: {}", name(why, 1000)),
        None => Ok(()),
    }
}

/// A list whose elements are all alike as one of them: `8 times 37748512`.
fn short(json: &str) -> Cow<'_, str> {
    match serde_json::from_str::<Vec<serde_json::Value>>(json).as_deref() {
        Ok([first, rest @ ..]) if rest.len() > 1 && rest.iter().all(|value| value == first) => {
            format!("{} times {first}", rest.len() + 1).into()
        }
        _ => json.into(),
    }
}

fn sum(reports: &[CheckReport]) -> String {
    let all = reports.iter().flat_map(CheckReport::expectations);
    let (ok, broken) = all.fold((0, 0), |(ok, broken), checked| match checked.ok {
        true => (ok + 1, broken),
        false => (ok, broken + 1),
    });
    let scenarios = human::count(reports.len() as u64, "scenario");
    let expectations = human::count(ok + broken, "expectation");
    match broken {
        0 => format!("{scenarios}, {expectations}: all ok"),
        _ => format!("{scenarios}, {expectations}: {ok} ok, {broken} FAILED"),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn equal_elements_are_shown_once() {
        assert_eq!(short("[7,7,7]"), "3 times 7");
        for other in ["[7,7,8]", "[7,7]", "7", "\"text\"", "no json"] {
            assert_eq!(short(other), other);
        }
    }
}
