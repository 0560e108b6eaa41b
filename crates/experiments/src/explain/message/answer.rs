//! What is said of a message.

use serde::Serialize;

/// What a message means and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The verdict, in one sentence without a full stop.
    pub verdict: String,
    /// Which process ended or refused.
    pub process: String,
    /// What it means in Spark's rules.
    pub means: Vec<String>,
    /// What it does not mean: advice that is often given and does not help.
    pub means_not: Vec<String>,
    /// Settings that matter, the best first.
    pub settings: Vec<Advice>,
    /// What to look at next.
    pub look_at: Vec<String>,
    /// Commands that answer more.
    pub commands: Vec<String>,
}

/// A setting that matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The key, with a value where the message gives one.
    pub setting: String,
    /// Why, with the arithmetic.
    pub why: String,
}

impl Answer {
    pub(super) fn new(process: impl Into<String>, verdict: impl Into<String>) -> Self {
        Self { process: process.into(), verdict: verdict.into(), ..Self::default() }
    }

    pub(super) fn means(mut self, text: impl Into<String>) -> Self {
        self.means.push(text.into());
        self
    }

    pub(super) fn not(mut self, text: impl Into<String>) -> Self {
        self.means_not.push(text.into());
        self
    }

    pub(super) fn set(mut self, setting: impl Into<String>, why: impl Into<String>) -> Self {
        self.settings.push(Advice { setting: setting.into(), why: why.into() });
        self
    }

    pub(super) fn look(mut self, text: impl Into<String>) -> Self {
        self.look_at.push(text.into());
        self
    }

    pub(super) fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}
