//! `conclave serve`: starts the parts, joins them, and stops them in order.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use axum_server::{Handle, tls_rustls::RustlsConfig};
use protocol::sfu::SfuEvents;
use sfu_node::{NodeConfig, NodeHandle};
use signaling::{Clock, Service};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    options::ServeOptions,
    say,
    settings::{Settings, Tls},
    tls,
    web::{Transport, secure, serve_bundle},
};

/// Requests that are under way when the server stops get this long.
const GRACE: Duration = Duration::from_secs(5);

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

    // Before anyone can know that the server runs, and stop it.
    let stop = StopSignals::new()?;
    let listener = listen(settings.listen)?;
    let bound = listener.local_addr()?;
    let public_url = settings.public_url_at(bound);
    let tls = tls::configure(&settings, &public_url, bound)?;
    warn_of_insecure_context(&settings, &public_url, bound);

    if settings.has_unnamed_proxy() {
        tracing::warn!(
            "limits by address are off, for all come from the same: name the proxy's with --proxy"
        );
    }

    // Each needs the other: the node speaks only once the service is there.
    let sink: Arc<OnceLock<SfuEvents>> = Arc::default();
    let node = Arc::new(start_node(&settings, sink.clone())?);
    let service = Service::open(
        signaling::Settings {
            data_dir: settings.data.clone(),
            database_url: settings.database_url.clone(),
            public_url: public_url.clone(),
            proxies: settings.proxies.clone(),
            clock: Clock::system(),
        },
        node.clone(),
    )
    .await?;
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
            axum_server::from_tcp_rustls(listener, tls)?
                .handle(handle)
                .serve(make)
                .await
        }
        None => axum_server::from_tcp(listener)?.handle(handle).serve(make).await,
    };
    served?;
    stopped.await?;
    let node = node.clone();
    tokio::task::spawn_blocking(move || node.stop()).await?;
    Ok(())
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

fn start_node(settings: &Settings, sink: Arc<OnceLock<SfuEvents>>) -> Result<NodeHandle, StartFailure> {
    let config = NodeConfig {
        media_listen: settings.media_listen,
        advertise: settings.media_advertise.clone(),
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
