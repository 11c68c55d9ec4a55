//! The WebSocket over loopback.

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Bytes, Code, DeviceId, PROTOCOL_VERSION,
    accounts::Session,
    limits::MAX_SOCKET_QUEUE,
    socket::{ByeReason, ClientFrame, Event, Hello, HelloReply, OwnState, Reply, Request, ServerFrame},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::stories::{alice, trio};
use crate::{
    random::random,
    sessions::{Caller, Visitor},
    testing::{Account, World, open_session},
};

/// The service on a port of its own.
struct Listening {
    world: World,
    address: std::net::SocketAddr,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Listening {
    async fn new(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = world.service.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { world, address }
    }

    async fn connect(&self, ticket: &Bytes, origin: Option<&str>) -> Result<Socket, u16> {
        let url = format!("ws://{}/api/v1/ws?ticket={}", self.address, ticket.to_base64url());
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", HeaderValue::from_str(origin).unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn ticket(&self, account: &Account) -> Bytes {
        let session: Session = open_session(&self.world, &account.device).await.read();
        session.ticket
    }

    /// A connection that said hello.
    async fn greeted(&self, account: &Account) -> Socket {
        let mut socket = self.connect(&self.ticket(account).await, None).await.unwrap();
        let reply = ask(
            &mut socket,
            1,
            1,
            Request::Hello(Hello {
                version: PROTOCOL_VERSION,
            }),
        )
        .await;
        assert!(matches!(reply, Ok(Reply::Hello(_))), "{reply:?}");
        socket
    }
}

async fn send(socket: &mut Socket, id: u64, batch: u64, request: Request) {
    let text = serde_json::to_string(&ClientFrame { id, batch, request }).unwrap();
    socket.send(Message::text(text)).await.unwrap();
}

/// The next frame; nothing when the connection was closed.
async fn next(socket: &mut Socket) -> Option<ServerFrame> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(text.as_str()).unwrap()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(other)) => panic!("{other:?}"),
        }
    }
}

async fn ask(socket: &mut Socket, id: u64, batch: u64, request: Request) -> Result<Reply, Code> {
    send(socket, id, batch, request).await;
    loop {
        match next(socket).await.expect("an answer") {
            ServerFrame::Answer { id: of, reply } if of == id => return Ok(*reply),
            ServerFrame::Refusal { id: of, problem } if of == id => return Err(problem.code),
            ServerFrame::Event(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn bye(socket: &mut Socket) -> ByeReason {
    loop {
        match next(socket).await.expect("a goodbye") {
            ServerFrame::Event(event) => {
                if let Event::Bye(reason) = *event {
                    return reason;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_ticket_opens_one_connection_in_its_time() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let ticket = listening.ticket(&alice).await;
    assert!(listening.connect(&ticket, None).await.is_ok());
    assert_eq!(listening.connect(&ticket, None).await.err(), Some(401));
    assert_eq!(
        listening.connect(&Bytes(vec![0; 32]), None).await.err(),
        Some(401)
    );
    let ticket = listening.ticket(&alice).await;
    listening.world.advance(protocol::limits::TICKET_LIFE_MS);
    assert_eq!(listening.connect(&ticket, None).await.err(), Some(401));
}

#[tokio::test]
async fn a_page_of_another_origin_is_turned_away_and_the_ticket_kept() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let ticket = listening.ticket(&alice).await;
    for origin in [
        "https://evil.example",
        "null",
        "https://meet.example.org.evil.example",
    ] {
        assert_eq!(
            listening.connect(&ticket, Some(origin)).await.err(),
            Some(403),
            "{origin}"
        );
    }
    assert!(listening.connect(&ticket, Some(World::URL)).await.is_ok());
}

#[tokio::test]
async fn the_first_request_is_hello_and_what_is_no_request_is_said_so() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut socket = listening
        .connect(&listening.ticket(&alice).await, None)
        .await
        .unwrap();
    assert_eq!(
        ask(&mut socket, 1, 0, Request::RoomsList).await.unwrap_err(),
        Code::Malformed
    );
    let hello = |version| Request::Hello(Hello { version });
    assert_eq!(
        ask(&mut socket, 2, 0, hello(99)).await.unwrap_err(),
        Code::VersionMismatch
    );
    assert_eq!(
        ask(&mut socket, 3, 0, Request::Ping).await.unwrap_err(),
        Code::Malformed
    );
    assert!(ask(&mut socket, 4, 0, hello(PROTOCOL_VERSION)).await.is_ok());
    for junk in [
        "{",
        "[]",
        r#"{"id":1}"#,
        r#"{"id":1,"batch":0,"request":{"type":"no_such_thing"}}"#,
    ] {
        socket.send(Message::text(junk)).await.unwrap();
        let Some(ServerFrame::Refusal { id: 0, problem }) = next(&mut socket).await else {
            panic!("{junk}")
        };
        assert_eq!(problem.code, Code::Malformed);
    }
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert!(matches!(
        next(&mut socket).await,
        Some(ServerFrame::Refusal { id: 0, .. })
    ));
    assert!(matches!(
        ask(&mut socket, 5, 0, Request::Ping).await,
        Ok(Reply::Done)
    ));
}

#[tokio::test]
async fn hello_tells_the_highest_batch_before_it() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut highest = Vec::new();
    for batch in [5, 9, 2] {
        let mut socket = listening
            .connect(&listening.ticket(&alice).await, None)
            .await
            .unwrap();
        let hello = Request::Hello(Hello {
            version: PROTOCOL_VERSION,
        });
        let Ok(Reply::Hello(hello)) = ask(&mut socket, 1, batch, hello).await else {
            panic!()
        };
        let HelloReply {
            highest_batch,
            key_packages_left,
            device_list_version,
            own_state_version,
            ..
        } = hello;
        assert_eq!(
            (key_packages_left, device_list_version, own_state_version),
            (2, 1, 0)
        );
        highest.push(highest_batch);
    }
    assert_eq!(highest, [0, 5, 9]);
}

#[tokio::test]
async fn a_newer_connection_of_the_device_replaces_the_older() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut older = listening.greeted(&alice).await;
    let mut newer = listening.greeted(&alice).await;
    assert_eq!(bye(&mut older).await, ByeReason::Replaced);
    assert!(next(&mut older).await.is_none());
    assert!(ask(&mut newer, 2, 1, Request::Ping).await.is_ok());
}

#[tokio::test]
async fn a_device_that_signs_out_gets_its_answer_and_then_its_goodbye() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut socket = listening.greeted(&alice).await;
    assert!(matches!(
        ask(&mut socket, 2, 1, Request::SignOut).await,
        Ok(Reply::Done)
    ));
    assert_eq!(bye(&mut socket).await, ByeReason::SignedOut);
    assert!(next(&mut socket).await.is_none());
}

#[tokio::test]
async fn a_slow_reader_is_let_go_and_costs_no_more_memory() {
    let listening = Listening::new(World::new().await).await;
    let (alice, _, _) = trio(&listening.world).await;
    let mut socket = listening.greeted(&alice).await;
    // The connection's task does not run between these: all of it waits.
    let app = listening.world.app();
    for _ in 0..=MAX_SOCKET_QUEUE {
        app.hub.to_device(alice.caller.device_id, &Event::RoomsChanged);
    }
    assert_eq!(bye(&mut socket).await, ByeReason::TooSlow);
    assert!(next(&mut socket).await.is_none());
}

#[tokio::test]
async fn a_stop_says_goodbye_and_takes_nobody_new() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut socket = listening.greeted(&alice).await;
    let ticket = listening.ticket(&alice).await;
    let stop = listening.world.service.shutdown();
    let (reason, ()) = tokio::join!(bye(&mut socket), stop);
    assert_eq!(reason, ByeReason::Restart);
    assert_eq!(listening.connect(&ticket, None).await.err(), Some(503));
}

#[tokio::test]
async fn events_reach_the_other_connection_of_the_user() {
    let listening = Listening::new(World::new().await).await;
    let mut alice = alice(&listening.world).await;
    let phone = alice.add_device(&listening.world).await;
    let (mut laptop, mut phone) = (listening.greeted(&alice).await, listening.greeted(&phone).await);
    let put = Request::OwnStatePut(OwnState {
        version: 1,
        blob: vec![1].into(),
    });
    assert!(ask(&mut laptop, 2, 1, put).await.is_ok());
    let Some(ServerFrame::Event(event)) = next(&mut phone).await else {
        panic!()
    };
    assert!(matches!(*event, Event::OwnStateChanged { version: 1 }));
}

/// What one idle connection may cost the server.
const IDLE_CONNECTION_BYTES: u64 = 12 * 1024;
/// Connections after which the process has what it needs once.
const WARM_UP: u64 = 50;
/// Connections measured; with their other ends they stay below the usual limit of 1,024 open files.
const MEASURED: u64 = 350;

#[tokio::test]
async fn an_idle_connection_costs_at_most_12_kib() {
    let listening = Listening::new(World::new().await).await;
    let alice = alice(&listening.world).await;
    let mut open = Vec::new();
    let mut before = 0;
    for n in 0..WARM_UP + MEASURED {
        if n == WARM_UP {
            before = resident_bytes();
        }
        open.push(listening.connect_raw(&alice).await);
    }
    let each = resident_bytes().saturating_sub(before) / MEASURED;
    println!("{each} bytes for each idle connection");
    assert!(each <= IDLE_CONNECTION_BYTES, "{each} bytes");
}

impl Listening {
    /// A connection of another device without a WebSocket client, whose buffers would count too.
    async fn connect_raw(&self, account: &Account) -> TcpStream {
        let caller = Caller {
            device_id: DeviceId::from_random(random()),
            ..account.caller
        };
        let ticket = self
            .world
            .app()
            .tickets
            .issue(Visitor::Device(caller), self.world.now());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "GET /api/v1/ws?ticket={} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            ticket.to_base64url()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 1024];
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 101"));
        stream
    }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
