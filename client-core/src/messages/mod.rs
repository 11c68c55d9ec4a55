//! What people say: content, history, own state.

mod acts;
mod content;
mod history;
mod own_state;
mod timers;
#[cfg(test)]
mod vectors;

pub(crate) use acts::{Act, Acts};
pub(crate) use content::{Content, Envelope, FaceChange, ListHead, Spotlight};
pub(crate) use history::{Body, History, Message};
pub(crate) use own_state::OwnState;
pub(crate) use timers::{Life, Timers};
