//! Whether what was found is what is wanted.

use serde_json::Value as Json;
use workload::scenario::{Test, Value};

use super::find::Found;

/// With `[*]` in the path, a list is compared with the list of what was found; anything else has to hold for each.
pub(super) fn holds(test: &Test, found: &Found<'_>) -> bool {
    match (found, test) {
        (Found::One(value), _) => one_holds(test, value),
        (Found::All(values), Test::Is(Value::List(wanted))) => {
            values.len() == wanted.len()
                && values.iter().zip(wanted).all(|(value, wanted)| same(value, wanted))
        }
        (Found::All(values), _) => values.iter().all(|value| one_holds(test, value)),
    }
}

/// What a test wants, in words.
pub(super) fn wanted(test: &Test) -> String {
    match test {
        Test::Is(value) => text(value),
        Test::In(low, high) => format!("{low} to {high}"),
        Test::Contains(part) => format!("text with {part:?}"),
    }
}

fn one_holds(test: &Test, value: &Json) -> bool {
    match test {
        Test::Is(wanted) => same(value, wanted),
        Test::In(low, high) => value.as_f64().is_some_and(|value| (*low..=*high).contains(&value)),
        Test::Contains(part) => value.as_str().is_some_and(|value| value.contains(part)),
    }
}

fn same(found: &Json, wanted: &Value) -> bool {
    match (found, wanted) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(found), Value::Bool(wanted)) => found == wanted,
        (Json::Number(found), Value::Integer(wanted)) => match (found.as_i128(), found.as_f64()) {
            (Some(found), _) => found == *wanted,
            (None, found) => found == Some(*wanted as f64),
        },
        (Json::Number(found), Value::Real(wanted)) => found.as_f64() == Some(*wanted),
        (Json::String(found), Value::Text(wanted)) => found == wanted,
        (Json::Array(found), Value::List(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        _ => false,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(value) => format!("{value:?}"),
        Value::List(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_exactly_and_ranges_hold_their_ends() {
        let is = |found: Json, wanted| holds(&Test::Is(wanted), &Found::One(&found));
        assert!(is(json!(9_007_199_254_740_993_u64), Value::Integer(9_007_199_254_740_993)));
        assert!(!is(json!(9_007_199_254_740_992_u64), Value::Integer(9_007_199_254_740_993)));
        assert!(is(json!(null), Value::Null));
        assert!(!is(json!(0), Value::Null));
        assert!(!is(json!("1"), Value::Integer(1)));
        for (found, inside) in [(1, true), (3, true), (4, false)] {
            assert_eq!(holds(&Test::In(1.0, 3.0), &Found::One(&json!(found))), inside);
        }
    }

    #[test]
    fn with_all_elements_a_list_is_compared_and_the_rest_holds_for_each() {
        let values = [json!(1), json!(2)];
        let all = || Found::All(values.iter().collect());
        assert!(holds(&Test::Is(Value::List(vec![Value::Integer(1), Value::Integer(2)])), &all()));
        assert!(!holds(&Test::Is(Value::List(vec![Value::Integer(1)])), &all()));
        assert!(holds(&Test::In(1.0, 2.0), &all()));
        assert!(!holds(&Test::In(2.0, 3.0), &all()));
    }
}
