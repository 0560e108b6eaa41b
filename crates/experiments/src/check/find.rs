//! Following a path into a report: `stages[0].tasks[*].memory_spilled_bytes`.

use std::fmt;

use serde_json::Value;

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'v> {
    /// One value.
    One(&'v Value),
    /// The values of all elements, where the path has a `[*]`.
    All(Vec<&'v Value>),
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => value.fmt(f),
            Self::All(values) => {
                let values = values.iter().map(ToString::to_string).collect::<Vec<_>>();
                write!(f, "[{}]", values.join(","))
            }
        }
    }
}

/// Follows `path` from the top of the report.
pub(super) fn find<'v>(report: &'v Value, path: &str) -> Result<Found<'v>, String> {
    let mut at = vec![report];
    let mut walked = String::new();
    let mut all = false;
    for part in path.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
        at = at.into_iter().map(|value| field(value, name, &walked)).collect::<Result<_, _>>()?;
        walked.push_str(if walked.is_empty() { "" } else { "." });
        walked.push_str(name);
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            let index = index.trim_end_matches(']');
            let mut elements = Vec::new();
            for value in at {
                let list = value.as_array().ok_or_else(|| format!("{walked} is no list"))?;
                if index == "*" {
                    elements.extend(list);
                } else {
                    let missing = || format!("{walked} has {} elements, there is no [{index}]", list.len());
                    let number: usize = index.parse().map_err(|_| missing())?;
                    elements.push(list.get(number).ok_or_else(missing)?);
                }
            }
            all |= index == "*";
            at = elements;
            walked.push_str(&format!("[{index}]"));
        }
    }
    match (all, at.as_slice()) {
        (false, [one]) => Ok(Found::One(one)),
        _ => Ok(Found::All(at)),
    }
}

fn field<'v>(value: &'v Value, name: &str, walked: &str) -> Result<&'v Value, String> {
    let place = if walked.is_empty() { "the report" } else { walked };
    let Some(fields) = value.as_object() else {
        let is = if value.is_null() { "is null" } else { "has no fields" };
        return Err(format!("{place} {is}"));
    };
    fields.get(name).ok_or_else(|| {
        let names = fields.keys().map(String::as_str).collect::<Vec<_>>();
        format!("{place} has no `{name}`, only {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_one_value_or_to_all() {
        let report = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "n": null});
        assert_eq!(find(&report, "a.b[1].c"), Ok(Found::One(&json!(2))));
        assert_eq!(find(&report, "a.b[*].c").map(|found| found.to_string()), Ok("[1,2]".to_owned()));
        for (path, wrong) in [
            ("x", "the report has no `x`, only a, n"),
            ("n.x", "n is null"),
            ("a.b[2]", "a.b has 2 elements, there is no [2]"),
            ("a[0]", "a is no list"),
            ("a.b.c", "a.b has no fields"),
        ] {
            assert_eq!(find(&report, path), Err(wrong.to_owned()));
        }
    }
}
