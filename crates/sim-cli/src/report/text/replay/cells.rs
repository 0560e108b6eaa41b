//! Figures as cells of a table.

use experiments::human;
use experiments::replay::{ErrorKind, FigureError, Interval};
use experiments::report::FailureKind;

/// What the log does not tell.
pub(super) const UNKNOWN: &str = "?";

/// A figure in its unit, which its name says.
pub(super) fn figure(name: &str, figure: Option<u64>) -> String {
    match figure {
        None => UNKNOWN.to_owned(),
        Some(0) => "0".to_owned(),
        Some(bytes) if name.ends_with("_bytes") => human::bytes(bytes),
        Some(ms) if name.ends_with("_ms") => human::ms(ms),
        Some(number) => human::grouped(number),
    }
}

/// An error in per cent.
pub(super) fn error(error: Option<&FigureError>) -> String {
    let Some(of) = error else { return UNKNOWN.to_owned() };
    let text = match of.error {
        None => UNKNOWN.to_owned(),
        Some(0.0) => "exact".to_owned(),
        Some(error) if error < 0.001 => "<0.1%".to_owned(),
        Some(error) if error < 0.1 => format!("{:.1}%", error * 100.0),
        Some(error) => format!("{:.0}%", error * 100.0),
    };
    if of.kind == ErrorKind::Fit && of.error.is_some() { format!("{text} fit") } else { text }
}

/// What a prediction changes.
pub(super) fn change(from: Option<u64>, to: Option<u64>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => "none".to_owned(),
        (Some(0), Some(_)) => "new".to_owned(),
        (Some(from), Some(to)) => {
            let percent = (to as f64 - from as f64) / from as f64 * 100.0;
            match percent {
                percent if percent >= 1000.0 => format!("x{:.0}", to as f64 / from as f64),
                percent if percent.abs() < 10.0 => format!("{percent:+.1}%"),
                percent => format!("{percent:+.0}%"),
            }
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// Between what a prediction lies.
pub(super) fn interval(name: &str, interval: Option<&Interval>) -> String {
    match interval {
        None => String::new(),
        Some(interval) if interval.low == interval.high => "always the same".to_owned(),
        Some(Interval { low, high, .. }) => {
            let [low, high] = [low, high].map(|end| figure(name, Some(*end)));
            if low == high { format!("about {low}") } else { format!("{low} to {high}") }
        }
    }
}

/// A failure in words.
pub(super) fn failure(failure: FailureKind) -> &'static str {
    match failure {
        FailureKind::ExecutionMemory => "out of execution memory",
        FailureKind::ExecutorHeap => "an executor's heap",
        FailureKind::GcOverhead => "garbage collection",
        FailureKind::ContainerLimit => "a container's limit",
        FailureKind::PythonMemory => "memory of a Python worker",
        FailureKind::DriverHeap => "the driver's heap",
        FailureKind::DriverContainer => "the driver's container",
        FailureKind::MaxResultSize => "spark.driver.maxResultSize",
        FailureKind::BroadcastLimit => "a table too large to broadcast",
        FailureKind::TaskResultOrRpcSize => "a message too large",
        FailureKind::StackOverflow => "stack overflow",
        FailureKind::ExecutorLostOther => "an executor was lost",
        FailureKind::NotMemory => "not memory",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_at_a_glance() {
        let cell = |share: Option<f64>, kind| {
            error(Some(&FigureError { observed: None, simulated: None, error: share, kind }))
        };
        let shares = [None, Some(0.0), Some(0.0004), Some(0.0234), Some(0.5)];
        let cells = shares.map(|share| cell(share, ErrorKind::Accuracy));
        assert_eq!(cells, ["?", "exact", "<0.1%", "2.3%", "50%"]);
        assert_eq!(cell(Some(0.05), ErrorKind::Fit), "5.0% fit");
    }

    #[test]
    fn changes_have_a_sign() {
        let cells = [(0, 0), (0, 5), (100, 105), (100, 50), (1, 50)].map(|(a, b)| change(Some(a), Some(b)));
        assert_eq!(cells, ["none", "new", "+5.0%", "-50%", "x50"]);
    }
}
