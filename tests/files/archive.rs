//! The program that is killed.
fn main() {}
