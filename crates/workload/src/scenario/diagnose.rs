//! What RON's parser and serde say, in the words and with the spans of this crate's errors.

use std::ops::Range;

use ron::error::{Position, SpannedError};

use crate::Error;

/// The error, with its place in `text`.
pub(crate) fn diagnose(text: &str, error: &SpannedError) -> Error {
    let start = offset(text, error.span.start);
    let span = start..offset(text, error.span.end).max(start + usize::from(start < text.len()));
    let shown = Error::new(reason(&error.code)).at(span);
    match &error.code {
        ron::Error::NoSuchStructField { expected, found, .. } => {
            shown.label("no such field").help(choice(found, expected))
        }
        ron::Error::NoSuchEnumVariant { expected, found, .. } => {
            shown.label("not known here").help(choice(found, expected))
        }
        ron::Error::MissingStructField { field, .. } => shown.label(format!("`{field}` is missing here")),
        ron::Error::DuplicateStructField { .. } => shown.label("given before").help("keep one of the two"),
        ron::Error::ExpectedStructLike | ron::Error::ExpectedNamedStructLike(_) => shown
            .label("a `(` belongs here")
            .help("what has no fields to set still has its parentheses: sort()"),
        ron::Error::ExpectedComma => shown.label("a comma or the end belongs here"),
        ron::Error::ExceededRecursionLimit => shown.help(format!("nest at most {} deep", super::MAX_DEPTH)),
        _ => shown,
    }
}

/// What is wrong, lower-case and without a full stop.
pub(crate) fn reason(code: &ron::Error) -> String {
    let of = |outer: &Option<String>| outer.as_ref().map_or(String::new(), |outer| format!(" of `{outer}`"));
    match code {
        ron::Error::NoSuchStructField { found, outer, .. } => format!("unknown field `{found}`{}", of(outer)),
        ron::Error::NoSuchEnumVariant { found, outer, .. } => {
            format!("unknown {} `{found}`", outer.as_deref().unwrap_or("word"))
        }
        ron::Error::MissingStructField { field, outer } => format!("missing field `{field}`{}", of(outer)),
        ron::Error::DuplicateStructField { field, outer } => format!("field `{field}`{} twice", of(outer)),
        ron::Error::Message(text) => text.clone(),
        ron::Error::ExceededRecursionLimit => "nested too deep".to_owned(),
        ron::Error::InvalidValueForType { expected, found } if expected.starts_with("a nonzero u") => {
            format!("expected a whole number from 1, found {found}")
        }
        other => {
            let text = other.to_string();
            let mut chars = text.chars();
            chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
        }
    }
}

/// The nearest of the allowed words, and all of them.
pub(crate) fn choice(found: &str, allowed: &[&str]) -> String {
    let all = allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(found, allowed) {
        Some(word) => format!("did you mean `{word}`? allowed: {all}"),
        None => format!("allowed: {all}"),
    }
}

/// The allowed word with the fewest edits, if they are few enough to be a slip.
pub(crate) fn nearest<'w>(found: &str, allowed: &[&'w str]) -> Option<&'w str> {
    let distances = allowed.iter().map(|word| (edits(found, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.len().max(3) / 3 + 1).then_some(word)
}

/// Edits between two words, swapped neighbours being one; words that are much too long are as far as they are long.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The byte at a line and column, both from 1, in characters.
fn offset(text: &str, position: Position) -> usize {
    let line: Range<usize> = {
        let start = match position.line {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
        };
        start..text.len()
    };
    let column = position.col.saturating_sub(1);
    text[line.clone()].char_indices().nth(column).map_or(text.len(), |(at, _)| line.start + at)
}
