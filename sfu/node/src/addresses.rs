//! Under which addresses clients reach the node, and which of them a datagram came to.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::limits::MAX_CANDIDATES;

/// The candidates of a node. All have the same port.
#[derive(Clone, Debug)]
pub struct Addresses {
    advertised: Vec<IpAddr>,
    /// Addresses of this machine; an advertised one that is not among them is somewhere before it (NAT).
    own: Vec<IpAddr>,
    port: u16,
    /// The sockets are IPv6 ones that take IPv4 too.
    dual: bool,
}

impl Addresses {
    /// What to advertise for a bound address: what is said explicitly, else the bound address, else those of
    /// all interfaces, the ones of other machines first.
    pub fn new(bound: SocketAddr, explicit: &[IpAddr]) -> std::io::Result<Self> {
        let own = if bound.ip().is_unspecified() {
            interfaces(bound.is_ipv6())?
        } else {
            vec![bound.ip()]
        };
        let usable = |ip: &&IpAddr| !ip.is_unspecified() && !ip.is_multicast();
        let mut advertised: Vec<IpAddr> = Vec::new();
        for ip in if explicit.is_empty() { &own } else { explicit }
            .iter()
            .filter(usable)
        {
            if !advertised.contains(ip) {
                advertised.push(*ip);
            }
        }
        advertised.truncate(MAX_CANDIDATES);
        let dual = bound.is_ipv6() && bound.ip().is_unspecified();
        Ok(Self {
            advertised,
            own,
            port: bound.port(),
            dual,
        })
    }

    pub fn candidates(&self) -> Vec<SocketAddr> {
        self.advertised
            .iter()
            .map(|ip| SocketAddr::new(*ip, self.port))
            .collect()
    }

    /// The candidate that a datagram was sent to, given where it arrived.
    pub fn candidate_at(&self, arrived: IpAddr) -> Option<SocketAddr> {
        let arrived = arrived.to_canonical();
        let same_family = |ip: &&IpAddr| ip.is_ipv4() == arrived.is_ipv4();
        let exact = self.advertised.iter().find(|ip| **ip == arrived);
        let ip = exact.or_else(|| self.advertised.iter().find(same_family))?;
        Some(SocketAddr::new(*ip, self.port))
    }

    /// The address to send from for a candidate; nothing where the system must choose.
    pub fn source_of(&self, candidate: SocketAddr) -> Option<IpAddr> {
        let ip = candidate.ip();
        self.own.contains(&ip).then(|| self.for_socket(ip))
    }

    /// A remote address as the socket takes it.
    pub fn destination(&self, remote: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.for_socket(remote.ip()), remote.port())
    }

    fn for_socket(&self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(v4) if self.dual => IpAddr::V6(v4.to_ipv6_mapped()),
            other => other,
        }
    }
}

/// A remote address as ICE knows it: IPv4 is never wrapped in IPv6.
pub fn canonical(remote: SocketAddr) -> SocketAddr {
    SocketAddr::new(remote.ip().to_canonical(), remote.port())
}

fn interfaces(v6_too: bool) -> std::io::Result<Vec<IpAddr>> {
    let found = if_addrs::get_if_addrs()?;
    let mut ips: Vec<IpAddr> = found.iter().map(|interface| interface.ip()).collect();
    ips.retain(|ip| match ip {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => v6_too && !is_link_local(v6),
    });
    ips.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6(), *ip));
    ips.dedup();
    Ok(ips)
}

/// Needs a scope, which a candidate cannot carry.
fn is_link_local(ip: &Ipv6Addr) -> bool {
    ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_bound_address_is_the_one_candidate() {
        let addresses = Addresses::new(address("127.0.0.1:7000"), &[]).unwrap();
        assert_eq!(addresses.candidates(), [address("127.0.0.1:7000")]);
        let ip = address("127.0.0.1:0").ip();
        assert_eq!(addresses.candidate_at(ip), Some(address("127.0.0.1:7000")));
        assert_eq!(addresses.source_of(address("127.0.0.1:7000")), Some(ip));
    }

    #[test]
    fn an_unspecified_address_stands_for_all_interfaces_and_loopback_comes_last() {
        let addresses = Addresses::new(address("0.0.0.0:7000"), &[]).unwrap();
        let candidates = addresses.candidates();
        assert!(candidates.contains(&address("127.0.0.1:7000")));
        assert!(
            candidates
                .iter()
                .all(|candidate| !candidate.ip().is_unspecified())
        );
        let loopback = candidates
            .iter()
            .position(|candidate| candidate.ip().is_loopback())
            .unwrap();
        assert!(
            candidates
                .iter()
                .skip(loopback)
                .all(|candidate| candidate.ip().is_loopback())
        );
    }

    #[test]
    fn an_address_before_the_machine_stands_for_what_arrives_here() {
        let public = address("203.0.113.7:0").ip();
        let addresses = Addresses::new(address("0.0.0.0:7000"), &[public, public]).unwrap();
        assert_eq!(addresses.candidates(), [address("203.0.113.7:7000")]);
        assert_eq!(
            addresses.candidate_at(address("10.1.2.3:0").ip()),
            Some(address("203.0.113.7:7000"))
        );
        assert_eq!(addresses.candidate_at(address("[2001:db8::1]:0").ip()), None);
        assert_eq!(addresses.source_of(address("203.0.113.7:7000")), None);
    }

    #[test]
    fn a_dual_socket_speaks_of_ipv4_as_ice_does() {
        let addresses = Addresses::new(address("[::]:7000"), &[]).unwrap();
        let mapped = address("[::ffff:127.0.0.1]:9");
        assert_eq!(canonical(mapped), address("127.0.0.1:9"));
        assert_eq!(addresses.destination(address("127.0.0.1:9")), mapped);
        assert_eq!(
            addresses.candidate_at(mapped.ip()),
            Some(address("127.0.0.1:7000"))
        );
    }
}
