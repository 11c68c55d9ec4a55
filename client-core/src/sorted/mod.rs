//! Maps and sets in a sorted vector. A device keeps many small ones of many types; each `BTreeMap` of another type
//! would be 7 KB more for a browser to load.
//!
//! Finding is a binary search. Adding and taking away move what comes after, so values that a map has thousands of are
//! small or boxed. Collecting and extending sort once, however many entries come.

mod map;
mod set;
#[cfg(test)]
mod tests;

pub use map::SortedMap;
pub use set::SortedSet;
