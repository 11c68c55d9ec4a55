//! The WebSocket of the core: a task between it and the network.

use client_core::api::Input;
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::limits::MAX_SOCKET_FRAME_LEN;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use super::Server;
use crate::limits::{CONNECT_PATIENCE, FRAME_QUEUE};

/// Where the task tells what happens, with the number of its socket.
pub(crate) type SocketEnd = mpsc::Sender<(u64, Input)>;

/// Opens a WebSocket in a task of its own; frames to send go into what this gives, and the socket closes with it.
pub(crate) fn open(server: Server, path: &str, number: u64, inputs: SocketEnd) -> mpsc::Sender<String> {
    let (frames, outbox) = mpsc::channel(FRAME_QUEUE);
    let address = server.address.socket_at(path);
    tokio::spawn(async move {
        if let Err(error) = converse(&server, &address, number, &inputs, outbox).await {
            tracing::debug!(%error, "the WebSocket broke");
        }
        // The driver may have stopped.
        let _ = inputs.send((number, Input::SocketClosed)).await;
    });
    frames
}

async fn converse(
    server: &Server,
    address: &str,
    number: u64,
    inputs: &SocketEnd,
    outbox: mpsc::Receiver<String>,
) -> Result<(), Error> {
    let connecting = async {
        let to = (server.address.host().to_owned(), server.address.port());
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok::<_, Error>(stream)
    };
    let late = || Error::Io(std::io::ErrorKind::TimedOut.into());
    let stream = timeout(CONNECT_PATIENCE, connecting)
        .await
        .map_err(|_| late())??;
    if server.address.is_tls() {
        let connecting = server.tls.connect(&server.address, stream);
        let stream = timeout(CONNECT_PATIENCE, connecting)
            .await
            .map_err(|_| late())??;
        serve(greet(address, stream).await?, number, inputs, outbox).await
    } else {
        serve(greet(address, stream).await?, number, inputs, outbox).await
    }
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    address: &str,
    stream: S,
) -> Result<WebSocketStream<S>, Error> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_SOCKET_FRAME_LEN))
        .max_frame_size(Some(MAX_SOCKET_FRAME_LEN));
    let greeting = client_async_with_config(address, stream, Some(config));
    let greeted = timeout(CONNECT_PATIENCE, greeting).await;
    let (socket, _) = greeted.map_err(|_| Error::Io(std::io::ErrorKind::TimedOut.into()))??;
    Ok(socket)
}

/// Both ways until one side ends. The core itself sees to it that something comes in time.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    socket: WebSocketStream<S>,
    number: u64,
    inputs: &SocketEnd,
    mut outbox: mpsc::Receiver<String>,
) -> Result<(), Error> {
    let (mut to, mut from) = socket.split();
    // The driver may have stopped; then the outbox ends as well.
    let _ = inputs.send((number, Input::SocketOpened)).await;
    loop {
        tokio::select! {
            text = outbox.recv() => match text {
                Some(text) => to.send(Message::text(text)).await?,
                None => return to.close().await,
            },
            message = from.next() => match message.transpose()? {
                Some(Message::Text(text)) => {
                    let _ = inputs.send((number, Input::SocketText(text.to_string()))).await;
                }
                Some(Message::Close(_)) | None => return Ok(()),
                Some(_) => {}
            },
        }
    }
}
