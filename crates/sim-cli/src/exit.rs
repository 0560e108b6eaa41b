//! What the exit code says. An interrupt ends the program by its signal, which shells show as 130.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The question is answered, and the answer is good.
    Answered,
    /// The question is answered, and the answer is bad: the application fails, an expectation is broken.
    BadAnswer,
    /// Input or output is at fault; nothing is answered.
    BadInput,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Answered => Self::SUCCESS,
            Exit::BadAnswer => Self::from(1),
            Exit::BadInput => Self::from(2),
        }
    }
}
