//! The metric: how far predictions are from truths.

use std::cmp::Ordering;

use serde::Serialize;

/// `|p − t| / max(p, t)`: 0 where they are equal, 1 where one of them alone is 0.
///
/// ```
/// use poolsim_tests::accuracy::relative_error;
///
/// assert_eq!(relative_error(0, 0), 0.0);
/// assert_eq!(relative_error(75, 100), 0.25);
/// assert_eq!(relative_error(100, 75), 0.25);
/// assert_eq!(relative_error(7, 0), 1.0);
/// ```
#[must_use]
pub fn relative_error(predicted: u64, truth: u64) -> f64 {
    match predicted.max(truth) {
        0 => 0.0,
        larger => predicted.abs_diff(truth) as f64 / larger as f64,
    }
}

/// The error of predictions, over the cases in which the prediction or the truth is not 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Cases in which the prediction or the truth is not 0.
    pub n: u64,
    /// Those of them in which both are equal.
    pub exact: u64,
    /// Cases in which both are 0.
    pub both_zero: u64,
    /// Cases with something predicted where the truth is 0. They count among `n`, with an error of 1.
    pub false_alarms: u64,
    /// Cases with 0 predicted where the truth is not. They count among `n`, with an error of 1.
    pub misses: u64,
    /// Cases in which nothing was predicted, or the truth is not known. They count nowhere else.
    pub unanswered: u64,
    /// Cases that came with an interval.
    pub intervals: u64,
    /// Those whose truth lies inside.
    pub inside: u64,
    sum: f64,
    /// The case with the largest error.
    pub worst: Option<Worst>,
}

/// The case with the largest error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// Its name.
    pub case: String,
    /// What was predicted.
    pub predicted: u64,
    /// What it was.
    pub truth: u64,
    /// How far it is.
    pub error: f64,
}

impl Score {
    /// Counts a case.
    pub fn add(&mut self, case: &str, predicted: Option<u64>, truth: Option<u64>) {
        let (Some(predicted), Some(truth)) = (predicted, truth) else {
            self.unanswered += 1;
            return;
        };
        if predicted == 0 && truth == 0 {
            self.both_zero += 1;
            return;
        }
        let error = relative_error(predicted, truth);
        self.n += 1;
        self.exact += u64::from(predicted == truth);
        self.false_alarms += u64::from(truth == 0);
        self.misses += u64::from(predicted == 0);
        self.sum += error;
        let worse =
            self.worst.as_ref().is_none_or(|worst| error.total_cmp(&worst.error) == Ordering::Greater);
        if worse {
            self.worst = Some(Worst { case: case.to_owned(), predicted, truth, error });
        }
    }

    /// Counts whether the truth of a case lies in its interval. Cases with both ends and the truth at 0 say nothing.
    pub fn add_interval(&mut self, interval: Option<(u64, u64)>, truth: Option<u64>) {
        if let (Some((low, high)), Some(truth)) = (interval, truth)
            && (high, truth) != (0, 0)
        {
            self.intervals += 1;
            self.inside += u64::from((low..=high).contains(&truth));
        }
    }

    /// Mean of the errors; `None` without a case.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The largest error; `None` without a case.
    #[must_use]
    pub fn worst_error(&self) -> Option<f64> {
        self.worst.as_ref().map(|worst| worst.error)
    }

    /// Share of exact ones among the cases that count; `None` without a case.
    #[must_use]
    pub fn exact_share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.exact as f64 / self.n as f64)
    }

    /// Share of the truths inside their interval; `None` without an interval.
    #[must_use]
    pub fn inside_share(&self) -> Option<f64> {
        (self.intervals > 0).then(|| self.inside as f64 / self.intervals as f64)
    }
}

impl Serialize for Score {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("score", 10)?;
        fields.serialize_field("n", &self.n)?;
        fields.serialize_field("exact_share", &self.exact_share())?;
        fields.serialize_field("mean", &self.mean())?;
        fields.serialize_field("worst", &self.worst)?;
        fields.serialize_field("false_alarms", &self.false_alarms)?;
        fields.serialize_field("misses", &self.misses)?;
        fields.serialize_field("both_zero", &self.both_zero)?;
        fields.serialize_field("unanswered", &self.unanswered)?;
        fields.serialize_field("intervals", &self.intervals)?;
        fields.serialize_field("inside_share", &self.inside_share())?;
        fields.end()
    }
}

/// Right and wrong answers to a question of yes or no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Yes, and it is.
    pub yes_yes: u64,
    /// No, and it is not.
    pub no_no: u64,
    /// Yes, but it is not: by name.
    pub false_alarms: Vec<String>,
    /// No, but it is: by name.
    pub misses: Vec<String>,
}

impl Confusion {
    /// Counts a case.
    pub fn add(&mut self, case: &str, predicted: bool, truth: bool) {
        match (predicted, truth) {
            (true, true) => self.yes_yes += 1,
            (false, false) => self.no_no += 1,
            (true, false) => self.false_alarms.push(case.to_owned()),
            (false, true) => self.misses.push(case.to_owned()),
        }
    }

    /// Number of cases.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.yes_yes + self.no_no + self.wrong()
    }

    /// Number of wrong answers.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        (self.false_alarms.len() + self.misses.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(cases: &[(Option<u64>, Option<u64>)]) -> Score {
        let mut score = Score::default();
        for (at, (predicted, truth)) in cases.iter().enumerate() {
            score.add(&at.to_string(), *predicted, *truth);
        }
        score
    }

    #[test]
    fn zeros_on_both_sides_are_no_success() {
        let score = score(&[(Some(0), Some(0)), (Some(0), Some(0)), (Some(50), Some(100))]);
        assert_eq!((score.n, score.both_zero), (1, 2));
        assert_eq!(score.mean(), Some(0.5));
        assert_eq!(score.exact_share(), Some(0.0));
    }

    #[test]
    fn false_alarms_and_misses_are_errors_of_1_and_counted_beside() {
        let score = score(&[(Some(9), Some(0)), (Some(0), Some(9)), (Some(9), Some(9))]);
        assert_eq!((score.n, score.false_alarms, score.misses, score.exact), (3, 1, 1, 1));
        assert_eq!(score.mean(), Some(2.0 / 3.0));
    }

    #[test]
    fn what_was_not_answered_counts_nowhere_else() {
        let score = score(&[(None, Some(9)), (Some(9), None), (None, None)]);
        assert_eq!((score.unanswered, score.n, score.both_zero), (3, 0, 0));
        assert_eq!((score.mean(), score.worst_error(), score.exact_share()), (None, None, None));
    }

    #[test]
    fn the_worst_case_is_the_first_of_the_largest_errors() {
        let score = score(&[(Some(90), Some(100)), (Some(50), Some(100)), (Some(100), Some(50))]);
        let worst = score.worst.expect("three cases");
        assert_eq!((worst.case.as_str(), worst.predicted, worst.truth, worst.error), ("1", 50, 100, 0.5));
    }

    #[test]
    fn ends_belong_to_the_interval_and_empty_questions_do_not_count() {
        let mut score = Score::default();
        for truth in [4, 5, 7, 8] {
            score.add_interval(Some((5, 7)), Some(truth));
        }
        score.add_interval(Some((0, 0)), Some(0));
        score.add_interval(None, Some(6));
        score.add_interval(Some((5, 7)), None);
        assert_eq!((score.intervals, score.inside), (4, 2));
        assert_eq!(score.inside_share(), Some(0.5));
    }

    #[test]
    fn a_confusion_names_what_is_wrong() {
        let mut confusion = Confusion::default();
        for (case, predicted, truth) in
            [("a", true, true), ("b", false, false), ("c", true, false), ("d", false, true)]
        {
            confusion.add(case, predicted, truth);
        }
        assert_eq!((confusion.n(), confusion.wrong()), (4, 2));
        assert_eq!((confusion.false_alarms, confusion.misses), (vec!["c".to_owned()], vec!["d".to_owned()]));
    }
}
