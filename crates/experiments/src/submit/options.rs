//! The options that `spark-submit` knows (`SparkSubmitOptionParser` of 3.5 to 4.3).

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value.
    Value,
    /// Nothing.
    Switch,
    /// It does something else than start an application.
    Other,
}

/// Options with a value.
pub(super) const VALUES: [&str; 27] = [
    "--archives",
    "--class",
    "--conf",
    "--deploy-mode",
    "--driver-class-path",
    "--driver-cores",
    "--driver-java-options",
    "--driver-library-path",
    "--driver-memory",
    "--exclude-packages",
    "--executor-cores",
    "--executor-memory",
    "--files",
    "--jars",
    "--keytab",
    "--master",
    "--name",
    "--num-executors",
    "--packages",
    "--principal",
    "--properties-file",
    "--proxy-user",
    "--py-files",
    "--queue",
    "--remote",
    "--repositories",
    "--total-executor-cores",
];

const SWITCHES: [&str; 4] = ["--supervise", "--verbose", "-v", "--load-spark-defaults"];
const OTHERS: [&str; 6] = ["--help", "-h", "--kill", "--status", "--usage-error", "--version"];

/// An option with what it takes, by any of its names.
pub(super) fn find(name: &str) -> Option<(&'static str, Kind)> {
    let name = if name == "-c" { "--conf" } else { name };
    let among =
        |names: &[&'static str], kind| names.iter().find(|known| **known == name).map(|known| (*known, kind));
    among(&VALUES, Kind::Value)
        .or_else(|| among(&SWITCHES, Kind::Switch))
        .or_else(|| among(&OTHERS, Kind::Other))
}

/// The option within two edits of a name.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let near = VALUES.iter().map(|known| (strsim::osa_distance(known, name), *known));
    near.min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}
