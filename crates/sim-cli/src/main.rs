//! `poolsim`: what will my Spark job do with its memory, and what if I change it?

fn main() {}
