//! The recipes that the benches time; each returns a fingerprint of what it computed.
