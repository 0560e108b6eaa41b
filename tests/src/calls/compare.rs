//! `sim-core` and the reference side by side.

use std::fmt;

use super::{Call, Setup, Step, Subject};
use crate::reference::Reference;

/// The first call after which the two disagree.
#[derive(Debug)]
pub struct Difference {
    at: usize,
    call: Call,
    sim_core: Step,
    reference: Step,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, call, sim_core, reference } = self;
        writeln!(f, "call {at}, {call:?}")?;
        if sim_core.reply != reference.reply {
            writeln!(f, "  reply: sim-core {:?}\n         reference {:?}", sim_core.reply, reference.reply)?;
        }
        if sim_core.events != reference.events {
            writeln!(f, "  events: sim-core {:#?}\n  reference {:#?}", sim_core.events, reference.events)?;
        }
        if sim_core.state != reference.state {
            writeln!(f, "  state: sim-core {:#?}\n  reference {:#?}", sim_core.state, reference.state)?;
        }
        Ok(())
    }
}

/// Makes the same calls to both and compares every reply, event and state. Returns the number of calls.
///
/// # Errors
/// The first difference.
pub fn compare(setup: Setup, calls: impl IntoIterator<Item = Call>) -> Result<usize, Box<Difference>> {
    let (mut subject, mut model) = (Subject::new(setup), Reference::new(setup));
    let mut compared = 0;
    for (at, call) in calls.into_iter().enumerate() {
        let (sim_core, reference) = (subject.execute(call), model.execute(call));
        if sim_core != reference {
            return Err(Box::new(Difference { at, call, sim_core, reference }));
        }
        compared += 1;
    }
    Ok(compared)
}

/// What `sim-core` makes of some calls, each with the state before it.
pub fn steps(setup: Setup, calls: &[Call]) -> Vec<(Call, super::State, Step)> {
    let mut subject = Subject::new(setup);
    let mut before = subject.state();
    let run = calls.iter().map(|&call| {
        let step = subject.execute(call);
        let state = std::mem::replace(&mut before, step.state.clone());
        (call, state, step)
    });
    run.collect()
}
