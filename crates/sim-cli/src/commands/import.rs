//! `poolsim import`.

use experiments::read_log;
use experiments::replay::input_of;

use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn import(args: &ImportArgs) -> anyhow::Result<Exit> {
    let mut output = Output::open(args.output.as_deref())?;
    let name = args.log.name();
    let input = {
        let _progress = Progress::spinner(&format!("importing {name}"));
        input_of(&name, &read_log(&args.log.path, &args.log.options())?)?
    };
    super::print_notes(&input.notes, false);
    input.scenario.write(&mut output)?;
    output.finish()?;
    Ok(Exit::Answered)
}
