//! A service on a throw-away database, and people who use it as clients do.

mod person;
mod postgres;
mod world;

pub use person::{Account, list_with, new_device, open_session, sign_challenge};
pub use postgres::Postgres;
pub use world::{Body, World};
