//! What people say: content, history, own state.

mod content;
mod history;
mod own_state;
#[cfg(test)]
mod vectors;

pub(crate) use content::{Content, Envelope, ListHead, Spotlight};
pub(crate) use history::{Body, History, Message};
pub(crate) use own_state::OwnState;
