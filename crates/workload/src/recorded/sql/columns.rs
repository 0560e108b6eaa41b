//! Which columns the rows of each node have, and what is known of their types.

use std::collections::BTreeMap;

use super::aggregate::Functions;
use super::kind::Kind;
use super::text::{self, Attribute, List};
use super::tree::Tree;

/// What is known of a column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A `bigint`.
    Long,
    /// A shorter whole number: as a join key it is made a long.
    Integral,
    /// Another type of at most 8 bytes: no bytes beside its word in a row.
    Fixed,
    /// Bytes beside its word.
    Variable,
    /// A decimal of more than 18 digits: 16 bytes beside its word.
    Decimal,
}

impl Type {
    /// By its name in a schema.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bigint" => Self::Long,
            "tinyint" | "smallint" | "int" => Self::Integral,
            "boolean" | "float" | "double" | "date" | "timestamp" | "timestamp_ntz" => Self::Fixed,
            "string" | "binary" => Self::Variable,
            _ => match name.strip_prefix("decimal(") {
                Some(rest) if rest.split(',').next()?.parse::<u32>().ok()? <= 18 => Self::Fixed,
                Some(_) => Self::Decimal,
                // What is cut off ends like this; the rest are arrays, maps and structs.
                None if name.ends_with("..") || !name.contains('<') => return None,
                None => Self::Variable,
            },
        })
    }
}

/// The columns of a node's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// In order; None for a column that the text does not name, as a sum's.
    pub(super) list: Vec<Option<Attribute>>,
    /// Whether some of those not named may have bytes beside their words: their list was cut off.
    pub(super) cut: bool,
}

impl Columns {
    fn unnamed(count: usize) -> Self {
        Self { list: vec![None; count], cut: false }
    }

    pub(super) fn of(list: &List<'_>) -> Self {
        let mut columns: Vec<_> = list.items.iter().map(|item| text::attribute(item)).collect();
        columns.resize(list.len(), None);
        Self { list: columns, cut: list.cut > 0 }
    }

    fn and(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        Self { list: self.list, cut: self.cut || other.cut }
    }

    /// Bytes of the words of a row: null bits, and 8 a column.
    pub(super) fn words(&self) -> u64 {
        row_words(self.list.len())
    }
}

/// Bytes of an `UnsafeRow` of so many columns without what strings have beside their words.
pub(super) fn row_words(columns: usize) -> u64 {
    let columns = columns as u64;
    8 * (columns.div_ceil(64) + columns)
}

/// Columns of all nodes, and types of attributes.
pub(super) struct Schema {
    /// By node; None where the text does not say.
    pub(super) columns: Vec<Option<Columns>>,
    pub(super) types: BTreeMap<u64, Type>,
}

impl Schema {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut schema = Self { columns: vec![None; tree.nodes.len()], types: BTreeMap::new() };
        // Inputs stand behind their readers.
        for at in (0..tree.nodes.len()).rev() {
            schema.read_types(tree, at);
            let columns = schema.columns_of(tree, at);
            for attribute in columns.iter().flat_map(|columns| columns.list.iter().flatten()) {
                if attribute.long {
                    schema.types.insert(attribute.id, Type::Long);
                }
            }
            schema.columns[at] = columns;
        }
        schema
    }

    /// The type of an expression; None where nothing says.
    pub(super) fn type_of(&self, expression: &str) -> Option<Type> {
        let attribute = text::bare(expression)?;
        if attribute.long { Some(Type::Long) } else { self.types.get(&attribute.id).copied() }
    }

    fn read_types(&mut self, tree: &Tree<'_>, at: usize) {
        let vertex = &tree.nodes[at];
        let text = &vertex.node.text;
        let lists = text::lists(text);
        let Some(items) = lists.first() else { return };
        if let Some(schema) = text.split_once("ReadSchema: struct<").map(|(_, schema)| schema) {
            let fields = text::list(schema.strip_suffix('>').unwrap_or(schema));
            let fields: BTreeMap<_, _> =
                fields.items.iter().filter_map(|field| field.split_once(':')).collect();
            for item in &items.items {
                let Some(attribute) = text::attribute(item) else { continue };
                let name = item.rsplit_once('#').map_or(*item, |(name, _)| name);
                if let Some(kind) = fields.get(name).and_then(|kind| Type::named(kind)) {
                    self.types.insert(attribute.id, kind);
                }
            }
        }
        if vertex.node.name == "ReusedExchange" {
            // It has names of its own for the columns that it reads again.
            let below = vertex.inputs.first().and_then(|&input| self.columns[input].clone());
            for (item, from) in items.items.iter().zip(below.unwrap_or_default().list) {
                self.rename(text::attribute(item), from);
            }
        }
        for item in &items.items {
            self.rename(text::attribute(item), text::renamed(item));
            if let (Some(attribute), Some(kind)) = (text::attribute(item), computed(item)) {
                self.types.insert(attribute.id, kind);
            }
        }
    }

    fn rename(&mut self, to: Option<Attribute>, from: Option<Attribute>) {
        if let (Some(to), Some(from)) = (to, from)
            && let Some(&kind) = self.types.get(&from.id)
        {
            self.types.entry(to.id).or_insert(kind);
        }
    }

    fn columns_of(&self, tree: &Tree<'_>, at: usize) -> Option<Columns> {
        let vertex = &tree.nodes[at];
        let text = vertex.node.text.as_str();
        let lists = text::lists(text);
        let input = |number: usize| self.columns[*vertex.inputs.get(number)?].clone();
        let named = |list: Option<&List<'_>>| list.map(Columns::of);
        match vertex.kind {
            Kind::Wrapper if vertex.node.name == "ReusedExchange" => named(lists.first()),
            Kind::LimitExchange => {
                text::named(text, "output").map(|list| Columns::of(&list)).or_else(|| input(0))
            }
            Kind::Scan if vertex.node.name.starts_with("Range") => Some(Columns::unnamed(1)),
            Kind::Scan | Kind::InMemoryTableScan => named(lists.first()),
            Kind::HashAggregate | Kind::ObjectHashAggregate | Kind::SortAggregate => {
                let keys = Columns::of(&text::named(text, "keys")?);
                let functions = Functions::of(text)?;
                let results = if functions.partial { functions.buffers } else { functions.count };
                Some(keys.and(Columns::unnamed(results)))
            }
            Kind::SortMergeJoin | Kind::ShuffledHashJoin | Kind::BroadcastJoin | Kind::CartesianProduct => {
                let only_left = text.contains("LeftSemi") || text.contains("LeftAnti");
                if only_left { input(0) } else { Some(input(0)?.and(input(1)?)) }
            }
            Kind::Window => Some(input(0)?.and(named(lists.first())?)),
            Kind::PythonEval => Some(input(0)?.and(named(lists.last())?)),
            Kind::Other => match vertex.node.name.as_str() {
                "Project" => named(lists.first()),
                "Expand" => named(lists.last()),
                "Generate" if lists.len() > 1 => {
                    Some(Columns::of(&lists[lists.len() - 2]).and(named(lists.last())?))
                }
                _ => input(0),
            },
            _ => input(0),
        }
    }
}

/// Functions that yield strings.
const STRINGS: [&str; 16] = [
    "base64",
    "concat_ws",
    "date_format",
    "format_string",
    "from_unixtime",
    "hex",
    "initcap",
    "lower",
    "lpad",
    "md5",
    "regexp_replace",
    "repeat",
    "sha1",
    "sha2",
    "substring",
    "upper",
];

/// The type of `cast(.. as type) AS name#1` and of functions that yield strings.
fn computed(item: &str) -> Option<Type> {
    let (expression, _) = item.rsplit_once(" AS ")?;
    let function = expression.trim().split('(').next()?;
    if STRINGS.contains(&function) && expression.trim().ends_with(')') {
        return Some(Type::Variable);
    }
    let inside = expression.trim().strip_prefix("cast(")?.strip_suffix(')')?;
    Type::named(inside.rsplit_once(" as ")?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_null_bits_and_a_word_a_column() {
        assert_eq!((row_words(0), row_words(1), row_words(64), row_words(65)), (0, 16, 520, 536));
    }

    #[test]
    fn types_are_those_of_schemas() {
        assert_eq!(Type::named("decimal(12,2)"), Some(Type::Fixed));
        assert_eq!(Type::named("decimal(38,2)"), Some(Type::Decimal));
        assert_eq!(Type::named("array<int>"), Some(Type::Variable));
        assert_eq!(Type::named("doub..."), None);
        assert_eq!(computed("cast(id#1L as int) AS x#2"), Some(Type::Integral));
        assert_eq!(computed("(cast(id#1L as int) + 1) AS x#2"), None);
        assert_eq!(computed("hex(id#1L) AS x#2"), Some(Type::Variable));
    }
}
