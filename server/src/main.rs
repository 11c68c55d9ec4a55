//! The program `conclave`.
fn main() {}
