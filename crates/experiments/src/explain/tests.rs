//! Explanations of small inputs.
