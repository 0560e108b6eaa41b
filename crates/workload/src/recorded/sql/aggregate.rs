//! What hash aggregations keep a group: key row and buffer row, and the first map of generated code.

use super::columns::{Columns, Schema, Type, row_words};
use super::kind::Kind;
use super::text::{self, List};
use super::tree::Tree;
use super::walk::Context;

/// The functions of an aggregation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Functions {
    pub(super) count: usize,
    /// Whether it yields buffers, for another aggregation to merge.
    pub(super) partial: bool,
    /// Columns of all their buffers.
    pub(super) buffers: usize,
    /// Whether each of them is known.
    known: bool,
}

impl Functions {
    pub(super) fn of(text: &str) -> Option<Self> {
        let list = text::named(text, "functions")?;
        let mut functions =
            Self { count: list.len(), partial: false, buffers: list.cut, known: list.cut == 0 };
        for item in &list.items {
            let (name, partial) = match item.strip_prefix("partial_").or_else(|| item.strip_prefix("merge_"))
            {
                Some(name) => (name, true),
                None => (*item, false),
            };
            functions.partial |= partial;
            match buffer(name.split('(').next().unwrap_or(name)) {
                Some(columns) => functions.buffers += columns,
                None => {
                    functions.buffers += 1;
                    functions.known = false;
                }
            }
        }
        Some(functions)
    }
}

/// Columns of the buffer of an aggregate function.
fn buffer(function: &str) -> Option<usize> {
    Some(match function {
        "sum" | "count" | "count_if" | "max" | "min" | "bit_and" | "bit_or" | "bit_xor" | "bool_and"
        | "bool_or" | "every" | "some" | "any" | "product" | "regr_count" => 1,
        "avg" | "mean" | "try_avg" | "first" | "first_value" | "any_value" | "last" | "last_value"
        | "max_by" | "min_by" | "try_sum" => 2,
        "std" | "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop"
        | "regr_sxx" | "regr_syy" => 3,
        "covar_pop" | "covar_samp" | "skewness" | "regr_sxy" => 4,
        "kurtosis" => 5,
        "corr" | "regr_r2" => 6,
        "regr_slope" | "regr_intercept" => 7,
        // HyperLogLog++ with the default deviation: 512 registers, ten a word.
        "approx_count_distinct" => 52,
        _ => return None,
    })
}

/// What a group takes, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) bytes: u64,
    pub(super) fast_map: bool,
    /// What had to be guessed, if anything.
    pub(super) note: Option<&'static str>,
}

/// Bytes of the key rows of an object aggregation, and whether a prefix tells keys apart; None without keys.
pub(super) fn keys(context: &Context<'_>, at: usize) -> Option<(u64, bool)> {
    let keys = text::named(&context.tree.nodes[at].node.text, "keys").filter(|keys| keys.len() > 0)?;
    let bytes = row_words(keys.len()) as f64 + context.widths.beside(context.schema, &Columns::of(&keys));
    let radix = match keys.items[..] {
        [key] if keys.cut == 0 => {
            !matches!(context.schema.type_of(key), Some(Type::Variable | Type::Decimal))
        }
        _ => false,
    };
    Some((bytes.round() as u64, radix))
}

/// Groups of a hash aggregation with keys; None without keys or where the text does not say.
pub(super) fn group(context: &Context<'_>, at: usize) -> Option<Group> {
    let text = context.tree.nodes[at].node.text.as_str();
    let keys = text::named(text, "keys").filter(|keys| keys.len() > 0)?;
    let functions = Functions::of(text)?;
    let exchange = exchange_of_buffers(context.tree, at, functions);
    let (bytes, beside_buffers, note) = match exchange.and_then(|exchange| context.widths.measured(exchange))
    {
        Some(measured) => {
            // One row of keys and buffers became two: one more row's null bits, up to 64 columns.
            let row = measured.mean();
            let null_bits = |columns: usize| 8 * columns.div_ceil(64) as u64;
            let apart = null_bits(keys.len()) + null_bits(functions.buffers);
            let bytes = row - null_bits(keys.len() + functions.buffers) as f64 + apart as f64;
            let key_columns = Columns::of(&keys);
            let words = row_words(keys.len() + functions.buffers) as f64;
            let beside = row - words - context.widths.beside(context.schema, &key_columns);
            (bytes, beside, None)
        }
        None => {
            let beside = context.widths.beside(context.schema, &Columns::of(&keys));
            let bytes = (row_words(keys.len()) + row_words(functions.buffers)) as f64 + beside;
            let exact = functions.known && beside == 0.0;
            let note = "bytes of a group put together of columns: no exchange next to it";
            (bytes, 0.0, (!exact).then_some(note))
        }
    };
    // Without functions (a distinct) generated code does not look at the mode.
    let fast_map = (functions.partial || functions.count == 0) && context.tree.nodes[at].codegen && {
        let fits = keys_fit_fast_map(context.schema, &keys);
        // Sums of decimals have a wide buffer, which it does not take.
        let keys_are_fixed = context.widths.beside(context.schema, &Columns::of(&keys)) == 0.0;
        fits && !(keys_are_fixed && beside_buffers >= 16.0) && !sums_decimals(context.schema, text)
    };
    Some(Group { bytes: bytes.round() as u64, fast_map, note })
}

/// The exchange that its buffers come from or go to.
fn exchange_of_buffers(tree: &Tree<'_>, at: usize, functions: Functions) -> Option<usize> {
    let is_exchange = |&node: &usize| tree.nodes[node].kind == Kind::Exchange;
    let above = tree.reader(at).filter(is_exchange);
    let below = tree.nodes[at].inputs.first().map(|&input| tree.through(input)).filter(is_exchange);
    let text = &tree.nodes[at].node.text;
    if functions.count == 0 {
        // A distinct puts out keys whatever it reads.
        return above.or(below);
    }
    // What is partial reads rows that are no groups yet; what merges may read and yield groups.
    if text.contains("partial_") { above } else { below.or(above.filter(|_| functions.partial)) }
}

/// Whether an aggregation merges groups that it fetches of another one by the same keys.
pub(super) fn merges(tree: &Tree<'_>, at: usize) -> bool {
    let keys = |node: usize| text::named(&tree.nodes[node].node.text, "keys").map(|keys| keys.len());
    let input = tree.nodes[at].inputs.first().map(|&input| tree.through(input));
    let exchange = input.filter(|&input| tree.nodes[input].kind == Kind::Exchange);
    let below = exchange.and_then(|exchange| tree.nodes[exchange].below);
    let writer = below.map(|below| tree.through(tree.fragments[below].top));
    writer.is_some_and(|writer| tree.nodes[writer].kind == Kind::HashAggregate && keys(writer) == keys(at))
}

/// Whether the rows of each group of a partial aggregation come one after the other.
///
/// The query that merges the groups of all tasks says so where it has as many as they had together: then the rows of a
/// group, though it has several, were in one task. Rows in any order would have spread over all tasks.
pub(super) fn is_clustered(context: &Context<'_>, at: usize, rows: &[u64], groups: &[u64]) -> bool {
    let total = |node: usize| {
        let metrics = &context.tree.nodes[node].node.metrics;
        let id = metrics.iter().find(|metric| metric.name == "number of output rows")?.id;
        u64::try_from(*context.totals.get(&id)?).ok()
    };
    let keys = |node: usize| text::named(&context.tree.nodes[node].node.text, "keys").map(|keys| keys.len());
    let is = |node: &usize, kind: Kind| context.tree.nodes[*node].kind == kind;
    let exchange = context.tree.reader(at).filter(|node| is(node, Kind::Exchange));
    let merging = exchange
        .and_then(|exchange| context.tree.reader(exchange))
        .filter(|node| is(node, Kind::HashAggregate) && keys(*node) == keys(at));
    let Some((merged, all)) = merging.and_then(total).zip(total(at)) else { return false };
    let (rows, groups) = (sum(rows), sum(groups));
    let several_tasks = context.metrics.tasks > 1;
    several_tasks && u128::from(all) * 49 <= u128::from(merged) * 50 && groups * 10 <= rows * 9
}

fn sum(amounts: &[u64]) -> u128 {
    amounts.iter().map(|&amount| u128::from(amount)).sum()
}

/// Whether a limit above it may stop reading its groups before the last one.
fn is_limited(tree: &Tree<'_>, at: usize) -> bool {
    let reader = tree.reader(at).map(|reader| tree.nodes[reader].node.name.as_str());
    matches!(reader, Some("LocalLimit" | "GlobalLimit" | "CollectLimit"))
}

/// Groups that tasks met: those put out, unless a limit stopped it and it only merges what another one has grouped.
pub(super) fn groups_met(tree: &Tree<'_>, at: usize, input: &[u64], output: Vec<u64>) -> Vec<u64> {
    let keys = |node: usize| text::named(&tree.nodes[node].node.text, "keys").map(|keys| keys.len());
    let below = tree.nodes[at].inputs.first().map(|&below| tree.through(below));
    let merges =
        below.is_some_and(|below| tree.nodes[below].kind == Kind::HashAggregate && keys(below) == keys(at));
    if is_limited(tree, at) && merges { input.to_vec() } else { output }
}

fn keys_fit_fast_map(schema: &Schema, keys: &List<'_>) -> bool {
    keys.items
        .iter()
        .all(|key| !key.contains("array<") && !matches!(schema.type_of(key), Some(Type::Decimal)))
}

fn sums_decimals(schema: &Schema, text: &str) -> bool {
    let functions = text::named(text, "functions").unwrap_or_default();
    functions.items.iter().any(|item| {
        let inside = item.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
        schema.type_of(inside) == Some(Type::Decimal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_those_of_the_functions() {
        let text = "HashAggregate(keys=[k#2L], functions=[partial_sum(id#0L), partial_count(1), \
                    partial_avg(id#0L), partial_max(id#0L)])";
        let functions = Functions::of(text).expect("it has functions");
        assert_eq!((functions.count, functions.buffers, functions.partial), (4, 5, true));
        let text = "HashAggregate(keys=[], functions=[collect_set(s#3, 0, 0), count(1)])";
        let functions = Functions::of(text).expect("it has functions");
        assert_eq!((functions.partial, functions.known), (false, false));
        assert_eq!(Functions::of("Project [a#1]"), None);
    }
}
