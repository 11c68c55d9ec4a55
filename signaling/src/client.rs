//! Where a request comes from, as far as limits ask. Nothing of it is stored or logged.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::app::App;

/// Header in which a reverse proxy appends the address of who asked it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Addresses that one subscriber can choose among: they share their allowances.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Block {
    /// A /24.
    V4([u8; 3]),
    /// A /64.
    V6([u8; 8]),
    /// This machine, where no proxy was named: everybody may be behind it. No limit per block applies.
    Unknown,
}

impl Block {
    /// The block of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }

    fn of_request(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return Self::Unknown;
        };
        if proxies.contains(&peer) {
            return Self::of(forwarded_for(headers, proxies).unwrap_or(peer));
        }
        if peer.is_loopback() {
            return Self::Unknown;
        }
        Self::of(peer)
    }
}

/// The last address that is none of the proxies': what stands before it, anybody can have written, and it is not read.
fn forwarded_for(headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let values = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        let address = hop_address(hop)?;
        if !proxies.contains(&address) {
            return Some(address);
        }
    }
    None
}

/// An address with or without a port: some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let address = match bare.unwrap_or(hop).parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => hop.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

impl FromRequestParts<Arc<App>> for Block {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip());
        Ok(Self::of_request(peer, &parts.headers, &app.proxies))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn block(peer: &str, forwarded: &[&str], proxies: &[&str]) -> Block {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| ip(proxy)).collect();
        Block::of_request(Some(ip(peer)), &headers, &proxies)
    }

    #[test]
    fn neighbours_share_a_block() {
        let same = |a, b| Block::of(ip(a)) == Block::of(ip(b));
        assert!(same("192.0.2.1", "192.0.2.254"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.9"));
        assert!(!same("192.0.2.1", "192.0.3.1"));
        assert!(same("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
    }

    #[test]
    fn a_proxy_is_believed_only_where_it_was_named() {
        let alice = Block::of(ip("192.0.2.1"));
        let stranger = Block::of(ip("203.0.113.1"));
        assert!(block("203.0.113.1", &["192.0.2.1"], &[]) == stranger);
        assert!(block("203.0.113.1", &["192.0.2.1"], &["10.0.0.1"]) == stranger);
        assert!(block("10.0.0.1", &["192.0.2.1"], &["10.0.0.1"]) == alice);
        // What the client wrote itself stands further left, or in a header before.
        assert!(block("10.0.0.1", &["198.51.100.7, 192.0.2.1"], &["10.0.0.1"]) == alice);
        assert!(block("10.0.0.1", &["198.51.100.7", "192.0.2.1"], &["10.0.0.1"]) == alice);
        // Two proxies in a row.
        assert!(block("10.0.0.1", &["192.0.2.1, 10.0.0.2"], &["10.0.0.1", "10.0.0.2"]) == alice);
        for nothing in [&[][..], &["unknown"], &["192.0.2.1, "], &["10.0.0.1"]] {
            let proxy = Block::of(ip("10.0.0.1"));
            assert!(block("10.0.0.1", nothing, &["10.0.0.1"]) == proxy);
        }
        assert!(block("127.0.0.1", &["192.0.2.1"], &[]) == Block::Unknown);
    }

    /// Else whoever writes nonsense into the header would be free of all limits.
    #[test]
    fn what_the_client_wrote_itself_does_not_hide_its_address() {
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        let of = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
            }
            Block::of_request(Some(proxies[0]), &headers, &proxies)
        };
        let alice = Block::of(ip("192.0.2.1"));
        assert!(of(&[b"\xff, 192.0.2.1"]) == alice);
        assert!(of(&[b"\xff", b"192.0.2.1"]) == alice);
        assert!(of(&[b"\xff, 192.0.2.1, 10.0.0.2"]) == alice);
        assert!(of(&[b"192.0.2.1:4711"]) == alice);
        let six = Block::of(ip("2001:db8::1"));
        assert!(of(&[b"[2001:db8::1]:4711"]) == six);
        assert!(of(&[b"[2001:db8::1]"]) == six);
        assert!(of(&[b"2001:db8::1"]) == six);
        assert!(of(&[b"192.0.2.1, \xff"]) == Block::of(proxies[0]));
    }
}
