//! Asking a STUN or TURN server (RFC 8489, RFC 8656): messages, and how they go over UDP and over streams.

use std::io;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UdpSocket,
    time::timeout,
};

use super::{
    limits::{DATAGRAM_WAITS, MAX_STUN_LEN, PATIENCE},
    web::Stream,
};

pub const BINDING: u16 = 0x0001;
pub const ALLOCATE: u16 = 0x0003;
pub const REFRESH: u16 = 0x0004;
/// Bits that make a method's answer of its request.
pub const SUCCESS: u16 = 0x0100;
pub const FAILURE: u16 = 0x0110;

pub const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
pub const ERROR_CODE: u16 = 0x0009;
pub const LIFETIME: u16 = 0x000d;
pub const REALM: u16 = 0x0014;
pub const NONCE: u16 = 0x0015;
pub const REQUESTED_TRANSPORT: u16 = 0x0019;
pub const SOFTWARE: u16 = 0x8022;

const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Of MESSAGE-INTEGRITY, with its head.
const INTEGRITY_LEN: usize = 24;

/// A request that is being written.
pub struct Request(Vec<u8>);

impl Request {
    /// Without attributes yet.
    pub fn new(method: u16) -> Self {
        let mut bytes = Vec::from(method.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&MAGIC_COOKIE);
        let mut transaction = [0; 12];
        // Without randomness the transaction is zero, which nobody minds here.
        let _ = getrandom::fill(&mut transaction);
        bytes.extend_from_slice(&transaction);
        Self(bytes)
    }

    /// With an attribute more.
    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend_from_slice(&kind.to_be_bytes());
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&len.to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// With MESSAGE-INTEGRITY by a key, as the last attribute.
    pub fn signed(mut self, key: &[u8]) -> Self {
        // The length counts the attribute that is not there yet (RFC 8489 §14.5).
        self.set_len(INTEGRITY_LEN);
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
            return self;
        };
        mac.update(&self.0);
        let tag = mac.finalize().into_bytes();
        self.with(MESSAGE_INTEGRITY, &tag)
    }

    /// As it is sent.
    pub fn finish(mut self) -> Vec<u8> {
        self.set_len(0);
        self.0
    }

    fn set_len(&mut self, more: usize) {
        let len = self.0.len().saturating_sub(HEADER_LEN) + more;
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        if let Some(place) = self.0.get_mut(2..4) {
            place.copy_from_slice(&len.to_be_bytes());
        }
    }
}

/// A question whose answer is no longer than itself: the media port answers no other.
pub fn question() -> Vec<u8> {
    Request::new(BINDING)
        .with(SOFTWARE, b"conclave doctor         ")
        .finish()
}

/// An answer that was received.
#[derive(Debug)]
pub struct Answer {
    /// Method and class.
    pub kind: u16,
    attributes: Vec<(u16, Vec<u8>)>,
}

impl Answer {
    /// Reads the answer to a request; nothing where it is none.
    pub fn read(bytes: &[u8], request: &[u8]) -> Option<Self> {
        let (header, mut rest) = bytes.split_at_checked(HEADER_LEN)?;
        if header.get(4..) != request.get(4..HEADER_LEN) {
            return None;
        }
        let mut attributes = Vec::new();
        while !rest.is_empty() {
            let (kind, after) = number(rest)?;
            let (len, after) = number(after)?;
            let (value, after) = after.split_at_checked(usize::from(len))?;
            attributes.push((kind, value.to_vec()));
            let padding = value.len().next_multiple_of(4) - value.len();
            rest = after.get(padding..)?;
        }
        let (kind, _) = number(header)?;
        Some(Self { kind, attributes })
    }

    /// An attribute's value.
    pub fn get(&self, kind: u16) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(other, _)| *other == kind);
        found.map(|(_, value)| value.as_slice())
    }

    /// Code and words of an error.
    pub fn error(&self) -> Option<(u16, String)> {
        let value = self.get(ERROR_CODE)?;
        let (class, number) = (value.get(2)? & 7, value.get(3)?);
        let words = String::from_utf8_lossy(value.get(4..)?).into_owned();
        Some((u16::from(class) * 100 + u16::from(*number), words))
    }
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*first), rest))
}

/// Asks over a connected UDP socket, again where nothing comes.
pub async fn ask_udp(socket: &UdpSocket, request: &[u8]) -> io::Result<Answer> {
    let mut buffer = [0; MAX_STUN_LEN];
    for wait in DATAGRAM_WAITS {
        socket.send(request).await?;
        let answer = async {
            loop {
                let len = socket.recv(&mut buffer).await?;
                if let Some(answer) = Answer::read(buffer.get(..len).unwrap_or_default(), request) {
                    return io::Result::Ok(answer);
                }
            }
        };
        if let Ok(answer) = timeout(wait, answer).await {
            return answer;
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Asks over a stream, each message as it is (RFC 8489 §6.2.2).
pub async fn ask_stream(stream: &mut (impl Stream + ?Sized), request: &[u8]) -> io::Result<Answer> {
    let exchange = async {
        stream.write_all(request).await?;
        let mut bytes = vec![0; HEADER_LEN];
        stream.read_exact(&mut bytes).await?;
        let len = bytes
            .get(2..)
            .and_then(number)
            .map_or(0, |(len, _)| usize::from(len));
        finish_reading(stream, bytes, len, request).await
    };
    timeout(PATIENCE, exchange).await?
}

/// Asks over a stream, each message behind its length (RFC 4571 §2), as ICE-TCP does.
pub async fn ask_framed(stream: &mut (impl Stream + ?Sized), request: &[u8]) -> io::Result<Answer> {
    let exchange = async {
        let len = u16::try_from(request.len()).map_err(io::Error::other)?;
        stream.write_all(&[&len.to_be_bytes(), request].concat()).await?;
        let len = stream.read_u16().await?;
        finish_reading(stream, Vec::new(), usize::from(len), request).await
    };
    timeout(PATIENCE, exchange).await?
}

async fn finish_reading(
    stream: &mut (impl Stream + ?Sized),
    mut bytes: Vec<u8>,
    more: usize,
    request: &[u8],
) -> io::Result<Answer> {
    let begun = bytes.len();
    if begun + more > MAX_STUN_LEN {
        return Err(io::ErrorKind::InvalidData.into());
    }
    bytes.resize(begun + more, 0);
    stream
        .read_exact(bytes.get_mut(begun..).unwrap_or_default())
        .await?;
    Answer::read(&bytes, request).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.4 with long-term authentication: user, realm, nonce and key as there, of the request as far as its
    /// MESSAGE-INTEGRITY.
    #[test]
    fn a_request_is_signed_as_in_the_vectors_of_rfc_5769() {
        let transaction = [
            0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e,
        ];
        let mut request = Request::new(BINDING);
        request.0[8..].copy_from_slice(&transaction);
        let user = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
        let key = crate::doctor::turn::long_term_key(user, "example.org", "TheMatrIX");
        let bytes = request
            .with(USERNAME, user.as_bytes())
            .with(NONCE, b"f//499k954d6OL34oL9FSTvy64sA")
            .with(REALM, b"example.org")
            .signed(&key)
            .finish();
        let tag = [
            0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2,
            0x8c, 0xa8, 0x96, 0x66,
        ];
        assert_eq!(bytes[..4], [0, 1, 0, 0x60]);
        assert_eq!(bytes[bytes.len() - 20..], tag);
    }

    #[test]
    fn an_answer_is_that_of_its_request_alone() {
        let request = Request::new(ALLOCATE).finish();
        let mut answer = Request::new(ALLOCATE | FAILURE).with(ERROR_CODE, b"\0\0\x04\x01Unauthorized");
        assert!(Answer::read(&answer.0, &request).is_none());
        answer.0[8..20].copy_from_slice(&request[8..20]);
        let read = Answer::read(&answer.0, &request).unwrap();
        assert_eq!(read.kind, 0x0113);
        assert_eq!(read.error(), Some((401, "Unauthorized".to_owned())));
        assert_eq!(read.get(REALM), None);
        for cut in 0..answer.0.len() {
            let _ = Answer::read(&answer.0[..cut], &request);
        }
    }

    #[test]
    fn the_question_has_room_for_any_answer() {
        assert!(question().len() >= 44);
    }
}
