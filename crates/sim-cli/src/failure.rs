//! How errors are shown.

use std::io;
use std::process::ExitCode;

use experiments::Error;
use sim_core::conf::ConfErrorKind;
use sim_core::conf::keys::KEYS;

use crate::exit::Exit;

/// Makes a broken invariant say what to do about it. No input should ever lead there.
pub(crate) fn say_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        default(info);
        eprintln!("error: this is a mistake in poolsim: please report it with its input and settings");
    }));
}

/// Prints an error and says how to exit.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    // `poolsim run .. | head` closes the pipe early: whoever did that has what they wanted, so it is no error.
    if error.chain().any(is_broken_pipe) {
        return Exit::Answered.into();
    }
    print(error);
    Exit::BadInput.into()
}

/// Prints an error on stderr.
pub(crate) fn print(error: &anyhow::Error) {
    match error.downcast_ref::<Error>() {
        // Errors of scenarios are shown with the lines of the file, beginning with their own `error:`.
        Some(Error::Scenario(shown)) => eprintln!("{shown}"),
        Some(known) => {
            eprintln!("error: {known}");
            if let Some(text) = known.spark_text() {
                eprintln!("  Spark says: {}", text.replace('\n', "\n  "));
            }
            if names_no_setting(known) {
                eprintln!("\nThe settings of poolsim:");
                for row in KEYS.iter().filter(|row| row.name.starts_with("poolsim.")) {
                    eprintln!("  {:<34} {}", row.name, row.meaning);
                }
            }
        }
        None => eprintln!("error: {error:#}"),
    }
}

/// Whether a `poolsim.*` key does not exist, nor one like it.
fn names_no_setting(error: &Error) -> bool {
    matches!(error, Error::Setting(error) if *error.kind == ConfErrorKind::UnknownKey { nearest: None })
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    // The writers of JSON and CSV wrap the errors of the stream below them.
    let json = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    let csv = error.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
        csv::ErrorKind::Io(error) => Some(error.kind()),
        _ => None,
    });
    [io, json, csv].contains(&Some(io::ErrorKind::BrokenPipe))
}
