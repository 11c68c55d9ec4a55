//! A model of the world around devices: an honest server in memory (that a test can make hostile), stores that
//! survive crashes, virtual time. Everything follows from one seed.
#![allow(dead_code, reason = "each test program uses a part of the model")]

pub mod accounts;
pub mod blobs;
pub mod calls;
pub mod conduct;
pub mod contacting;
pub mod contacts;
pub mod files;
pub mod forge;
pub mod groups;
pub mod guests;
pub mod logs;
pub mod meeting;
pub mod pairing;
pub mod raw;
pub mod server;
pub mod signs;
pub mod world;

#[allow(unused_imports, reason = "as above")]
pub use conduct::{Conduct, Honest};
pub use server::Server;
#[allow(unused_imports, reason = "as above")]
pub use world::{World, text};
