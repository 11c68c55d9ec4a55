//! The web client: files of the bundle, and the headers that every answer carries.

mod bundle;
mod headers;

#[cfg(test)]
mod tests;

pub use bundle::serve_bundle;
pub use headers::{Transport, secure};
