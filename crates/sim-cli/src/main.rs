//! `poolsim`: what will my Spark job do with its memory, and what if I change it?

mod args;
mod commands;
mod exit;
mod failure;
mod output;
mod progress;
mod report;
mod screen;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    failure::say_panics();
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Run(args) => commands::run::run(args, cli.color),
        Command::Replay(args) => commands::replay::replay(args, cli.color),
        Command::Import(args) => commands::import::import(args),
        Command::Doctor(args) => commands::doctor::doctor(args, cli.color),
        Command::Explain(args) => commands::explain::explain(args, cli.color),
        Command::Check(args) => commands::check::check(args, cli.color),
        Command::Sweep(args) => commands::sweep::sweep(args, cli.color),
        Command::Layout(args) => commands::layout::layout(args, cli.color),
        Command::Size(args) => commands::size::size(args, cli.color),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => failure::report(&error),
    }
}
