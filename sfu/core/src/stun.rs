//! Reads what routing needs of STUN (RFC 8489), for whom a Binding request is, and answers those that are for nobody.

use std::net::{IpAddr, SocketAddr};

const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const USERNAME: [u8; 2] = [0x00, 0x06];
const USE_CANDIDATE: [u8; 2] = [0x00, 0x25];
const MESSAGE_INTEGRITY: [u8; 2] = [0x00, 0x08];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];

/// Longest USERNAME in bytes (RFC 8489 §14.3: fewer than 509).
const MAX_USERNAME_LEN: usize = 508;

/// Whether a datagram is STUN (RFC 7983 §7: first byte 0–3) rather than DTLS, RTP or RTCP.
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER_LEN && datagram.first().is_some_and(|first| *first <= 3)
}

/// The receiver's user name fragment of a Binding request: what stands before the colon in its USERNAME
/// (RFC 8445 §7.2.2). Nothing for other messages and malformed ones. Says nothing about authenticity.
pub fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    let username = attributes(datagram).find(|attribute| attribute.kind == USERNAME)?;
    if username.value.len() > MAX_USERNAME_LEN {
        return None;
    }
    let (local, _remote) = std::str::from_utf8(username.value).ok()?.split_once(':')?;
    (!local.is_empty()).then_some(local)
}

/// The transaction of a Binding request that nominates the way on which it came (RFC 8445 §7.1.2). Says nothing about
/// authenticity; but what follows MESSAGE-INTEGRITY is never authentic, and does not count.
pub fn nomination(datagram: &[u8]) -> Option<TransactionId> {
    let mut covered = attributes(datagram).take_while(|attribute| attribute.kind != MESSAGE_INTEGRITY);
    covered.find(|attribute| attribute.kind == USE_CANDIDATE)?;
    transaction(datagram)
}

/// The transaction to which a datagram answers that all is well.
pub fn success(datagram: &[u8]) -> Option<TransactionId> {
    datagram
        .starts_with(&BINDING_SUCCESS)
        .then(|| transaction(datagram))?
}

/// Answers a Binding request that names nobody, as a STUN server does (RFC 8489 §6.3): so one can ask whether datagrams
/// reach the node. An answer is never longer than its request, so that nobody gets more sent to others than they send;
/// who asks adds padding.
pub fn answer_to_anybody(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let is_request =
        datagram.starts_with(&BINDING_REQUEST) && datagram.get(4..8) == Some(MAGIC_COOKIE.as_slice());
    if !is_request || attributes(datagram).any(|attribute| attribute.kind == USERNAME) {
        return None;
    }
    let transaction = transaction(datagram)?;
    let mask = [MAGIC_COOKIE.as_slice(), &transaction].concat();
    let masked =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect() };
    let (family, ip) = match from.ip() {
        IpAddr::V4(v4) => (1, masked(&v4.octets())),
        IpAddr::V6(v6) => (2, masked(&v6.octets())),
    };
    let value = [&[0, family], masked(&from.port().to_be_bytes()).as_slice(), &ip].concat();
    let value_len = u16::try_from(value.len()).ok()?;
    let mut answer = Vec::with_capacity(HEADER_LEN + 4 + value.len());
    answer.extend_from_slice(&BINDING_SUCCESS);
    answer.extend_from_slice(&(value_len + 4).to_be_bytes());
    answer.extend_from_slice(&mask);
    answer.extend_from_slice(&XOR_MAPPED_ADDRESS);
    answer.extend_from_slice(&value_len.to_be_bytes());
    answer.extend_from_slice(&value);
    (answer.len() <= datagram.len()).then_some(answer)
}

/// Names a request and its answer (RFC 8489 §5).
pub type TransactionId = [u8; 12];

fn transaction(datagram: &[u8]) -> Option<TransactionId> {
    datagram.get(8..HEADER_LEN)?.try_into().ok()
}

/// The attributes of a Binding request; none of other messages.
fn attributes(datagram: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let split = datagram.split_at_checked(HEADER_LEN);
    let request = split.filter(|(header, _)| {
        header.starts_with(&BINDING_REQUEST) && header.get(4..8) == Some(MAGIC_COOKIE.as_slice())
    });
    let mut rest = request.map(|(_, rest)| rest).unwrap_or_default();
    std::iter::from_fn(move || {
        let (attribute, after) = next_attribute(rest)?;
        rest = after;
        Some(attribute)
    })
}

struct Attribute<'a> {
    kind: [u8; 2],
    value: &'a [u8],
}

/// One attribute and what follows its padding (RFC 8489 §14).
fn next_attribute(bytes: &[u8]) -> Option<(Attribute<'_>, &[u8])> {
    let (kind, bytes) = bytes.split_first_chunk::<2>()?;
    let (len, bytes) = bytes.split_first_chunk::<2>()?;
    let (value, bytes) = bytes.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    let padding = value.len().next_multiple_of(4) - value.len();
    let after = bytes.get(padding..).unwrap_or_default();
    Some((Attribute { kind: *kind, value }, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(attributes: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend_from_slice(&kind.to_be_bytes());
            body.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend_from_slice(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = vec![0, 1];
        message.extend_from_slice(&u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend_from_slice(&MAGIC_COOKIE);
        message.extend_from_slice(&[7; 12]);
        message.extend_from_slice(&body);
        message
    }

    #[test]
    fn responses_and_indications_have_no_ufrag() {
        let mut message = request(&[(6, b"us:them".to_vec())]);
        assert_eq!(local_ufrag(&message), Some("us"));
        message[0] = 1;
        assert_eq!(local_ufrag(&message), None);
        message[0] = 0;
        message[1] = 0x11;
        assert_eq!(local_ufrag(&message), None);
    }

    #[test]
    fn a_username_without_a_colon_or_fragment_is_refused() {
        assert_eq!(local_ufrag(&request(&[(6, b"nobody".to_vec())])), None);
        assert_eq!(local_ufrag(&request(&[(6, b":them".to_vec())])), None);
        assert_eq!(local_ufrag(&request(&[(6, vec![0xff, b':'])])), None);
    }

    #[test]
    fn a_nomination_stands_before_the_integrity_and_is_answered_under_its_transaction() {
        let (name, integrity) = ((6, b"us:them".to_vec()), (8, vec![1; 20]));
        let nominating = request(&[name.clone(), (0x25, vec![]), integrity.clone()]);
        assert_eq!(nomination(&nominating), Some([7; 12]));
        assert_eq!(nomination(&request(&[name.clone(), integrity.clone()])), None);
        assert_eq!(
            nomination(&request(&[name, integrity, (0x25, vec![])])),
            None,
            "not covered"
        );
        assert_eq!(success(&nominating), None);
        let mut answer = nominating;
        answer[..2].copy_from_slice(&[1, 1]);
        assert_eq!((success(&answer), nomination(&answer)), (Some([7; 12]), None));
        answer[1] = 0x11;
        assert_eq!(success(&answer), None, "an error");
    }

    /// The addresses of RFC 5769 §2.2 and §2.3, whose transaction this is.
    #[test]
    fn who_names_nobody_is_told_its_address_in_no_more_bytes_than_it_sent() {
        let transaction = [
            0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
        ];
        let mut asked = request(&[(0x8022, vec![b' '; 24])]);
        asked[8..20].copy_from_slice(&transaction);
        let answer = answer_to_anybody(&asked, "192.0.2.1:32853".parse().unwrap()).unwrap();
        assert_eq!(success(&answer), Some(transaction));
        assert_eq!(
            answer[20..],
            [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]
        );
        let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        let answer = answer_to_anybody(&asked, v6).unwrap();
        assert_eq!(answer[24..32], [0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa]);
        assert_eq!(answer.len(), 44);

        assert_eq!(answer_to_anybody(&asked[..20], v6), None, "short");
        let named = request(&[(6, b"us:them".to_vec()), (0x8022, vec![b' '; 24])]);
        assert_eq!(answer_to_anybody(&named, v6), None, "for a peer");
        asked[1] = 0x11;
        assert_eq!(answer_to_anybody(&asked, v6), None, "an indication");
        assert_eq!(answer_to_anybody(&answer, v6), None, "an answer");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = local_ufrag(&bytes);
            let _ = is_stun(&bytes);
            let _ = (nomination(&bytes), success(&bytes));
            let _ = answer_to_anybody(&bytes, (std::net::Ipv4Addr::LOCALHOST, 9).into());
        }

        #[test]
        fn a_cut_request_never_names_another_ufrag(cut in 0usize..200) {
            let message = request(&[(0x0024, vec![1; 4]), (6, b"abcd1234:efgh".to_vec())]);
            let found = local_ufrag(&message[..cut.min(message.len())]);
            prop_assert!(found.is_none() || found == Some("abcd1234"));
        }

        #[test]
        fn the_ufrag_is_found_behind_any_other_attributes(
            before in proptest::collection::vec((7u16..0x30, proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
            local in "[A-Za-z0-9+/]{1,40}",
            remote in "[A-Za-z0-9+/]{1,40}",
        ) {
            let mut attributes = before;
            attributes.push((6, format!("{local}:{remote}").into_bytes()));
            let message = request(&attributes);
            prop_assert_eq!(local_ufrag(&message), Some(local.as_str()));
            prop_assert!(is_stun(&message));
        }
    }
}
