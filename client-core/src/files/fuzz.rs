//! Entry points for fuzz targets: bytes in, no panic out.

use file_sealing::{FileKey, NonceBase, Opener, Sealer};

use super::FileDescriptor;
use crate::cbor;

/// Reads `data` as what a message says of a file, opens it as a chunk, and, with its first bytes as a choice, a sealed
/// chunk that it was changed into.
///
/// # Panics
/// Where the code is wrong: what was read is written otherwise, a chunk opened that nobody sealed, or one that was sealed
/// did not open to what it was.
#[expect(clippy::panic, reason = "a fuzz target tells by a panic")]
pub fn open_file(data: &[u8]) {
    if let Some(file) = cbor::from_slice::<FileDescriptor>(data)
        && cbor::from_slice(&cbor::to_vec(&file)) != Some(file)
    {
        panic!("a descriptor is written otherwise than it is read");
    }
    let [a, b, plain @ ..] = data else { return };
    let (key, base) = (FileKey::new([3; 32]), NonceBase([4; 7]));
    let len = plain.len() as u64;
    let (Ok(sealer), Ok(opener)) = (Sealer::new(&key, base, len), Opener::new(&key, base, len)) else {
        return;
    };
    let layout = opener.layout();
    let index = u32::from(*a) % layout.chunks();
    if opener.open(index, plain).is_ok() {
        panic!("a chunk opened that nobody sealed");
    }
    let of_file = layout
        .plain_range(index)
        .and_then(|range| plain.get(range.start as usize..range.end as usize))
        .unwrap_or_default();
    let mut sealed = Vec::new();
    if sealer.seal_into(index, of_file, &mut sealed).is_err() {
        panic!("a chunk was not sealed");
    }
    if opener.open(index, &sealed).as_deref() != Ok(of_file) {
        panic!("a sealed chunk did not open to what it was");
    }
    let place = usize::from(*b) * 257 % sealed.len();
    if let Some(byte) = sealed.get_mut(place) {
        *byte ^= 1 + *a % 255;
    }
    if opener.open(index, &sealed).is_ok() {
        panic!("a changed chunk opened");
    }
}
