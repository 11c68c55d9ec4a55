//! Files in messages: the sealing ([`file_sealing`], a crate of its own), and what a message says of a file, with which
//! whoever has the message gets and opens it.

mod card;
mod descriptor;
pub mod fuzz;
mod pending;
mod said;
#[cfg(test)]
mod vectors;

pub(crate) use pending::{Doomed, Noted};
pub(crate) use said::{OwnBlob, SaidFile, UploadSecret, as_cbor};

pub use descriptor::{BadDescriptor, Dimensions, FileDescriptor};
pub use file_sealing::{
    CHUNK_LEN, FileDigest, FileKey, FileTooLong, Layout, NonceBase, OpenError, Opener, SealError, Sealer,
};
