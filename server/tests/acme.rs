//! A certificate by ACME (RFC 8555) from an authority of the test's own, over TLS-ALPN-01 (RFC 8737).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; a failure is the test's"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, head, post},
};
use protocol::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::{Value, json};

const DOMAIN: &str = "meet.example.org";
const TOKEN: &str = "dG9rZW4";

/// An authority that hands a certificate to whoever shows the challenge's certificate at `server`.
struct Authority {
    url: String,
    ca: Issuer<'static, KeyPair>,
    /// The server to be checked, once it is known.
    server: Mutex<Option<SocketAddr>>,
    /// What the challenge found, then the certificate.
    validated: Mutex<bool>,
    issued: Mutex<Option<String>>,
}

type Shared = State<Arc<Authority>>;

impl Authority {
    /// Starts it; also the certificate (PEM) by which it is known.
    fn start() -> (Arc<Self>, String) {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().pem();
        let ca = Issuer::new(params, key);

        let own = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = names.signed_by(&own, &ca).unwrap();
        let tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                own.serialize_der().try_into().unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let authority = Arc::new(Self {
            url: format!("https://localhost:{}", listener.local_addr().unwrap().port()),
            ca,
            server: Mutex::new(None),
            validated: Mutex::new(false),
            issued: Mutex::new(None),
        });
        let routes = Router::new()
            .route("/directory", get(directory))
            .route("/nonce", head(nonce))
            .route("/account", post(account))
            .route("/order", post(order))
            .route("/authorization", post(authorization))
            .route("/challenge", post(challenge))
            .route("/finalize", post(finalize))
            .route("/certificate/{id}", post(certificate_chain))
            .with_state(authority.clone());
        let tls = axum_server::tls_rustls::RustlsConfig::from_config(Arc::new(tls));
        tokio::spawn(
            axum_server::from_tcp_rustls(listener, tls)
                .unwrap()
                .serve(routes.into_make_service()),
        );
        (authority, root)
    }

    fn order(&self) -> Value {
        let status = match (&*self.issued.lock().unwrap(), *self.validated.lock().unwrap()) {
            (Some(_), _) => "valid",
            (None, true) => "ready",
            (None, false) => "pending",
        };
        json!({
            "status": status,
            "authorizations": [format!("{}/authorization", self.url)],
            "finalize": format!("{}/finalize", self.url),
            "certificate": format!("{}/certificate/1", self.url),
        })
    }

    fn authorization(&self) -> Value {
        let status = if *self.validated.lock().unwrap() {
            "valid"
        } else {
            "pending"
        };
        json!({
            "status": status,
            "identifier": { "type": "dns", "value": DOMAIN },
            "challenges": [{
                "type": "tls-alpn-01",
                "url": format!("{}/challenge", self.url),
                "token": TOKEN,
                "status": status,
            }],
        })
    }
}

/// With a nonce, and an address.
fn answer(authority: &Authority, path: &str, body: Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("replay-nonce", HeaderValue::from_static("bm9uY2U"));
    headers.insert("location", format!("{}{path}", authority.url).parse().unwrap());
    (StatusCode::OK, headers, Json(body)).into_response()
}

async fn directory(State(authority): Shared) -> Response {
    let url = |path: &str| format!("{}{path}", authority.url);
    let body = json!({
        "newNonce": url("/nonce"), "newAccount": url("/account"), "newOrder": url("/order"),
    });
    answer(&authority, "/directory", body)
}

async fn nonce() -> Response {
    (StatusCode::NO_CONTENT, [("replay-nonce", "bm9uY2U")]).into_response()
}

async fn account(State(authority): Shared) -> Response {
    answer(&authority, "/account/1", json!({ "status": "valid" }))
}

async fn order(State(authority): Shared) -> Response {
    answer(&authority, "/order", authority.order())
}

async fn authorization(State(authority): Shared) -> Response {
    answer(&authority, "/authorization", authority.authorization())
}

async fn challenge(State(authority): Shared) -> Response {
    let server = authority.server.lock().unwrap().unwrap();
    let shown = tokio::task::spawn_blocking(move || challenge_certificate(server))
        .await
        .unwrap();
    // The token's digest is in the extension id-pe-acmeIdentifier (1.3.6.1.5.5.7.1.31).
    let oid = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x1f];
    assert!(shown.windows(oid.len()).any(|bytes| bytes == oid));
    *authority.validated.lock().unwrap() = true;
    answer(&authority, "/challenge", json!({ "status": "valid" }))
}

async fn finalize(State(authority): Shared, Json(signed): Json<Value>) -> Response {
    let payload = Bytes::from_base64url(signed["payload"].as_str().unwrap()).unwrap();
    let request: Value = serde_json::from_slice(&payload.0).unwrap();
    let csr = Bytes::from_base64url(request["csr"].as_str().unwrap()).unwrap();
    let params = CertificateParams::new([DOMAIN.to_owned()]).unwrap();
    let leaf = params.signed_by(&KeyOf::request(&csr.0), &authority.ca).unwrap();
    *authority.issued.lock().unwrap() = Some(leaf.pem());
    answer(&authority, "/order", authority.order())
}

async fn certificate_chain(State(authority): Shared, Path(_): Path<u32>) -> Response {
    let chain = authority.issued.lock().unwrap().clone().unwrap();
    ([("replay-nonce", "bm9uY2U")], chain).into_response()
}

/// The P-256 key of a certificate request.
struct KeyOf(Vec<u8>);

impl KeyOf {
    fn request(csr: &[u8]) -> Self {
        // BIT STRING of 66 bytes, none unused, an uncompressed point (RFC 5480 §2.2).
        let head = [0x03, 0x42, 0x00, 0x04];
        let at = csr.windows(head.len()).position(|bytes| bytes == head).unwrap();
        Self(csr[at + 3..at + 3 + 65].to_vec())
    }
}

impl PublicKeyData for KeyOf {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// Takes any certificate: that of a challenge is signed by nobody.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn connect(server: SocketAddr, config: ClientConfig) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from(DOMAIN).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(server).unwrap())
}

fn challenge_certificate(server: SocketAddr) -> Vec<u8> {
    let mut config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let mut stream = connect(server, config);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

/// Ends the process with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_from_the_authority_that_was_named() {
    let (authority, root) = Authority::start();
    let data = tempfile::tempdir().unwrap();
    let ca = data.path().join("ca.pem");
    std::fs::write(&ca, &root).unwrap();
    // The port must be known before the program says it: the authority calls back at once.
    let server = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    *authority.server.lock().unwrap() = Some(server);
    let mut child = Command::new(env!("CARGO_BIN_EXE_conclave"))
        .env_clear()
        .args([
            "serve",
            "--media-listen",
            "127.0.0.1:0",
            "--listen",
            &server.to_string(),
        ])
        .args([
            "--acme",
            DOMAIN,
            "--acme-directory",
            &format!("{}/directory", authority.url),
        ])
        .arg("--acme-ca")
        .arg(&ca)
        .arg("--data")
        .arg(data.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let _running = Running(child);
    let answer = tokio::task::spawn_blocking(move || {
        // It says in its log that the certificate is there.
        let mut said = Vec::new();
        for line in log.lines() {
            let line = line.unwrap();
            let there = line.contains("DeployedNewCert");
            assert!(!line.contains("no certificate"), "{line}");
            said.push(line);
            if there {
                return get_page(server, &root);
            }
        }
        panic!("no certificate; it said {said:?}");
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

/// The page over HTTPS, from a client that trusts the authority alone.
fn get_page(server: SocketAddr, root: &str) -> String {
    use rustls::pki_types::pem::PemObject;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut stream = connect(server, config);
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    // Whether the other side says good-bye does not matter here.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
