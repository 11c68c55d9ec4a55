//! How a server behaves. The honest one changes nothing; a hostile one overrides what it wants.

use protocol::{
    DeviceId, Problem,
    socket::{Event, Reply, Request},
};

use super::Server;

/// Decisions of a server between a device and the honest model.
pub trait Conduct {
    /// A request came; answering here keeps it from the honest server.
    fn on_request(
        &mut self,
        _server: &mut Server,
        _from: DeviceId,
        _request: &Request,
    ) -> Option<Result<Reply, Problem>> {
        None
    }

    /// Whether a request is never answered.
    fn swallows(&mut self, _from: DeviceId, _request: &Request) -> bool {
        false
    }

    /// The honest server's answer, on its way out.
    fn on_reply(&mut self, _server: &mut Server, _to: DeviceId, _request: &Request, reply: Reply) -> Reply {
        reply
    }

    /// An event of the honest server, on its way out: what is really sent.
    fn on_event(&mut self, _server: &mut Server, _to: DeviceId, event: Event) -> Vec<Event> {
        vec![event]
    }
}

/// Does what it should.
pub struct Honest;

impl Conduct for Honest {}
