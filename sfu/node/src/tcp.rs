//! ICE-TCP connections (RFC 6544, passive; RFC 4571 framing).
//!
//! A connection's first frame must be a STUN request for a peer of some shard; with that shard it stays.

use std::{cell::Cell, io, rc::Rc, time::Duration};

use sfu_core::{
    Transport,
    framing::{push_frame, split_frame},
    stun,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc::{self, Receiver},
    task::spawn_local,
    time::timeout,
};

use crate::{
    ingress::{Dispatch, Door},
    limits::{MAX_TCP_CONNECTIONS, MAX_WAITING_FRAMES, TCP_HELLO, TCP_IDLE, TCP_STUCK},
    queue::{Inlet, Work},
};

/// Read from a connection at once.
const READ_LEN: usize = 16 * 1024;

/// After the system ran out of descriptors; accepting at once again would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections for ever, and takes those that are handed over.
pub async fn accept(
    listener: &TcpListener,
    mut handed: Receiver<std::net::TcpStream>,
    dispatch: &Rc<Dispatch>,
) {
    let open = Rc::new(Cell::new(0_usize));
    loop {
        let (stream, door) = tokio::select! {
            accepted = listener.accept() => (accepted.map(|(stream, _)| stream), Door::Tcp),
            Some(stream) = handed.recv() => (TcpStream::from_std(stream), Door::Beside),
        };
        let Ok(stream) = stream else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if open.get() >= MAX_TCP_CONNECTIONS {
            continue;
        }
        open.set(open.get() + 1);
        let (dispatch, open) = (dispatch.clone(), open.clone());
        spawn_local(async move {
            if let Err(error) = serve(stream, door, &dispatch).await {
                tracing::debug!(%error, "a TCP connection ended");
            }
            open.set(open.get().saturating_sub(1));
        });
    }
}

async fn serve(stream: TcpStream, door: Door, dispatch: &Dispatch) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
    let Some(transport) = dispatch.transport(door, local.ip(), remote) else {
        return Ok(());
    };
    let (reader, mut writer) = stream.into_split();
    let mut frames = Frames {
        reader,
        buffer: Vec::new(),
    };

    let hello = timeout(TCP_HELLO, frames.next())
        .await
        .map_err(io::Error::other)??;
    let Some(hello) = hello else {
        return Ok(());
    };
    let Some(shard) = dispatch.shard(transport, &hello).cloned() else {
        if let Some(answer) = stun::answer_to_anybody(&hello, transport.remote) {
            let mut frame = Vec::new();
            push_frame(&mut frame, &answer);
            timeout(TCP_STUCK, writer.write_all(&frame))
                .await
                .map_err(io::Error::other)??;
        }
        return Ok(());
    };
    let (sender, waiting) = mpsc::channel(MAX_WAITING_FRAMES);
    shard.put(Work::TcpOpened(transport, sender));
    let writing = spawn_local(write(writer, waiting));
    shard.datagram(transport, &hello);
    let result = read(frames, transport, &shard).await;
    shard.put(Work::TcpClosed(transport));
    writing.abort();
    result
}

async fn read(mut frames: Frames, transport: Transport, shard: &Inlet) -> io::Result<()> {
    while let Some(datagram) = timeout(TCP_IDLE, frames.next())
        .await
        .map_err(io::Error::other)??
    {
        shard.datagram(transport, &datagram);
    }
    Ok(())
}

/// Ends, and with it the connection, when the shard drops it or the peer takes nothing any more.
async fn write(mut writer: OwnedWriteHalf, mut waiting: Receiver<Vec<u8>>) {
    let mut buffer = Vec::new();
    while let Some(datagram) = waiting.recv().await {
        buffer.clear();
        push_frame(&mut buffer, &datagram);
        while let Ok(more) = waiting.try_recv() {
            push_frame(&mut buffer, &more);
        }
        if !matches!(timeout(TCP_STUCK, writer.write_all(&buffer)).await, Ok(Ok(()))) {
            break;
        }
    }
    let _ = writer.shutdown().await;
}

struct Frames {
    reader: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Frames {
    /// The next datagram; nothing at the end of the stream.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some((datagram, taken)) = split_frame(&self.buffer).map_err(io::Error::other)? {
                let datagram = datagram.to_vec();
                self.buffer.drain(..taken);
                return Ok(Some(datagram));
            }
            // A frame is at most a datagram long, so the buffer stays within that and one read.
            self.buffer.reserve(READ_LEN);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}
