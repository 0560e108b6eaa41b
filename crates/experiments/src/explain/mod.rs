//! Why memory ran short, and what would help: of an input, or of a message that somebody pasted.

pub mod message;
