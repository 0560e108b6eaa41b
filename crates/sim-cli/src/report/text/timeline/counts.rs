//! The rows under a chart: how often things happened in each column.

use std::io::{self, Write};

use sim_core::ids::ExecutorId;
use sim_core::observe::{Mark, Timeline};

use super::columns::{self, IsKind, Span};
use super::line;
use crate::screen::{Ink, Screen};

/// Rows of an executor; what never happened has none.
pub(super) fn write(
    timeline: &Timeline,
    executor: ExecutorId,
    span: &Span,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    let kinds: [(&str, Ink, IsKind); 6] = [
        ("spills", Ink::Title, |mark| matches!(mark, Mark::Spill(..))),
        ("evictions", Ink::Title, |mark| matches!(mark, Mark::Eviction(..))),
        ("refused", Ink::Title, |mark| matches!(mark, Mark::Refused(_))),
        ("OUT OF MEM", Ink::Alarm, |mark| matches!(mark, Mark::OutOfMemory(_))),
        ("LOST", Ink::Alarm, |mark| matches!(mark, Mark::Lost)),
        ("NO OUTPUT", Ink::Alarm, |mark| matches!(mark, Mark::FetchFailed(_))),
    ];
    let waiting = columns::waiting(&timeline.executors[executor.index()], span);
    let rows =
        kinds.map(|(title, ink, is_kind)| (title, ink, columns::marks(timeline, executor, span, is_kind)));
    for (title, ink, counts) in rows.into_iter().chain([("waiting", Ink::Title, waiting)]) {
        if counts.iter().any(|count| *count > 0) {
            line::write(screen, out, title, ' ', counts.iter().map(|count| (digit(*count), Some(ink))))?;
        }
    }
    Ok(())
}

/// A count as one character: `+` is more than 9.
fn digit(count: u64) -> char {
    match count {
        0 => ' ',
        1..=9 => char::from(b'0' + count as u8),
        _ => '+',
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_count_is_one_character() {
        assert_eq!([0, 1, 9, 10, 500].map(super::digit), [' ', '1', '9', '+', '+']);
    }
}
