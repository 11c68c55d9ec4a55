//! The storage key under a password, for shells that keep it so (R47). The core itself never sees that password again.
//!
//! ```text
//! password key = HKDF-SHA-256(Argon2id(password, salt), "Conclave 1.0 store password")
//! locked       = header ‖ AES-256-GCM(password key, storage key), AAD = header, nonce = zeros: each key seals once
//! header       = "conclave lock"(13) ‖ u8 version = 1 ‖ u32 memory in KiB ‖ u32 passes ‖ salt(16)
//! ```

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::account::opaque::PasswordCost;

const MAGIC: &[u8; 14] = b"conclave lock\x01";
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = MAGIC.len() + 4 + 4 + SALT_LEN;
const NONCE: [u8; 12] = [0; 12];

/// Most memory that a header may ask for, in KiB: four times what is usual. Beyond: it is not ours.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// Most passes likewise.
const MAX_PASSES: u32 = 16;

/// Why a storage key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// Another password, or damaged.
    #[error("the password is another one")]
    WrongPassword,
    /// Not made by [`lock_storage_key`].
    #[error("this is no locked key")]
    Malformed,
}

/// The key of 32 bytes that a password gives: what seals a storage key. Nothing where the costs are none that Argon2 takes.
pub fn password_key(password: &str, salt: &[u8], cost: PasswordCost) -> Option<Zeroizing<[u8; 32]>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).ok()?;
    let mut stretched = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut *stretched)
        .ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &*stretched)
        .expand(b"Conclave 1.0 store password", &mut *key)
        .ok()?;
    Some(key)
}

/// Locks a storage key by a password; `salt` is drawn anew each time.
pub fn lock_storage_key(
    password: &str,
    salt: [u8; SALT_LEN],
    cost: PasswordCost,
    storage_key: &[u8; 32],
) -> Option<Vec<u8>> {
    let mut locked = MAGIC.to_vec();
    locked.extend_from_slice(&cost.memory_kib.to_be_bytes());
    locked.extend_from_slice(&cost.passes.to_be_bytes());
    locked.extend_from_slice(&salt);
    let key = password_key(password, &salt, cost)?;
    let payload = Payload {
        msg: storage_key,
        aad: &locked,
    };
    let sealed = Aes256Gcm::new((&*key).into())
        .encrypt(&NONCE.into(), payload)
        .ok()?;
    locked.extend(sealed);
    Some(locked)
}

/// Opens what [`lock_storage_key`] made.
pub fn unlock_storage_key(password: &str, locked: &[u8]) -> Result<Zeroizing<[u8; 32]>, UnlockError> {
    let malformed = UnlockError::Malformed;
    let (header, sealed) = locked.split_at_checked(HEADER_LEN).ok_or(malformed)?;
    let rest = header.strip_prefix(MAGIC).ok_or(malformed)?;
    let (memory_kib, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
    let (passes, salt) = rest.split_first_chunk::<4>().ok_or(malformed)?;
    let cost = PasswordCost {
        memory_kib: u32::from_be_bytes(*memory_kib),
        passes: u32::from_be_bytes(*passes),
    };
    if cost.memory_kib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES {
        return Err(malformed);
    }
    let key = password_key(password, salt, cost).ok_or(malformed)?;
    let payload = Payload {
        msg: sealed,
        aad: header,
    };
    let opened = Aes256Gcm::new((&*key).into()).decrypt(&NONCE.into(), payload);
    let opened = Zeroizing::new(opened.map_err(|_| UnlockError::WrongPassword)?);
    let mut storage_key = Zeroizing::new([0; 32]);
    if opened.len() != storage_key.len() {
        return Err(malformed);
    }
    storage_key.copy_from_slice(&opened);
    Ok(storage_key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 8,
        passes: 1,
    };

    fn locked() -> Vec<u8> {
        lock_storage_key("correct horse", [7; 16], CHEAP, &[9; 32]).unwrap()
    }

    /// R47: without the password there is no key, and with it there is.
    #[test]
    fn a_locked_key_opens_by_its_password_alone() {
        let locked = locked();
        assert!(!locked.windows(8).any(|window| window == [9; 8]));
        assert_eq!(unlock_storage_key("correct horse", &locked).unwrap()[..], [9; 32]);
        for wrong in ["", "correct horse ", "Correct horse"] {
            assert_eq!(
                unlock_storage_key(wrong, &locked),
                Err(UnlockError::WrongPassword)
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_changed_or_is_something_else_does_not_open(at in 0usize..78, bit in 0u8..8, noise in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut changed = locked();
            prop_assert_eq!(changed.len(), 86);
            // Not the costs, which would make the test slow.
            let at = if (14..22).contains(&at) { at + 8 } else { at };
            changed[at] ^= 1 << bit;
            prop_assert!(unlock_storage_key("correct horse", &changed).is_err());
            prop_assert!(unlock_storage_key("correct horse", &noise).is_err());
        }
    }

    #[test]
    fn costs_that_no_device_of_ours_asks_for_are_refused() {
        let mut greedy = locked();
        greedy[14..18].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(
            unlock_storage_key("correct horse", &greedy),
            Err(UnlockError::Malformed)
        );
    }
}
