//! Janus with its VideoRoom, over its HTTP interface.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{IpAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{client::Client, media::Kind, process::Process, scenario::Scenario};

const PORT: u16 = 8088;
const ROOM: u32 = 1;
/// For a program to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any room of ours sends: nothing may be held back.
const MOST_BITRATE: u32 = 10_000_000;

pub struct Janus {
    pub process: Process,
    /// Its configuration; it lives as long as the program.
    _folder: TempDir,
    http: Http,
    session: u64,
    transaction: u64,
    publishing: Vec<u64>,
}

impl Janus {
    pub fn start(ip: IpAddr) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        configure(folder.path(), ip)?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut command = Command::new("janus");
        command
            .arg("--disable-colors")
            .arg(format!("--configs-folder={}", folder.path().display()));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = Process::start(&mut command).context("the Debian package `janus` is needed")?;
        let mut janus = Self {
            process,
            _folder: folder,
            http: Http::connect(ip)?,
            session: 0,
            transaction: 0,
            publishing: Vec::new(),
        };
        janus.session = id_of(&janus.request("/janus", json!({"janus": "create"}))?)?;
        let handle = janus.attach()?;
        let room = json!({
            "request": "create", "room": ROOM, "publishers": 1_000, "bitrate": MOST_BITRATE,
            "videocodec": "vp8", "audiocodec": "opus", "notify_joining": false,
        });
        let created = janus.request(&janus.path(handle), json!({"janus": "message", "body": room}))?;
        if created.pointer("/plugindata/data/videoroom") != Some(&json!("created")) {
            bail!("no room: {created}");
        }
        Ok(janus)
    }

    pub fn publish(&mut self, number: u32, client: &mut Client, kinds: &[Kind]) -> Result<()> {
        let (offer, pending, _) = client.offer_sending(kinds)?;
        let handle = self.attach()?;
        self.publishing.push(handle);
        let body = json!({
            "request": "joinandconfigure", "room": ROOM, "ptype": "publisher", "id": number + 1,
        });
        let jsep = json!({"type": "offer", "sdp": offer.to_sdp_string(), "trickle": false});
        let answer = self.ask(handle, body, Some(jsep))?;
        client.take_answer(pending, sdp_of(&answer)?)
    }

    pub fn subscribe(&mut self, number: u32, client: &mut Client, scenario: &Scenario) -> Result<()> {
        let handle = self.attach()?;
        let feeds = scenario.heard_by(number).map(|feed| json!({"feed": feed + 1}));
        let body = json!({
            "request": "join", "room": ROOM, "ptype": "subscriber", "streams": feeds.collect::<Vec<_>>(),
        });
        let begun = Instant::now();
        let offer = loop {
            match self.ask(handle, body.clone(), None) {
                // The publisher's connection stands, and the plugin does not know it yet.
                Err(error) if begun.elapsed() < PATIENCE && error.to_string().contains("No such feed") => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                result => break result?,
            }
        };
        let answer = client.answer(sdp_of(&offer)?)?;
        let jsep = json!({"type": "answer", "sdp": answer, "trickle": false});
        self.ask(handle, json!({"request": "start"}), Some(jsep))?;
        Ok(())
    }

    fn attach(&mut self) -> Result<u64> {
        let path = format!("/janus/{}", self.session);
        id_of(&self.request(
            &path,
            json!({"janus": "attach", "plugin": "janus.plugin.videoroom"}),
        )?)
    }

    fn path(&self, handle: u64) -> String {
        format!("/janus/{}/{handle}", self.session)
    }

    /// Asks the plugin, which answers by an event.
    fn ask(&mut self, handle: u64, body: Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = json!({"janus": "message", "body": body});
        if let (Some(message), Some(jsep)) = (message.as_object_mut(), jsep) {
            message.insert("jsep".to_owned(), jsep);
        }
        self.request(&self.path(handle), message)?;
        let transaction = self.transaction.to_string();
        let events = format!("/janus/{}?maxev=20", self.session);
        loop {
            let answer = self.http.exchange("GET", &events, "")?;
            let several = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
            let ours = |event: &Value| event.get("transaction") == Some(&json!(transaction));
            let Some(event) = several.into_iter().find(ours) else {
                continue;
            };
            if let Some(error) = event.pointer("/plugindata/data/error") {
                bail!("Janus refused: {error}");
            }
            return Ok(event);
        }
    }

    fn request(&mut self, path: &str, mut message: Value) -> Result<Value> {
        self.transaction += 1;
        if let Some(message) = message.as_object_mut() {
            message.insert("transaction".to_owned(), json!(self.transaction.to_string()));
        }
        let answer = self.http.exchange("POST", path, &message.to_string())?;
        if answer.get("janus") == Some(&json!("error")) {
            bail!("Janus refused: {answer}");
        }
        Ok(answer)
    }
}

fn id_of(answer: &Value) -> Result<u64> {
    answer
        .pointer("/data/id")
        .and_then(Value::as_u64)
        .with_context(|| format!("no id: {answer}"))
}

fn sdp_of(event: &Value) -> Result<&str> {
    event
        .pointer("/jsep/sdp")
        .and_then(Value::as_str)
        .with_context(|| format!("no SDP: {event}"))
}

fn configure(folder: &Path, ip: IpAddr) -> Result<()> {
    // What stays out costs nothing; its defaults otherwise, but for what the comparison needs: as many loops as our node has
    // threads, and ICE-lite, which our node is too.
    let plugins = [
        "audiobridge",
        "duktape",
        "echotest",
        "lua",
        "nosip",
        "recordplay",
        "sip",
        "streaming",
        "textroom",
        "videocall",
        "voicemail",
    ];
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("libjanus_{name}.so"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let general = format!(
        r#"general: {{ debug_level = 2; session_timeout = 0; event_loops = 2; admin_secret = "load" }}
        nat: {{ ice_lite = true; full_trickle = false }}
        media: {{ rtp_port_range = "20000-60000" }}
        plugins: {{ disable = "{}" }}
        transports: {{ disable = "{}" }}"#,
        names(&plugins),
        names(&["mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets"]),
    );
    let http = format!(
        r#"general: {{ json = "compact"; base_path = "/janus"; http = true; port = {PORT}; ip = "{ip}"; https = false }}
        admin: {{ admin_http = false; admin_https = false }}"#
    );
    std::fs::write(folder.join("janus.jcfg"), general)?;
    std::fs::write(folder.join("janus.transport.http.jcfg"), http)?;
    std::fs::write(folder.join("janus.plugin.videoroom.jcfg"), "general: { }")?;
    Ok(())
}

/// HTTP/1.1 over one connection, as much of it as one local server needs.
struct Http(BufReader<TcpStream>);

impl Http {
    fn connect(ip: IpAddr) -> Result<Self> {
        let begun = Instant::now();
        loop {
            match TcpStream::connect((ip, PORT)) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self(BufReader::new(stream)));
                }
                Err(error) if begun.elapsed() > PATIENCE => {
                    return Err(error).context("Janus does not start");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> Result<Value> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length:") {
                length = Some(value.trim().parse()?);
            }
        }
        // Events come whole, answers in chunks (RFC 9112 §7.1).
        if let Some(length) = length {
            let mut answer = vec![0; length];
            self.0.read_exact(&mut answer)?;
            return Ok(serde_json::from_slice(&answer)?);
        }
        let mut answer = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line()?, 16).context("Janus answers without chunks")?;
            let begins = answer.len();
            answer.resize(begins + length, 0);
            self.0.read_exact(answer.get_mut(begins..).unwrap_or_default())?;
            self.line()?;
            if length == 0 {
                break;
            }
        }
        Ok(serde_json::from_slice(&answer)?)
    }
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            bail!("Janus hung up");
        }
        Ok(line.trim_end().to_owned())
    }
}
