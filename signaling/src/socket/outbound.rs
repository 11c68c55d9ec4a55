//! What waits to be sent to one connection.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use axum::extract::ws::Utf8Bytes;
use protocol::{limits::MAX_SOCKET_QUEUE, socket::ByeReason};
use tokio::sync::Notify;

use crate::limits::{MAX_SOCKET_QUEUE_BYTES, MAX_WAITING_BEFORE_SIGNS};

/// A bounded queue with one reader. An idle one holds no buffer.
#[derive(Default)]
pub struct Outbound {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Events before the client's hello are dropped: it asks for what it lacks after it.
    open: bool,
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    bye: Option<ByeReason>,
}

/// What the connection does next.
pub enum Next {
    /// Send this.
    Frame(Utf8Bytes),
    /// Say goodbye, and close.
    Bye(ByeReason),
}

impl Outbound {
    /// From now on events are taken.
    pub fn open(&self) {
        self.lock().open = true;
    }

    /// Queues a frame. A reader that is too far behind is closed: it resumes from its cursors.
    pub fn push(&self, frame: Utf8Bytes) {
        let mut state = self.lock();
        if !state.open || state.bye.is_some() {
            return;
        }
        state.bytes = state.bytes.saturating_add(frame.len());
        state.frames.push_back(frame);
        if state.frames.len() > MAX_SOCKET_QUEUE || state.bytes > MAX_SOCKET_QUEUE_BYTES {
            state.end(ByeReason::TooSlow);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Queues a frame that is worth nothing later: a reader that is behind does not get it, and is none the worse for it.
    pub fn push_in_passing(&self, frame: Utf8Bytes) {
        if self.lock().frames.len() < MAX_WAITING_BEFORE_SIGNS {
            self.push(frame);
        }
    }

    /// Ends the connection; what is queued is dropped.
    pub fn close(&self, reason: ByeReason) {
        self.lock().end(reason);
        self.changed.notify_one();
    }

    /// What comes next; waits for it.
    pub async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.lock().next() {
                return next;
            }
            // A change between the look and the wait is not lost: it leaves a permit.
            self.changed.notified().await;
        }
    }

    /// What comes next, if there is something.
    #[cfg(test)]
    pub fn take(&self) -> Option<Next> {
        self.lock().next()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, reason: ByeReason) {
        self.bye.get_or_insert(reason);
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    fn next(&mut self) -> Option<Next> {
        if let Some(reason) = self.bye {
            return Some(Next::Bye(reason));
        }
        let frame = self.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(frame.len());
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
        Some(Next::Frame(frame))
    }
}
