//! ICE-TCP connections (RFC 6544, passive; RFC 4571 framing).
//!
//! A connection's first frame must be a STUN request for a peer of some shard; with that shard it stays.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    rc::Rc,
    time::Duration,
};

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
    task::{AbortHandle, spawn_local},
    time::timeout,
};

use crate::{
    ingress::{Dispatch, Door},
    limits::{MAX_TCP_CONNECTIONS, MAX_UNNAMED_TCP, MAX_WAITING_FRAMES, TCP_HELLO, TCP_IDLE, TCP_STUCK},
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
    let places = Rc::new(Places::default());
    loop {
        let (stream, door) = tokio::select! {
            accepted = listener.accept() => (accepted.map(|(stream, _)| stream), Door::Tcp),
            Some(stream) = handed.recv() => (TcpStream::from_std(stream), Door::Beside),
        };
        let Ok(stream) = stream else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let number = places.make_room();
        let (dispatch, its) = (dispatch.clone(), places.clone());
        let serving = spawn_local(async move {
            let place = Place { number, places: its };
            if let Err(error) = serve(stream, door, &dispatch, &place).await {
                tracing::debug!(%error, "a TCP connection ended");
            }
        });
        places.unnamed.borrow_mut().insert(number, serving.abort_handle());
    }
}

/// Who has a place. Those that have not named their peer yet have few, of which the newest get one: a client names it at
/// once, and who names none, or thousands of them, keeps nobody out.
#[derive(Default)]
struct Places {
    last: Cell<u64>,
    unnamed: RefCell<BTreeMap<u64, AbortHandle>>,
    named: Cell<usize>,
}

impl Places {
    /// Lets the oldest go where there is no place without a name; returns the number of the next.
    fn make_room(&self) -> u64 {
        let full = self.unnamed.borrow().len() >= MAX_UNNAMED_TCP;
        let oldest = full.then(|| self.unnamed.borrow_mut().pop_first()).flatten();
        if let Some((_, oldest)) = oldest {
            oldest.abort();
        }
        self.last.set(self.last.get() + 1);
        self.last.get()
    }
}

/// The place of one connection, which is free when it ends.
struct Place {
    number: u64,
    places: Rc<Places>,
}

impl Place {
    /// It named its peer; nothing where there is no room for it.
    fn name(&self) -> Option<NamedPlace> {
        let places = &self.places;
        places.unnamed.borrow_mut().remove(&self.number);
        if places.named.get() >= MAX_TCP_CONNECTIONS {
            return None;
        }
        places.named.set(places.named.get() + 1);
        Some(NamedPlace(places.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.unnamed.borrow_mut().remove(&self.number);
    }
}

struct NamedPlace(Rc<Places>);

impl Drop for NamedPlace {
    fn drop(&mut self) {
        self.0.named.set(self.0.named.get().saturating_sub(1));
    }
}

async fn serve(stream: TcpStream, door: Door, dispatch: &Dispatch, place: &Place) -> io::Result<()> {
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
    let Some(_named) = place.name() else {
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
