//! Bytes of rows.
//!
//! Exchanges say how many bytes (`data size`, as `UnsafeRow`) how many rows have. Where rows go into or come from an
//! exchange that is all there is to know. Elsewhere a row is put together of its columns: null bits and a word each, and
//! what strings have beside their words. That is solved from the exchanges that the same columns pass: an exchange with
//! one unknown column says its bytes; with several they share what is left.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, Schema, Type};
use super::kind::Kind;
use super::text::Attribute;
use super::tree::Tree;
use crate::recorded::facts::PlanNode;

/// Bytes that are taken for a string of which no exchange says more.
const UNKNOWN_STRING: f64 = 16.0;

/// Bytes of so many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) bytes: u64,
    pub(super) rows: u64,
}

impl Measured {
    /// Bytes of some of the rows, at their mean.
    pub(super) fn of_rows(self, rows: u64) -> u64 {
        let bytes = u128::from(self.bytes) * u128::from(rows) + u128::from(self.rows) / 2;
        u64::try_from(bytes / u128::from(self.rows.max(1))).unwrap_or(u64::MAX)
    }

    pub(super) fn mean(self) -> f64 {
        self.bytes as f64 / self.rows.max(1) as f64
    }
}

/// Widths of all rows of a plan.
pub(super) struct Widths {
    /// By attribute: bytes beside its word in a row.
    beside: BTreeMap<u64, f64>,
    /// Those whose bytes are a share: it does not tell their types.
    shared: BTreeSet<u64>,
    /// By exchange.
    measured: BTreeMap<usize, Measured>,
}

impl Widths {
    /// `totals` are the final values of all accumulators of the query.
    pub(super) fn of(tree: &Tree<'_>, schema: &mut Schema, totals: &BTreeMap<i64, i64>) -> Self {
        let mut widths = Self { beside: BTreeMap::new(), shared: BTreeSet::new(), measured: BTreeMap::new() };
        for (&id, kind) in &schema.types {
            match kind {
                Type::Long | Type::Integral | Type::Fixed => widths.beside.insert(id, 0.0),
                Type::Decimal => widths.beside.insert(id, 16.0),
                Type::Variable => None,
            };
        }
        let mut equations = Vec::new();
        for (at, vertex) in tree.nodes.iter().enumerate() {
            if vertex.kind == Kind::Exchange
                && let Some(measured) = exchanged(vertex.node, totals)
            {
                widths.measured.insert(at, measured);
                equations.extend(widths.equation(schema, at, measured));
                // A reused exchange has other names for the same columns.
                if let Some(reused) =
                    vertex.parent.filter(|&parent| tree.nodes[parent].node.name == "ReusedExchange")
                {
                    equations.extend(widths.equation(schema, reused, measured));
                }
            }
        }
        widths.solve(&equations, &schema.types);
        for (&id, &beside) in &widths.beside {
            if !widths.shared.contains(&id) {
                let kind = if beside < 0.5 { Type::Integral } else { Type::Variable };
                schema.types.entry(id).or_insert(kind);
            }
        }
        widths
    }

    fn equation(&self, schema: &Schema, at: usize, measured: Measured) -> Option<(Vec<u64>, f64)> {
        let columns =
            schema.columns[at].as_ref().filter(|columns| !columns.cut && !columns.list.is_empty())?;
        let left = measured.mean() - columns.words() as f64;
        let attributes = columns.list.iter().flatten().filter(|attribute| !attribute.long);
        Some((attributes.map(|attribute| attribute.id).collect(), left.max(0.0)))
    }

    fn solve(&mut self, equations: &[(Vec<u64>, f64)], types: &BTreeMap<u64, Type>) {
        let mut most = 1;
        loop {
            let mut open = usize::MAX;
            let before = self.beside.len();
            for (attributes, bytes) in equations {
                let known: f64 = attributes.iter().filter_map(|id| self.beside.get(id)).sum();
                let unknown: Vec<u64> =
                    attributes.iter().copied().filter(|id| !self.beside.contains_key(id)).collect();
                let left = (bytes - known).max(0.0);
                if unknown.is_empty() {
                    continue;
                }
                if unknown.len() <= most || left < 0.5 {
                    self.share(&unknown, left, types);
                } else {
                    open = open.min(unknown.len());
                }
            }
            if self.beside.len() > before {
                most = 1;
            } else if open < usize::MAX {
                most = open;
            } else {
                break;
            }
        }
    }

    /// Divides bytes among columns: strings have them, if some of the columns are known to be strings.
    fn share(&mut self, columns: &[u64], bytes: f64, types: &BTreeMap<u64, Type>) {
        let is_string = |id: &&u64| types.get(id) == Some(&Type::Variable);
        let strings = columns.iter().filter(is_string).count();
        let among = if strings > 0 { strings } else { columns.len() };
        for id in columns {
            let has = strings == 0 || is_string(&id);
            self.beside.insert(*id, if has { bytes / among as f64 } else { 0.0 });
            if columns.len() > 1 && bytes >= 0.5 {
                self.shared.insert(*id);
            }
        }
    }

    /// What an exchange says of its rows.
    pub(super) fn measured(&self, exchange: usize) -> Option<Measured> {
        self.measured.get(&exchange).copied()
    }

    /// Bytes that columns have beside their words; unnamed ones have none.
    pub(super) fn beside(&self, schema: &Schema, columns: &Columns) -> f64 {
        let beside = |attribute: &Attribute| {
            let unknown = || match schema.types.get(&attribute.id) {
                Some(Type::Variable) => UNKNOWN_STRING,
                _ => 0.0,
            };
            self.beside.get(&attribute.id).copied().unwrap_or_else(unknown)
        };
        columns.list.iter().flatten().map(beside).sum()
    }

    /// Bytes of a row of a node by its columns; None where they are unknown.
    pub(super) fn row(&self, schema: &Schema, node: usize) -> Option<f64> {
        let columns = schema.columns[node].as_ref()?;
        Some(columns.words() as f64 + self.beside(schema, columns))
    }
}

fn exchanged(node: &PlanNode, totals: &BTreeMap<i64, i64>) -> Option<Measured> {
    let total = |name: &str| {
        let metric = node.metrics.iter().find(|metric| metric.name == name)?;
        u64::try_from(*totals.get(&metric.id)?).ok()
    };
    let (bytes, rows) = (total("data size")?, total("shuffle records written")?);
    (rows > 0).then_some(Measured { bytes, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unknown_column_is_solved_before_several_share() {
        let mut widths =
            Widths { beside: BTreeMap::from([(1, 0.0)]), shared: BTreeSet::new(), measured: BTreeMap::new() };
        // 2 and 3 together have 60 bytes; 3 alone has 20; 4 and 5 are never apart.
        let equations = [(vec![1, 2, 3], 60.0), (vec![1, 3], 20.0), (vec![4, 5], 30.0), (vec![6], 0.0)];
        widths.solve(&equations, &BTreeMap::new());
        assert_eq!(widths.shared, BTreeSet::from([4, 5]));
        assert_eq!(
            widths.beside,
            BTreeMap::from([(1, 0.0), (2, 40.0), (3, 20.0), (4, 15.0), (5, 15.0), (6, 0.0)])
        );
    }

    #[test]
    fn strings_have_the_bytes_that_columns_share() {
        let mut widths =
            Widths { beside: BTreeMap::new(), shared: BTreeSet::new(), measured: BTreeMap::new() };
        widths.solve(&[(vec![1, 2, 3], 40.0)], &BTreeMap::from([(2, Type::Variable)]));
        assert_eq!(widths.beside, BTreeMap::from([(1, 0.0), (2, 40.0), (3, 0.0)]));
    }

    #[test]
    fn the_bytes_of_some_rows_are_at_the_mean() {
        let measured = Measured { bytes: 1000, rows: 3 };
        assert_eq!((measured.of_rows(1), measured.of_rows(2), measured.of_rows(3)), (333, 667, 1000));
        assert_eq!(Measured { bytes: 0, rows: 0 }.of_rows(7), 0);
        assert_eq!(Measured { bytes: u64::MAX, rows: 1 }.of_rows(2), u64::MAX);
    }
}
