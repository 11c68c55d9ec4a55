//! `conclave serve`: starts the parts, joins them, and stops them in order.

use std::{
    fs::{File, TryLockError},
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use protocol::sfu::SfuEvents;
use sfu_node::{NodeConfig, NodeHandle};
use signaling::{Clock, OpenError, Service, push::Courier};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    beside::BesideMedia,
    options::ServeOptions,
    push::PushCourier,
    s3::{self, BlobSettings},
    say,
    settings::{Settings, Tls},
    tls,
    turn::TurnSettings,
    web::{Transport, secure, serve_bundle},
};

/// The file of the data folder that a running server holds.
const LOCK_FILE: &str = "lock";

/// Requests that are under way when the server stops get this long.
const GRACE: Duration = Duration::from_secs(5);

/// How long a connection may say nothing where a request is awaited. Beyond: it is closed. Shorter would make browsers
/// connect anew all the time, longer would let idle connections fill the table of open files.
const REQUEST_PATIENCE: Duration = Duration::from_secs(20);

/// Requests at once on one HTTP/2 connection; a browser loads the page with about a dozen. Beyond: they wait.
const MAX_STREAMS: u32 = 16;

/// Why the server did not start; each says what to do.
#[derive(Debug, thiserror::Error)]
enum StartFailure {
    #[error("{address} is in use by another program: stop that one, or choose another address with {flag}")]
    PortInUse { address: SocketAddr, flag: &'static str },
    #[error(
        "{address} is not an address of this machine: choose one that is with {flag}, or 0.0.0.0 for all"
    )]
    NotOurAddress { address: SocketAddr, flag: &'static str },
    #[error(
        "the system does not let this program use the port of {address}: choose one above 1023 with {flag}"
    )]
    PortForbidden { address: SocketAddr, flag: &'static str },
    #[error("cannot listen on {address}: choose another address with {flag}")]
    Listen {
        address: SocketAddr,
        flag: &'static str,
        source: io::Error,
    },
    #[error("cannot use the data folder {path}: check its rights, or choose another one with --data")]
    Data { path: PathBuf, source: io::Error },
    #[error(
        "another server runs on the data folder {path}: stop that one, or choose another folder with --data"
    )]
    DataInUse { path: PathBuf },
    #[error("clients could not reach the media port: say at which address they can with --media-advertise")]
    NothingToAdvertise,
    #[error("--log {filter:?} cannot be understood: write a level such as info or debug")]
    Log { filter: String },
}

/// Runs until it is told to stop.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let settings = Settings::from_options(options.with_file()?)?;
    start_logging(&settings.log)?;
    make_data_folder(&settings)?;
    // Held until the program ends, however it does.
    let _ours = lock_data_folder(&settings)?;

    // Before anyone can know that the server runs, and stop it.
    let stop = StopSignals::new()?;
    let listener = listen(settings.listen)?;
    let bound = listener.local_addr()?;
    let public_url = settings.public_url_at(bound);
    let turn = settings.turn.as_ref().map(TurnSettings::resolve).transpose()?;
    let blob_place = settings.blob_place.resolve()?;
    let tls = tls::configure(&settings, &public_url, bound)?;
    warn_of_insecure_context(&settings, &public_url, bound);

    if settings.has_unnamed_proxy() {
        tracing::warn!(
            "limits by address are off, for all come from the same: name the proxy's with --proxy"
        );
    }

    if let BlobSettings::S3(place) = &settings.blob_place
        && place.is_in_clear()
    {
        tracing::warn!(
            "files go to the S3 service over plain HTTP: whoever is in between can change and delete them"
        );
    }

    // Each needs the other: the node speaks only once the service is there.
    let sink: Arc<OnceLock<SfuEvents>> = Arc::default();
    let beside = tls.is_some().then(|| tcp_beside(&public_url, bound));
    let node = Arc::new(start_node(&settings, beside, sink.clone())?);
    let courier = match settings.push_services.clone() {
        Some(others) => match PushCourier::open(&settings.data, &public_url, others) {
            Ok(courier) => Some(Arc::new(courier) as Arc<dyn Courier>),
            // Messages and calls go on without.
            Err(error) => {
                tracing::error!(%error, "nobody is woken by push services");
                None
            }
        },
        None => None,
    };
    let service = Service::open(
        signaling::Settings {
            data_dir: settings.data.clone(),
            database_url: settings.database_url.clone(),
            public_url: public_url.clone(),
            proxies: settings.proxies.clone(),
            turn,
            blobs: settings.blobs,
            blob_place,
            courier,
            clock: Clock::system(),
        },
        node.clone(),
    )
    .await
    .map_err(|error| with_advice(error, &settings.blob_place))?;
    let _ = sink.set(service.sfu_events());

    let trusted = matches!(settings.tls, Tls::Files { .. } | Tls::Acme { .. });
    let transport = if trusted {
        Transport::Trusted
    } else {
        Transport::Untrusted
    };
    let router = secure(service.router().fallback(serve_bundle), transport);

    if let Some(invitation) = service.first_invitation().await {
        say("invitation", &invitation.url);
    }
    tracing::info!(listen = %bound, media.listen = %node.udp_addr(), "serving");
    say("ready", &public_url);
    run(listener, tls, router, stop, &service, &node).await
}

/// What the service cannot say, for it knows no flags.
fn with_advice(error: OpenError, blobs: &BlobSettings) -> anyhow::Error {
    let advice = match &error {
        OpenError::S3(trouble) => Some(s3::advice(trouble)),
        OpenError::NotOurs(why) => Some(s3::advice_for_owner(why, blobs)),
        _ => None,
    };
    let error = anyhow::Error::new(error);
    match advice {
        Some(advice) => anyhow::anyhow!("{error:#}: {advice}"),
        None => error,
    }
}

async fn run(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    mut stop: StopSignals,
    service: &Arc<Service>,
    node: &Arc<NodeHandle>,
) -> anyhow::Result<()> {
    let handle = Handle::new();
    let stopping = handle.clone();
    let said_goodbye = service.clone();
    let stopped = tokio::spawn(async move {
        stop.wait().await;
        tracing::info!("stopping");
        stopping.graceful_shutdown(Some(GRACE));
        said_goodbye.shutdown().await;
    });
    let make = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        Some(tls) => {
            let beside = BesideMedia {
                node: node.clone(),
                patience: REQUEST_PATIENCE,
            };
            let server = axum_server::from_tcp_rustls(listener, tls)?.map(|tls| tls.acceptor(beside));
            impatient(server.handle(handle), REQUEST_PATIENCE)
                .serve(make)
                .await
        }
        None => {
            let server = axum_server::from_tcp(listener)?.handle(handle);
            impatient(server, REQUEST_PATIENCE).serve(make).await
        }
    };
    served?;
    stopped.await?;
    let node = node.clone();
    tokio::task::spawn_blocking(move || node.stop()).await?;
    Ok(())
}

/// A server that nobody can hold by saying nothing.
fn impatient<Acceptor>(
    server: Server<SocketAddr, Acceptor>,
    patience: Duration,
) -> Server<SocketAddr, Acceptor> {
    let mut server = server.first_request_timeout(patience);
    let http = server.http_builder();
    http.http1().header_read_timeout(patience);
    http.http2()
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(patience)
        .keep_alive_timeout(patience);
    server
}

/// What systems and people send to stop a server.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn start_logging(filter: &str) -> Result<(), StartFailure> {
    // A plain level is meant for this program; its libraries only warn, str0m not even of each unknown codec.
    let is_level = filter.parse::<tracing::Level>().is_ok();
    let directives = if is_level {
        format!("warn,str0m=error,conclave={filter}")
    } else {
        filter.to_owned()
    };
    let parsed = EnvFilter::try_new(directives).map_err(|_| StartFailure::Log {
        filter: filter.to_owned(),
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr)
        // Who read the logs may be gone. To say so is impossible then, and trying it would be a panic.
        .log_internal_errors(false)
        .init();
    Ok(())
}

fn make_data_folder(settings: &Settings) -> Result<(), StartFailure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&settings.data)
        .map_err(|source| StartFailure::Data {
            path: settings.data.clone(),
            source,
        })
}

/// Two servers on one folder would each hold half of the connections and calls, and sweep away each other's uploads.
fn lock_data_folder(settings: &Settings) -> Result<File, StartFailure> {
    let path = settings.data.join(LOCK_FILE);
    let data = |source| StartFailure::Data {
        path: path.clone(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(data)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartFailure::DataInUse {
            path: settings.data.clone(),
        }),
        Err(TryLockError::Error(source)) => Err(data(source)),
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartFailure> {
    let flag = "--listen";
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartFailure::PortInUse { address, flag },
        io::ErrorKind::AddrNotAvailable => StartFailure::NotOurAddress { address, flag },
        io::ErrorKind::PermissionDenied => StartFailure::PortForbidden { address, flag },
        _ => StartFailure::Listen {
            address,
            flag,
            source,
        },
    })
}

/// Where clients reach the port of HTTPS, which takes media too: the system may hand it another port than the world sees.
pub fn tcp_beside(public_url: &str, bound: SocketAddr) -> SocketAddr {
    let named = public_url
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    let usual = if public_url.starts_with("https://") {
        443
    } else {
        bound.port()
    };
    SocketAddr::new(bound.ip(), named.unwrap_or(usual))
}

fn start_node(
    settings: &Settings,
    tcp_beside: Option<SocketAddr>,
    sink: Arc<OnceLock<SfuEvents>>,
) -> Result<NodeHandle, StartFailure> {
    let config = NodeConfig {
        media_listen: settings.media_listen,
        advertise: settings.media_advertise.clone(),
        tcp_beside,
        shards: settings.media_threads,
    };
    let events: SfuEvents = Arc::new(move |message| {
        if let Some(sink) = sink.get() {
            sink(message);
        }
    });
    let flag = "--media-listen";
    sfu_node::start(&config, events).map_err(|error| match error {
        sfu_node::StartError::PortInUse { address, .. } => StartFailure::PortInUse { address, flag },
        sfu_node::StartError::NotOurAddress { address } => StartFailure::NotOurAddress { address, flag },
        sfu_node::StartError::PortForbidden { address } => StartFailure::PortForbidden { address, flag },
        sfu_node::StartError::NothingToAdvertise { .. } => StartFailure::NothingToAdvertise,
        sfu_node::StartError::Socket { address, source } => StartFailure::Listen {
            address,
            flag,
            source,
        },
        sfu_node::StartError::Thread(source) => StartFailure::Listen {
            address: config.media_listen,
            flag,
            source,
        },
    })
}

/// Browsers give camera and microphone only to pages from this machine or over HTTPS.
fn warn_of_insecure_context(settings: &Settings, public_url: &str, bound: SocketAddr) {
    if settings.tls == Tls::Off && !bound.ip().is_loopback() && public_url.starts_with("http://") {
        tracing::warn!(
            "browsers of other computers refuse camera and microphone over plain HTTP: use --tls-self-made, --acme \
             or --tls-cert, or put a proxy with HTTPS before this server and name its address with --public-url"
        );
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    /// The tests wait for what comes after it, however late that is.
    const SHORT: Duration = Duration::from_millis(50);

    /// What comes back, until its end, on a connection on which `said` is all that is ever said.
    async fn answer_to(said: &[u8]) -> Vec<u8> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(|| async { "well" }));
        let server = impatient(axum_server::from_tcp(listener).unwrap(), SHORT);
        let serving = tokio::spawn(server.serve(router.into_make_service()));
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(said).await.unwrap();
        let mut answer = vec![];
        connection.read_to_end(&mut answer).await.unwrap();
        serving.abort();
        answer
    }

    #[test]
    fn the_port_beside_is_the_one_that_the_world_sees() {
        for (url, port) in [
            ("https://meet.example.org", 443),
            ("https://meet.example.org:8443", 8443),
            ("https://[2001:db8::1]", 443),
            ("https://[2001:db8::1]:9443", 9443),
        ] {
            let beside = tcp_beside(url, "192.0.2.1:4443".parse().unwrap());
            assert_eq!(beside, SocketAddr::from(([192, 0, 2, 1], port)), "{url}");
        }
    }

    #[tokio::test]
    async fn who_says_nothing_is_let_go() {
        assert!(answer_to(b"").await.is_empty());
        let begun = b"GET / HTTP/1.1\r\nHost: a\r\n";
        let answer = String::from_utf8(answer_to(begun).await).unwrap();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_connection_that_is_kept_for_more_requests_is_let_go_when_none_comes() {
        let answer = answer_to(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.ends_with(b"well"));
    }
}
