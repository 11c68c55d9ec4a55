//! What cannot be saved: for each packet a header, AES-256-GCM and its share of a batched send. No engine that sends each
//! subscriber packets of its own does with less.

use std::{
    io::{IoSliceMut, Read as _},
    net::{IpAddr, SocketAddr, UdpSocket},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use str0m::crypto::from_feature_flags;
use tokio::io::Interest;

use crate::{
    media::{VIDEO_PAYLOAD, unix_nanos},
    process::Process,
    report::Figures,
    tally::{Tally, Window},
};

const HEADER: usize = 20;
const TAG: usize = 16;
const FRAME: Duration = Duration::from_nanos(33_333_333);
/// Packets of a frame at 1.5 Mbit/s.
const PARTS: usize = 5;

/// Sends to these addresses until standard input ends.
pub fn send(ip: IpAddr, ports: &[u16]) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopped.store(true, Relaxed);
    });
    let socket = UdpSocket::bind((ip, 0))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let aead = from_feature_flags().srtp_provider.aead_aes_256_gcm();
    let mut peers: Vec<_> = ports
        .iter()
        .map(|port| (SocketAddr::new(ip, *port), aead.create_cipher([7; 32], true)))
        .collect();
    let mut payload = vec![0x5a; VIDEO_PAYLOAD];
    let mut burst = vec![0; PARTS * (HEADER + VIDEO_PAYLOAD + TAG)];
    let mut seq = 0_u64;
    let mut next = Instant::now();
    while !stop.load(Relaxed) {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        next += FRAME;
        if let Some(stamp) = payload.last_chunk_mut() {
            *stamp = unix_nanos().to_be_bytes();
        }
        for (peer, cipher) in &mut peers {
            for (part, packet) in (0..).zip(burst.chunks_mut(HEADER + VIDEO_PAYLOAD + TAG)) {
                let (header, sealed) = packet.split_at_mut(HEADER);
                let number = seq + part;
                if let Some(place) = header.last_chunk_mut() {
                    *place = number.to_be_bytes();
                }
                let mut iv = [0; 12];
                if let Some(place) = iv.last_chunk_mut() {
                    *place = number.to_be_bytes();
                }
                cipher.encrypt(&iv, header, &payload, sealed)?;
            }
            let transmit = Transmit {
                destination: *peer,
                ecn: None,
                contents: &burst,
                segment_size: Some(HEADER + VIDEO_PAYLOAD + TAG),
                src_ip: None,
            };
            let _ = state.try_send(UdpSockRef::from(&socket), &transmit);
        }
        seq += PARTS as u64;
    }
    Ok(())
}

/// Measures it with as many receivers as there are subscribers.
pub fn measure(ip: IpAddr, receivers: u32, time: Duration) -> Result<Figures> {
    let window = Arc::new(Window::default());
    let mut sockets = Vec::new();
    for _ in 0..receivers {
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", &ip.to_string()]);
    for socket in &sockets {
        command.arg(socket.local_addr()?.port().to_string());
    }
    let mut process = Process::start(command.stdin(Stdio::piped()))?;
    let _stdin = process.child().stdin.take();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tally = runtime.block_on(async {
        let tasks = tokio::task::LocalSet::new();
        let tally = std::rc::Rc::new(std::cell::RefCell::new(Tally::default()));
        for socket in sockets {
            let (window, tally) = (window.clone(), tally.clone());
            tasks.spawn_local(async move {
                let _ = drain(socket, &window, &tally).await;
            });
        }
        let settle = Duration::from_secs(1);
        let cpu = tasks
            .run_until(async {
                tokio::time::sleep(settle).await;
                let before = process.cpu()?;
                window.open(unix_nanos(), time);
                tokio::time::sleep(time).await;
                let cpu = process.cpu()?.saturating_sub(before);
                tokio::time::sleep(settle).await;
                anyhow::Ok(cpu)
            })
            .await?;
        anyhow::Ok((cpu, tally.take()))
    });
    let (cpu, tally) = tally?;
    let frames = (time.as_secs_f64() / FRAME.as_secs_f64()).floor();
    let expected = frames * PARTS as f64 * f64::from(receivers);
    Ok(Figures::of(cpu, &tally, expected, 0.0).over(time, cpu, tally.received))
}

async fn drain(socket: UdpSocket, window: &Window, tally: &std::cell::RefCell<Tally>) -> Result<()> {
    let socket = tokio::net::UdpSocket::from_std(socket)?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let mut buffer = vec![0; 65_536];
    loop {
        socket.readable().await?;
        let mut metas = [RecvMeta::default()];
        let got = socket.try_io(Interest::READABLE, || {
            state.recv(
                UdpSockRef::from(&socket),
                &mut [IoSliceMut::new(&mut buffer)],
                &mut metas,
            )
        });
        let [meta] = metas;
        if got.is_err() {
            continue;
        }
        let at = meta
            .timestamp
            .and_then(|at| u64::try_from(at.as_nanos()).ok())
            .context("a stamp of the kernel")?;
        let glued = buffer.get(..meta.len).unwrap_or_default();
        for _ in glued.chunks(meta.stride.max(1)) {
            if window.holds(at) {
                tally.borrow_mut().receive(0);
            }
        }
    }
}
