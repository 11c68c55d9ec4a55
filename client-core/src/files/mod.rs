//! Files in messages: the sealing ([`file_sealing`], a crate of its own), and what a message says of a file, with which
//! whoever has the message gets and opens it.

mod descriptor;
pub mod fuzz;
#[cfg(test)]
mod vectors;

pub use descriptor::{BadDescriptor, Dimensions, FileDescriptor};
pub use file_sealing::{
    CHUNK_LEN, FileDigest, FileKey, FileTooLong, Layout, NonceBase, OpenError, Opener, SealError, Sealer,
};
