//! Signs: what the members of a room show each other for a moment, by now that somebody is typing. No entry of the log, and
//! never stored: the server hands a sign to who is connected, and a device that is not never learns of it.
//!
//! A sign is sealed with a key that the group's exporter gives in an epoch (RFC 9420 §8.5), for all of its members, and
//! signed by the device that gives it, so that no member gives one in the name of another. It takes nothing out of the
//! ratchets of messages: of many signs that nobody kept, who was away would have to skip the keys.

mod sealing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub(crate) use sealing::{Sign, SignPlace, Typing};
