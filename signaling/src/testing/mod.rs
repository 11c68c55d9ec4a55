//! A service on a throw-away database, and people who use it as clients do.

mod person;
mod postgres;
mod s3;
mod world;

pub use person::{
    Account, finish_login, list_after, list_with, login, new_device, open_session, sign_challenge, sign_list,
    start_login,
};
pub use postgres::Postgres;
pub use s3::{Mood, S3Server};
pub use world::{Body, Courier, Sfu, World};
