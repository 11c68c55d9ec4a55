//! Files, sealed: chunks of 64 KiB under a key of the file's own, each of which opens alone.
//!
//! ```text
//! file      ─► chunks of 65,536 bytes, the last one filled with zeros to a Padmé length
//! chunk i   ─► AES-256-GCM(key, nonce = base(7) ‖ i(u32) ‖ last(u8), AAD = label ‖ length of the file(u64))
//! blob      =  all sealed chunks, one after the other
//! hash      =  h(all chunks), where h(no chunk) = 32 zeros, h(… i) = SHA-256(label ‖ h(… i - 1) ‖ SHA-256(sealed chunk i))
//! ```
//!
//! The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance", 2015): the index and the mark of the last chunk in the nonce keep chunks from being
//! moved, left out or cut off. The file's true length is authenticated with each chunk, so that it need not be hidden in
//! one of them, and byte `n` of the file is byte `n` of the chunks. AES-GCM alone does not bind a ciphertext to one key;
//! the hash, which travels with the key, does.
//!
//! No IO, no randomness: key and base are drawn by the caller, afresh for each file. A crate of its own, for it needs nothing
//! else of client-core. Browsers do the same with their own cryptography, which is ten times as fast there as this is
//! (`web/src/files/worker/sealing.ts`); one set of vectors holds both.

mod cipher;
mod digest;
mod layout;
mod opener;
mod sealer;
mod secret;

pub use digest::FileDigest;
pub use layout::{CHUNK_LEN, FileTooLong, Layout, MAX_LEN, TAG_LEN};
pub use opener::{OpenError, Opener};
pub use sealer::{SealError, Sealer};
pub use secret::{BASE_LEN, FileKey, KEY_LEN, NonceBase};

#[cfg(test)]
mod tests;
