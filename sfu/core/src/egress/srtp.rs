//! SRTP and SRTCP with AES-GCM (RFC 3711, RFC 7714), over the AEAD that `str0m` brings along (aws-lc-rs).

use std::collections::VecDeque;

use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256Gcm, AeadAes256GcmCipher, SrtpProvider, from_feature_flags,
};
use zeroize::Zeroizing;

use super::tap::{Master, Profile, SALT_LEN, SrtpKeys};

/// Length in bytes of the tag of both AEADs.
pub(crate) const TAG_LEN: usize = 16;

/// What stays in clear of an RTCP packet: its first header and the sender's SSRC.
const RTCP_CLEAR: usize = 8;

/// The index of an SRTCP packet, with the bit that says that it is encrypted.
const INDEX_LEN: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// SRTCP packets of a source that may come late. A client sends some ten a second.
const REPLAY_WINDOW: u32 = 64;

/// Sources of a client's RTCP: one for each slot at most, and one for the whole. Beyond: refused.
const MOST_SOURCES: usize = 96;

/// Labels of the key derivation (RFC 3711 §4.3.2).
mod label {
    pub(super) const RTP_KEY: u8 = 0;
    pub(super) const RTP_SALT: u8 = 2;
    pub(super) const RTCP_KEY: u8 = 3;
    pub(super) const RTCP_SALT: u8 = 5;
}

/// A packet could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("a packet could not be sealed")]
pub(crate) struct SealError;

/// Both directions of a connection. RTP goes out only.
pub(crate) struct Srtp {
    rtp: Cipher,
    rtcp_out: Cipher,
    rtcp_in: Cipher,
    rtcp_index: u32,
    /// Each source counts its packets by itself (RFC 3711 §3.2.1).
    replays: Vec<(u32, Replay)>,
}

impl Srtp {
    pub(crate) fn new(keys: &SrtpKeys) -> Self {
        let SrtpKeys {
            profile,
            ours,
            theirs,
        } = keys;
        Self {
            rtp: Cipher::derive(*profile, ours, label::RTP_KEY, label::RTP_SALT),
            rtcp_out: Cipher::derive(*profile, ours, label::RTCP_KEY, label::RTCP_SALT),
            rtcp_in: Cipher::derive(*profile, theirs, label::RTCP_KEY, label::RTCP_SALT),
            rtcp_index: 0,
            replays: Vec::new(),
        }
    }

    /// Seals a packet into `packet`, which is as long as both and the tag: `header` stays in clear. `index` is its sequence
    /// number with the roll-overs; the caller never uses one twice with an SSRC.
    pub(crate) fn seal_rtp(
        &mut self,
        header: &[u8],
        ssrc: u32,
        index: u64,
        payload: &[u8],
        packet: &mut [u8],
    ) -> Result<(), SealError> {
        let [_, _, a, b, c, d, e, f] = index.to_be_bytes();
        let (roll_overs, seq) = (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]));
        let iv = AeadAes256Gcm::rtp_iv(*self.rtp.salt, ssrc, roll_overs, seq);
        let (clear, sealed) = packet.split_at_mut_checked(header.len()).ok_or(SealError)?;
        clear.copy_from_slice(header);
        self.rtp.seal(&iv, header, payload, sealed)
    }

    /// Seals a compound RTCP packet.
    pub(crate) fn seal_rtcp(&mut self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let (header, body) = plain.split_at_checked(RTCP_CLEAR).ok_or(SealError)?;
        let ssrc = ssrc_of(header).ok_or(SealError)?;
        // One index less than there are (RFC 3711 §3.4): at ten packets a second that is six years.
        if self.rtcp_index >= ENCRYPTED - 1 {
            return Err(SealError);
        }
        self.rtcp_index += 1;
        let iv = AeadAes256Gcm::rtcp_iv(*self.rtcp_out.salt, ssrc, self.rtcp_index);
        let index = (ENCRYPTED | self.rtcp_index).to_be_bytes();
        let aad = [header, &index].concat();
        let mut packet = header.to_vec();
        packet.resize(header.len() + body.len() + TAG_LEN, 0);
        let sealed = packet.get_mut(header.len()..).ok_or(SealError)?;
        self.rtcp_out.seal(&iv, &aad, body, sealed)?;
        packet.extend_from_slice(&index);
        Ok(packet)
    }

    /// Opens a compound RTCP packet of the client; nothing where it is not authentic, not encrypted, or came before.
    pub(crate) fn open_rtcp(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let (rest, index) = packet.split_at_checked(packet.len().checked_sub(INDEX_LEN)?)?;
        let (header, sealed) = rest.split_at_checked(RTCP_CLEAR)?;
        let word = u32::from_be_bytes(index.try_into().ok()?);
        let (number, ssrc) = (word & !ENCRYPTED, ssrc_of(header)?);
        let known = self.replays.iter().position(|(source, _)| *source == ssrc);
        let replay = known
            .and_then(|place| self.replays.get(place))
            .map(|(_, replay)| replay);
        let is_new = replay.map_or(self.replays.len() < MOST_SOURCES, |replay| replay.is_new(number));
        if word & ENCRYPTED == 0 || sealed.len() < TAG_LEN || !is_new {
            return None;
        }
        let iv = AeadAes256Gcm::rtcp_iv(*self.rtcp_in.salt, ssrc, number);
        let mut plain = header.to_vec();
        plain.resize(packet.len(), 0);
        let room = plain.get_mut(RTCP_CLEAR..)?;
        let len = self.rtcp_in.open(&iv, &[header, index], sealed, room)?;
        plain.truncate(RTCP_CLEAR + len);
        // Only what was authentic is remembered.
        if known.is_none() {
            self.replays.push((ssrc, Replay::default()));
        }
        let place = known.unwrap_or(self.replays.len() - 1);
        if let Some((_, replay)) = self.replays.get_mut(place) {
            replay.note(number);
        }
        Some(plain)
    }
}

fn ssrc_of(rtcp: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(rtcp.get(4..8)?.try_into().ok()?))
}

struct Cipher {
    aead: Aead,
    salt: Zeroizing<[u8; SALT_LEN]>,
}

enum Aead {
    Gcm128(Box<dyn AeadAes128GcmCipher>),
    Gcm256(Box<dyn AeadAes256GcmCipher>),
}

impl Cipher {
    fn derive(profile: Profile, master: &Master, key_label: u8, salt_label: u8) -> Self {
        let provider = from_feature_flags().srtp_provider;
        let mut salt = Zeroizing::new([0; SALT_LEN]);
        derive(provider, master, salt_label, salt.as_mut_slice());
        let aead = match profile {
            Profile::Gcm128 => {
                let mut key = Zeroizing::new([0; 16]);
                derive(provider, master, key_label, key.as_mut_slice());
                Aead::Gcm128(provider.aead_aes_128_gcm().create_cipher(*key, true))
            }
            Profile::Gcm256 => {
                let mut key = Zeroizing::new([0; 32]);
                derive(provider, master, key_label, key.as_mut_slice());
                Aead::Gcm256(provider.aead_aes_256_gcm().create_cipher(*key, true))
            }
        };
        Self { aead, salt }
    }

    fn seal(
        &mut self,
        iv: &[u8; SALT_LEN],
        aad: &[u8],
        plain: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), SealError> {
        let result = match &mut self.aead {
            Aead::Gcm128(cipher) => cipher.encrypt(iv, aad, plain, sealed),
            Aead::Gcm256(cipher) => cipher.encrypt(iv, aad, plain, sealed),
        };
        result.map_err(|_| SealError)
    }

    fn open(&mut self, iv: &[u8; SALT_LEN], aad: &[&[u8]], sealed: &[u8], plain: &mut [u8]) -> Option<usize> {
        let result = match &mut self.aead {
            Aead::Gcm128(cipher) => cipher.decrypt(iv, aad, sealed, plain),
            Aead::Gcm256(cipher) => cipher.decrypt(iv, aad, sealed, plain),
        };
        result.ok()
    }
}

/// The key derivation of RFC 3711 §4.3 with a rate of 0: AES in counter mode over zeros, under the master key. The salt
/// of 96 bits counts as the upper ones of the 112 that the counter has (RFC 7714 §11).
fn derive(provider: &dyn SrtpProvider, master: &Master, label: u8, out: &mut [u8]) {
    const BLOCK: usize = 16;
    const LABEL_AT: usize = 7;
    for (round, block) in (0_u16..).zip(out.chunks_mut(BLOCK)) {
        let mut input = [0; BLOCK];
        for (byte, salt) in input.iter_mut().zip(master.salt.iter()) {
            *byte = *salt;
        }
        if let Some(byte) = input.get_mut(LABEL_AT) {
            *byte ^= label;
        }
        if let Some(counter) = input.last_chunk_mut() {
            *counter = round.to_be_bytes();
        }
        // The other half is room that some backends ask for.
        let mut output = Zeroizing::new([0; 2 * BLOCK]);
        match master.key.len() {
            16 => provider.srtp_aes_128_ecb_round(&master.key, &input, output.as_mut_slice()),
            _ => provider.srtp_aes_256_ecb_round(&master.key, &input, output.as_mut_slice()),
        }
        for (byte, made) in block.iter_mut().zip(output.iter()) {
            *byte = *made;
        }
    }
}

/// Which indices came (RFC 3711 §3.3.2).
#[derive(Debug, Default)]
struct Replay {
    newest: u32,
    came: VecDeque<u32>,
}

impl Replay {
    fn is_new(&self, index: u32) -> bool {
        index.saturating_add(REPLAY_WINDOW) > self.newest && !self.came.contains(&index)
    }

    fn note(&mut self, index: u32) {
        self.newest = self.newest.max(index);
        self.came.push_back(index);
        let newest = self.newest;
        self.came
            .retain(|index| index.saturating_add(REPLAY_WINDOW) > newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(key: &[u8], salt: &[u8]) -> Master {
        Master {
            key: Zeroizing::new(key.to_vec()),
            salt: Zeroizing::new(salt.try_into().unwrap()),
        }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex
            .chars()
            .filter_map(|c| c.to_digit(16))
            .map(|d| u8::try_from(d).unwrap())
            .collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// A connection that sends to itself.
    fn looped(profile: Profile) -> Srtp {
        let key: Vec<u8> = (0..profile.key_len()).map(|b| u8::try_from(b).unwrap()).collect();
        Srtp::new(&SrtpKeys {
            profile,
            ours: master(&key, &[7; 12]),
            theirs: master(&key, &[7; 12]),
        })
    }

    /// The session keys of RFC 7714 §16 and §17 are given, without the masters that they come from.
    fn with_keys(key: &[u8], salt: &[u8]) -> Srtp {
        let provider = from_feature_flags().srtp_provider;
        let cipher = || Cipher {
            aead: match key.len() {
                16 => Aead::Gcm128(
                    provider
                        .aead_aes_128_gcm()
                        .create_cipher(key.try_into().unwrap(), true),
                ),
                _ => Aead::Gcm256(
                    provider
                        .aead_aes_256_gcm()
                        .create_cipher(key.try_into().unwrap(), true),
                ),
            },
            salt: Zeroizing::new(salt.try_into().unwrap()),
        };
        Srtp {
            rtp: cipher(),
            rtcp_out: cipher(),
            rtcp_in: cipher(),
            rtcp_index: 0,
            replays: Vec::new(),
        }
    }

    #[test]
    fn rtp_is_sealed_as_in_rfc_7714() {
        let salt = bytes("517569642070726f2071756f");
        let header = bytes("8040f17b 8041f8d3 5501a0b2");
        let payload = bytes("47616c6c696120657374206f6d6e6973206469766973612069 6e207061727465732074726573");
        let mut srtp = with_keys(&bytes("000102030405060708090a0b0c0d0e0f"), &salt);
        let mut sealed = vec![0; header.len() + payload.len() + TAG_LEN];
        srtp.seal_rtp(&header, 0x5501_a0b2, 0xf17b, &payload, &mut sealed)
            .unwrap();
        let expected = bytes(
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
             36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        );
        assert_eq!(sealed, expected);
        let key: Vec<u8> = (0..32).collect();
        with_keys(&key, &salt)
            .seal_rtp(&header, 0x5501_a0b2, 0xf17b, &payload, &mut sealed)
            .unwrap();
        let expected = bytes(
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
             1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        );
        assert_eq!(sealed, expected);
    }

    #[test]
    fn rtcp_comes_back_as_it_went_once() {
        for profile in [Profile::Gcm128, Profile::Gcm256] {
            let mut srtp = looped(profile);
            let plain = bytes("81c9000700000001 4d617273 00000000 00000000 00000000 00000000 00000000");
            let sealed = srtp.seal_rtcp(&plain).unwrap();
            assert_ne!(sealed[8..24], plain[8..24]);
            assert_eq!(srtp.open_rtcp(&sealed), Some(plain.clone()));
            assert_eq!(srtp.open_rtcp(&sealed), None, "a replay");
            let mut next = srtp.seal_rtcp(&plain).unwrap();
            for place in 0..next.len() {
                next[place] ^= 1;
                assert_eq!(srtp.open_rtcp(&next), None, "byte {place}");
                next[place] ^= 1;
            }
            assert_eq!(srtp.open_rtcp(&next), Some(plain));
            for len in 0..next.len() {
                assert_eq!(srtp.open_rtcp(&next[..len]), None);
            }
        }
    }

    #[test]
    fn each_source_counts_by_itself() {
        let mut sender = looped(Profile::Gcm256);
        let mut receiver = looped(Profile::Gcm256);
        let of = |ssrc: u8| bytes(&format!("81c90001000000{ssrc:02x}"));
        let early = sender.seal_rtcp(&of(1)).unwrap();
        for _ in 0..2 * REPLAY_WINDOW {
            let packet = sender.seal_rtcp(&of(2)).unwrap();
            assert!(receiver.open_rtcp(&packet).is_some());
        }
        assert!(receiver.open_rtcp(&early).is_some());
        assert!(receiver.open_rtcp(&early).is_none());
    }

    #[test]
    fn what_comes_late_is_taken_and_what_comes_too_late_is_not() {
        let mut replay = Replay::default();
        for index in [5, 3, 100] {
            assert!(replay.is_new(index));
            replay.note(index);
        }
        assert!(!replay.is_new(100) && !replay.is_new(5) && !replay.is_new(36));
        assert!(replay.is_new(37) && replay.is_new(101));
    }
}
