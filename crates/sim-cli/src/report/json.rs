//! JSON, indented, with a line break at the end.

use std::io::Write;

use serde::Serialize;

pub(crate) fn write<T: Serialize>(value: &T, out: &mut impl Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}
