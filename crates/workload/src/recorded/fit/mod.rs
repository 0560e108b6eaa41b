//! From facts to a recording.
