//! Whether media get in: a STUN question to every address that clients are told, from this machine.

use std::{
    io,
    net::{Ipv6Addr, SocketAddr},
};

use tokio::{
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{
    limits::PATIENCE,
    report::Check,
    stun::{ask_framed, ask_udp, question},
};

const UDP: &str = "media_udp";
const TCP: &str = "media_tcp";

/// The port's addresses, and those of the port of HTTPS if that takes media too.
pub struct Announced {
    pub media: Vec<SocketAddr>,
    pub beside: Vec<SocketAddr>,
}

/// Checks of a server that runs.
pub async fn check(announced: &Announced) -> Vec<Check> {
    let (mut udp, mut tcp) = (Vec::new(), Vec::new());
    for address in &announced.media {
        udp.push((*address, over_udp(*address).await.is_ok()));
    }
    for address in announced.media.iter().chain(&announced.beside) {
        tcp.push((*address, over_tcp(*address).await.is_ok()));
    }
    vec![judge(UDP, "UDP", &udp), judge(TCP, "TCP", &tcp)]
}

/// Checks of a server that does not run: whether its port is free.
pub fn check_free(listen: SocketAddr) -> Vec<Check> {
    let bind = |result: io::Result<()>, name, protocol| {
        let Err(error) = result else {
            let advice = "start the server and run this again";
            return Check::unknown(
                name,
                format!("{listen} is free, for the server does not run"),
                advice,
            );
        };
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "stop the program that has it, or choose another port with --media-listen"
            }
            io::ErrorKind::AddrNotAvailable => {
                "choose an address of this machine with --media-listen, or 0.0.0.0 for all"
            }
            _ => "choose another port with --media-listen",
        };
        Check::failed(
            name,
            format!("{protocol} port {listen} cannot be used ({error})"),
            advice,
        )
    };
    let udp = std::net::UdpSocket::bind(listen).map(drop);
    let tcp = std::net::TcpListener::bind(listen).map(drop);
    vec![bind(udp, UDP, "UDP"), bind(tcp, TCP, "TCP")]
}

fn judge(name: &'static str, protocol: &str, asked: &[(SocketAddr, bool)]) -> Check {
    let list = |answered: bool| {
        let some = asked.iter().filter(|(_, answers)| *answers == answered);
        some.map(|(address, _)| address.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (answering, silent) = (list(true), list(false));
    if silent.is_empty() {
        let found = format!("{answering} answers over {protocol}, asked from this machine");
        return Check::ok(name, found);
    }
    let found = format!("no answer over {protocol} from {silent}, where clients are told to send media");
    let advice = format!(
        "check --media-advertise, and let {protocol} through to this port in firewalls and routers; a router that does \
         not let this machine reach itself from outside looks the same"
    );
    Check::failed(name, found, advice)
}

async fn over_udp(address: SocketAddr) -> io::Result<()> {
    let any = if address.is_ipv4() {
        "0.0.0.0:0".to_owned()
    } else {
        format!("[{}]:0", Ipv6Addr::UNSPECIFIED)
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    ask_udp(&socket, &question()).await.map(drop)
}

async fn over_tcp(address: SocketAddr) -> io::Result<()> {
    let mut stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
    ask_framed(&mut stream, &question()).await.map(drop)
}
