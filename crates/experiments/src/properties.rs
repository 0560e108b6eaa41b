//! Spark's properties files, as `spark-defaults.conf`: `java.util.Properties` with values trimmed as Spark trims them.

/// The pairs of a properties file in order, and the keys that are neither `spark.*` nor `poolsim.*`: Spark ignores
/// those with a warning.
#[must_use]
pub fn parse(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let mut ignored = Vec::new();
    let mut pairs = Vec::new();
    for line in logical_lines(text) {
        let (key, value) = split(&line);
        if key.starts_with("spark.") || key.starts_with("poolsim.") {
            pairs.push((key, value.trim().to_owned()));
        } else {
            ignored.push(key);
        }
    }
    (pairs, ignored)
}

/// Lines without comments and blank ones; a line that ends in an odd number of backslashes goes on in the next.
fn logical_lines(text: &str) -> Vec<String> {
    let mut logical: Vec<String> = Vec::new();
    let mut continues = false;
    for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if !continues && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        let (body, goes_on) = match backslashes % 2 {
            0 => (line, false),
            _ => (&line[..line.len() - 1], true),
        };
        match logical.last_mut() {
            Some(last) if continues => last.push_str(body),
            _ => logical.push(body.to_owned()),
        }
        continues = goes_on;
    }
    logical
}

/// Key and value: apart at the first unescaped `=`, `:` or white space, with white space around it.
fn split(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}');
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let blank = [' ', '\t', '\u{c}'];
    let rest = rest.trim_start_matches(blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blank);
    (unescape(key), unescape(rest))
}

/// `\t`, `\n`, `\r`, `\f`, `\u0041`; any other escaped character stands for itself.
fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let digits: String = chars.clone().take(4).collect();
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) if digits.len() == 4 => {
                        plain.push(c);
                        chars.nth(3);
                    }
                    _ => plain.push('u'),
                }
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).0
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_key_ends_at_the_first_blank_equals_or_colon() {
        for line in ["spark.a 1", "spark.a=1", "spark.a: 1", "  spark.a \t = 1  ", "spark.a\t1"] {
            assert_eq!(pairs(line), [pair("spark.a", "1")], "{line}");
        }
        assert_eq!(pairs("spark.a"), [pair("spark.a", "")]);
        assert_eq!(pairs("spark.a -Dx=y z"), [pair("spark.a", "-Dx=y z")]);
    }

    #[test]
    fn comments_blank_lines_and_continuations() {
        let text = "# one\n! two\n\n spark.a 1, \\\n    2\r\nspark.b\\ c=\\u0041\\t|\nspark.d C:\\\\x\n";
        let wanted = [pair("spark.a", "1, 2"), pair("spark.b c", "A\t|"), pair("spark.d", "C:\\x")];
        assert_eq!(pairs(text), wanted);
    }

    #[test]
    fn keys_of_others_are_ignored() {
        let (pairs, ignored) = parse("hadoop.x 1\nspark.y 2\npoolsim.seed 3");
        assert_eq!(pairs, [pair("spark.y", "2"), pair("poolsim.seed", "3")]);
        assert_eq!(ignored, ["hadoop.x"]);
    }
}
