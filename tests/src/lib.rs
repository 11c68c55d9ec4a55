//! What journeys across programs share: a server program to start and kill, and a native device around
//! `client-core` that talks to it over real HTTP and WebSocket.

pub mod cli;
pub mod device;
pub mod people;
pub mod program;
pub mod scene;
