//! ICE-TCP on the port of HTTPS: networks that let nothing else out let this through. The first byte tells whose a
//! connection is.

use std::{io, pin::Pin, sync::Arc, time::Duration};

use axum_server::accept::Accept;
use sfu_node::NodeHandle;
use tokio::{net::TcpStream, time::timeout};

/// Hands connections of media to the node, before TLS sees them.
#[derive(Clone)]
pub struct BesideMedia {
    /// Who takes media.
    pub node: Arc<NodeHandle>,
    /// How long a connection may say nothing.
    pub patience: Duration,
}

impl<Service: Send + 'static> Accept<TcpStream, Service> for BesideMedia {
    type Stream = TcpStream;
    type Service = Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(TcpStream, Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: Service) -> Self::Future {
        let Self { node, patience } = self.clone();
        Box::pin(async move {
            let mut first = [0];
            let len = timeout(patience, stream.peek(&mut first)).await??;
            match first {
                [_] if len == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
                [first] if sfu_node::is_media(first) => {
                    node.take_tcp(stream.into_std()?);
                    Err(io::Error::other("taken over for media"))
                }
                _ => Ok((stream, service)),
            }
        })
    }
}
