//! Which SRTP profiles were agreed on: a figure says little where one server seals with another cipher.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use str0m::crypto::{
    CryptoProvider, SrtpProvider, SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
    from_feature_flags,
};

use crate::srtcp::Tapped;

/// How often each was used since the last [`take`].
static USED: [(&str, AtomicUsize); 3] = [
    ("AES_CM_128_HMAC_SHA1_80", AtomicUsize::new(0)),
    ("AEAD_AES_128_GCM", AtomicUsize::new(0)),
    ("AEAD_AES_256_GCM", AtomicUsize::new(0)),
];

/// The names of the profiles that were used since the last call.
pub fn take() -> String {
    let used = USED.iter().filter(|(_, count)| count.swap(0, Relaxed) > 0);
    used.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The primitives that `str0m` uses by itself, counted, with a tap at its DTLS.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        Arc::new(CryptoProvider {
            srtp_provider: &Counted,
            dtls_provider: &Tapped,
            ..from_feature_flags()
        })
    });
    PROVIDER.clone()
}

#[derive(Debug)]
struct Counted;

fn used(place: usize) -> &'static dyn SrtpProvider {
    if let Some((_, count)) = USED.get(place) {
        count.fetch_add(1, Relaxed);
    }
    from_feature_flags().srtp_provider
}

impl SrtpProvider for Counted {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        used(0).aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        used(1).aead_aes_128_gcm()
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        used(2).aead_aes_256_gcm()
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        from_feature_flags()
            .srtp_provider
            .srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        from_feature_flags()
            .srtp_provider
            .srtp_aes_256_ecb_round(key, input, output);
    }
}
