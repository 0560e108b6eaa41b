//! Reads `simpleString`, the line in which a plan's node describes itself.
//!
//! It is made for people: lists are cut after `spark.sql.debug.maxToStringFields`, literals are not quoted. What cannot
//! be read is unknown, never an error.

/// A column as a list of a plan's node names it: `name#12` or `name#12L`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Its `exprId`; columns of one id hold the same values.
    pub(super) id: u64,
    /// Whether it has the suffix of longs.
    pub(super) long: bool,
}

/// Items of a list: those named, and how many were cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List<'a> {
    pub(super) items: Vec<&'a str>,
    pub(super) cut: usize,
}

impl List<'_> {
    pub(super) fn len(&self) -> usize {
        self.items.len() + self.cut
    }
}

/// The attribute that an item of a list yields: itself, or what it is called `AS`.
pub(super) fn attribute(item: &str) -> Option<Attribute> {
    let name = item.rsplit_once(" AS ").map_or(item, |(_, name)| name).trim();
    let (long, digits) = name.strip_suffix('L').map_or((false, name), |name| (true, name));
    let (_, id) = digits.rsplit_once('#')?;
    id.parse().ok().map(|id| Attribute { id, long })
}

/// The attribute that an item renames without computing anything.
pub(super) fn renamed(item: &str) -> Option<Attribute> {
    let (from, _) = item.rsplit_once(" AS ")?;
    bare(from)
}

/// An expression that is an attribute and nothing else.
pub(super) fn bare(expression: &str) -> Option<Attribute> {
    let expression = expression.trim();
    let computed = expression.contains(['(', ' ', '+', '*']);
    if computed { None } else { attribute(expression) }
}

/// The lists in brackets of a node, in order.
pub(super) fn lists(text: &str) -> Vec<List<'_>> {
    let mut lists = Vec::new();
    let mut from = None;
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => {
                if depth == 0 {
                    from = Some(at + 1);
                }
                depth += 1;
            }
            ']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    lists.extend(from.take().map(|from| list(&text[from..at])));
                }
            }
            _ => {}
        }
    }
    lists
}

/// The list after `name=[`.
pub(super) fn named<'a>(text: &'a str, name: &str) -> Option<List<'a>> {
    let start = text.find(name).map(|at| at + name.len()).filter(|&at| text[at..].starts_with("=["))?;
    lists(&text[start..]).into_iter().next()
}

/// Items between commas that are in no parentheses.
pub(super) fn list(inside: &str) -> List<'_> {
    let mut depth = 0_i32;
    let items = inside.split(|letter| {
        match letter {
            '(' | '[' | '<' | '{' => depth += 1,
            ')' | ']' | '>' | '}' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth <= 0
    });
    let mut list = List::default();
    for item in items.map(str::trim).filter(|item| !item.is_empty()) {
        match cut(item) {
            Some(cut) => list.cut += cut,
            None => list.items.push(item),
        }
    }
    list
}

/// `... 12 more fields`: how many were cut off.
fn cut(item: &str) -> Option<usize> {
    item.strip_prefix("... ")?.strip_suffix(" more fields")?.parse().ok()
}

/// The number after a word, as in `LocalLimit 21`.
pub(super) fn number_after(text: &str, word: &str) -> Option<u64> {
    let rest = text[text.find(word)? + word.len()..].trim_start_matches([' ', '=']);
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// The expressions between the first parentheses after `word`: `hashpartitioning(k#7L, 8)`.
pub(super) fn arguments<'a>(text: &'a str, word: &str) -> Option<List<'a>> {
    let start = text.find(word)? + word.len();
    let inside = text[start..].strip_prefix('(')?;
    let mut depth = 1_i32;
    let end = inside.find(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some(list(&inside[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_yields_the_attribute_that_it_is_or_is_called() {
        let id = |item| attribute(item).map(|attribute| (attribute.id, attribute.long));
        assert_eq!(id("k#7L"), Some((7, true)));
        assert_eq!(id("sum(l_quantity)#864"), Some((864, false)));
        assert_eq!(id("pmod(xxhash64(id#0L, 42), 2000000) AS k#2L"), Some((2, true)));
        assert_eq!(id("count(1)"), None);
        assert_eq!(renamed("a#1 AS b#2"), Some(Attribute { id: 1, long: false }));
        assert_eq!(renamed("(a#1 + 1) AS b#2"), None);
    }

    #[test]
    fn lists_end_at_their_bracket_and_may_be_cut() {
        let text = "Window [max(id#0L) spec(k#7L, [x]) AS m#13L], [k#7L], [id#0L ASC NULLS FIRST]";
        let found = lists(text);
        assert_eq!(found.iter().map(List::len).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(
            list("a#1, f(b#2, c#3), ... 12 more fields"),
            List { items: vec!["a#1", "f(b#2, c#3)"], cut: 12 }
        );
        let keys = named("HashAggregate(keys=[k#2L, s#3], functions=[])", "keys").expect("it has keys");
        assert_eq!(keys.items, ["k#2L", "s#3"]);
        assert_eq!(named("HashAggregate(keys=[], functions=[])", "functions"), Some(List::default()));
        // What is not closed is not there.
        assert_eq!(lists("Project [a#1, b#2"), []);
        assert_eq!(lists("]]"), []);
    }

    #[test]
    fn partitionings_have_arguments() {
        let text =
            "Exchange rangepartitioning(a#1 ASC NULLS FIRST, f(b#2), 8), ENSURE_REQUIREMENTS, [plan_id=1]";
        assert_eq!(arguments(text, "rangepartitioning").expect("closed").items.last(), Some(&"8"));
        assert_eq!(arguments("Exchange SinglePartition", "hashpartitioning"), None);
        assert_eq!(number_after("TakeOrderedAndProject(limit=10, ..", "limit"), Some(10));
        assert_eq!(number_after("LocalLimit 21", "LocalLimit"), Some(21));
        assert_eq!(number_after("LocalLimit", "LocalLimit"), None);
    }
}
