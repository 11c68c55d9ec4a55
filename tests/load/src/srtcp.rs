//! RTCP of our own on a connection that `str0m` runs: the keys of its handshake, and sealing with AES-256-GCM (RFC 3711,
//! RFC 7714). Under a sender's SSRC of its own, so that no index comes twice.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow};
use str0m::crypto::{
    AeadAes256Gcm, AeadAes256GcmCipher, CryptoError, SrtpProvider,
    dtls::{
        DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial,
        ProtocolVersion, SrtpProfile,
    },
    from_feature_flags,
};

const KEY: usize = 32;
const SALT: usize = 12;
const TAG: usize = 16;
/// What stays in clear.
const CLEAR: usize = 8;
const ENCRYPTED: u32 = 1 << 31;
/// Labels of the key derivation (RFC 3711 §4.3.2).
const RTCP_KEY: u8 = 3;
const RTCP_SALT: u8 = 5;

/// Master key and salt of what the client sends.
type Master = ([u8; KEY], [u8; SALT]);

/// Where the keys of a connection arrive.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Option<Master>>>);

thread_local! {
    /// Of the connection that this thread made last: providers know of no connection.
    static MADE: RefCell<Tap> = RefCell::default();
}

impl Tap {
    /// The tap of the connection that this thread made last.
    pub fn of_last() -> Self {
        MADE.take()
    }

    /// The client's key, the server's, the client's salt, the server's (RFC 5764 §4.2).
    fn keep(&self, material: &[u8], profile: SrtpProfile, active: bool) {
        let place = usize::from(!active);
        let key = material.get(KEY * place..KEY * (place + 1));
        let salts = material.get(2 * KEY..).unwrap_or_default();
        let salt = salts.get(SALT * place..SALT * (place + 1));
        let (Some(Ok(key)), Some(Ok(salt))) = (key.map(TryInto::try_into), salt.map(TryInto::try_into))
        else {
            return;
        };
        if profile == SrtpProfile::AEAD_AES_256_GCM {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, salt));
        }
    }

    /// What seals, once the connection stands.
    pub fn sealer(&self, sender: u32) -> Result<Sealer> {
        let master = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Sealer::new(
            &master.context("a connection with AES-256-GCM")?,
            sender,
            from_feature_flags().srtp_provider,
        )
    }
}

/// Seals the RTCP of one sender.
pub struct Sealer {
    cipher: Box<dyn AeadAes256GcmCipher>,
    salt: [u8; SALT],
    sender: u32,
    index: u32,
}

impl Sealer {
    fn new(master: &Master, sender: u32, provider: &dyn SrtpProvider) -> Result<Self> {
        let (mut key, mut salt) = ([0; KEY], [0; SALT]);
        derive(provider, master, RTCP_KEY, &mut key);
        derive(provider, master, RTCP_SALT, &mut salt);
        Ok(Self {
            cipher: provider.aead_aes_256_gcm().create_cipher(key, true),
            salt,
            sender,
            index: 0,
        })
    }

    /// Seals a compound packet, which begins with the sender's SSRC.
    pub fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>> {
        let (header, body) = plain.split_at_checked(CLEAR).context("a header")?;
        self.index += 1;
        let iv = AeadAes256Gcm::rtcp_iv(self.salt, self.sender, self.index);
        let index = (ENCRYPTED | self.index).to_be_bytes();
        let aad = [header, &index].concat();
        let mut packet = header.to_vec();
        packet.resize(plain.len() + TAG, 0);
        let sealed = packet.get_mut(CLEAR..).unwrap_or_default();
        self.cipher
            .encrypt(&iv, &aad, body, sealed)
            .map_err(|error| anyhow!("{error:?}"))?;
        packet.extend_from_slice(&index);
        Ok(packet)
    }
}

/// AES in counter mode over zeros (RFC 3711 §4.3); a salt of 96 bits counts as the upper ones (RFC 7714 §11).
fn derive(provider: &dyn SrtpProvider, (key, salt): &Master, label: u8, out: &mut [u8]) {
    const BLOCK: usize = 16;
    const LABEL_AT: usize = 7;
    for (round, block) in (0..).zip(out.chunks_mut(BLOCK)) {
        let mut input = [0; BLOCK];
        for (byte, salt) in input.iter_mut().zip(salt) {
            *byte = *salt;
        }
        if let Some(byte) = input.get_mut(LABEL_AT) {
            *byte ^= label;
        }
        if let Some(byte) = input.last_mut() {
            *byte = round;
        }
        // The other half is room that some backends ask for.
        let mut made = [0; 2 * BLOCK];
        provider.srtp_aes_256_ecb_round(key, &input, &mut made);
        for (byte, made) in block.iter_mut().zip(made) {
            *byte = made;
        }
    }
}

/// The DTLS that `str0m` uses by itself, with a tap.
#[derive(Debug)]
pub struct Tapped;

impl DtlsProvider for Tapped {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = from_feature_flags()
            .dtls_provider
            .new_dtls(cert, now, dtls_version, mtu)?;
        let tap = Tap::default();
        MADE.set(tap.clone());
        Ok(Box::new(TappedDtls { dtls, tap }))
    }
}

#[derive(Debug)]
struct TappedDtls {
    dtls: Box<dyn DtlsInstance>,
    tap: Tap,
}

impl DtlsInstance for TappedDtls {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let active = self.dtls.is_active();
        let output = self.dtls.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            let material: &KeyingMaterial = material;
            self.tap.keep(material, *profile, active);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}
