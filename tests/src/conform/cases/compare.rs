//! Expected beside got, and how the fields of a case are read.

use serde_json::{Value, json};
use sim_core::units::Bytes;

/// Collects the first difference of a case.
pub(super) struct Compare {
    name: String,
    /// Values compared.
    pub(super) compared: u64,
    /// The first difference, in full.
    pub(super) mismatch: Option<String>,
}

impl Compare {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), compared: 0, mismatch: None }
    }

    /// Compares one value.
    pub(super) fn value(&mut self, what: &str, expected: &Value, got: &Value) {
        self.compared += 1;
        if expected != got && self.mismatch.is_none() {
            self.mismatch = Some(format!("{}: {what}\n  expected {expected}\n  got      {got}", self.name));
        }
    }

    /// Compares two lists and tells the first entry that differs.
    pub(super) fn list(&mut self, what: &str, expected: &Value, got: &[Value]) {
        let none = Vec::new();
        let expected = expected.as_array().unwrap_or(&none);
        let same = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
        self.compared += same as u64;
        if same < expected.len().max(got.len()) {
            let at = |list: &[Value]| list.get(same).cloned().unwrap_or(Value::Null);
            self.value(&format!("{what}, entry {same}"), &at(expected), &at(got));
        }
    }

    /// Compares every field of an object.
    pub(super) fn fields(&mut self, what: &str, expected: &Value, got: &Value) {
        let (Some(expected), Some(got)) = (expected.as_object(), got.as_object()) else {
            return self.value(what, expected, got);
        };
        for (key, value) in expected {
            self.value(&format!("{what}.{key}"), value, got.get(key).unwrap_or(&Value::Null));
        }
        for key in got.keys().filter(|&key| !expected.contains_key(key)) {
            self.value(&format!("{what}.{key}"), &json!("absent"), &got[key]);
        }
    }
}

pub(super) fn number(of: &Value, key: &str) -> Result<u64, String> {
    of[key].as_u64().ok_or_else(|| format!("`{key}` is no number: {}", of[key]))
}

pub(super) fn bytes(of: &Value, key: &str) -> Result<Bytes, String> {
    number(of, key).map(Bytes)
}

pub(super) fn text<'a>(of: &'a Value, key: &str) -> Result<&'a str, String> {
    of[key].as_str().ok_or_else(|| format!("`{key}` is no text: {}", of[key]))
}

pub(super) fn list<'a>(of: &'a Value, key: &str) -> Result<&'a [Value], String> {
    of[key].as_array().map(Vec::as_slice).ok_or_else(|| format!("`{key}` is no list: {}", of[key]))
}

pub(super) fn byte_list(of: &Value, key: &str) -> Result<Vec<Bytes>, String> {
    let number = |value: &Value| value.as_u64().map(Bytes).ok_or_else(|| format!("`{key}`: {value}"));
    list(of, key)?.iter().map(number).collect()
}
