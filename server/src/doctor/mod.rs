//! `conclave doctor`: what of a deployment works, and what to do about the rest.
//!
//! Each check asks as a client would, from this machine: what stands between this machine and others it cannot see, and
//! its words say so. Nothing is changed (what is put somewhere to try it is taken away), and nobody is asked but the servers
//! that the settings name.

mod limits;
mod local;
mod media;
mod public;
mod report;
mod s3;
mod stun;
mod turn;
mod web;

use std::{io::Write as _, path::PathBuf};

use clap::Args;
use rustls::{RootCertStore, pki_types::CertificateDer};

use self::{
    media::Announced,
    report::{Check, Report},
    web::Origin,
};
use crate::{
    options::ServeOptions,
    serve::tcp_beside,
    settings::{Settings, Tls},
    tls,
    turn::TurnSettings,
};

/// What can be said to it.
#[derive(Args, Debug)]
pub struct DoctorOptions {
    #[command(flatten)]
    serve: ServeOptions,

    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,

    /// Certificates of an authority of your own (PEM), beside those that browsers know
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Web server to compare the clock with [default: the authority of --acme, or the proxy]
    #[arg(long, value_name = "URL")]
    clock_url: Option<String>,
}

/// Checks everything and prints what was found; whether all is well.
pub async fn doctor(options: DoctorOptions) -> anyhow::Result<bool> {
    let json = options.json;
    let report = Report {
        checks: examine(options).await,
    };
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        report.write_lines(&mut out)?;
    }
    Ok(report.is_well())
}

async fn examine(options: DoctorOptions) -> Vec<Check> {
    let DoctorOptions {
        serve,
        trust,
        clock_url,
        ..
    } = options;
    let (settings, roots) = match read(serve, trust.as_deref()) {
        Ok(read) => read,
        Err(error) => {
            let found = "they cannot be used";
            return vec![Check::failed("settings", found, format!("{error:#}"))];
        }
    };
    let mut checks = vec![Check::ok("settings", "they can be read")];
    checks.push(local::check_data(&settings.data));
    checks.extend(s3::check(&settings.blob_place).await);

    let url = settings.public_url_at(settings.listen);
    let Some((public, _)) = Origin::of(&url) else {
        checks.push(Check::failed(
            "public_url",
            format!("{url} is no address"),
            "check --public-url",
        ));
        return checks;
    };
    let (anybody, trusted) = (web::trusting_anybody(), web::trusting(roots));
    let https = settings.tls != Tls::Off;
    let (port, running) = local::check_port(settings.listen, &public, https, anybody.clone()).await;
    checks.push(port);
    let (check, answers) = public::check_url(&url, &public, running.as_ref(), anybody.clone()).await;
    checks.push(check);
    checks.push(public::check_certificate(&settings, &url, &public, answers, trusted.clone()).await);
    checks.extend(match announced(&settings, &url) {
        Ok(announced) if running.is_some() => media::check(&announced).await,
        Ok(_) => media::check_free(settings.media_listen),
        Err(check) => vec![check],
    });
    checks.extend(turn::check(settings.turn.as_ref(), trusted).await);
    checks.push(public::check_clock(&settings, clock_url.as_deref(), &url, anybody).await);
    checks
}

/// Settings that `serve` would start with, and whom to trust.
fn read(options: ServeOptions, trust: Option<&std::path::Path>) -> anyhow::Result<(Settings, RootCertStore)> {
    let settings = Settings::from_options(options.with_file()?)?;
    settings.turn.as_ref().map(TurnSettings::resolve).transpose()?;
    settings.blob_place.resolve()?;
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let mut files: Vec<PathBuf> = trust.map(Into::into).into_iter().collect();
    match &settings.tls {
        Tls::Files { cert, key } => drop(tls::from_files(cert, key)?),
        Tls::Acme { ca, .. } => files.extend(ca.clone()),
        Tls::SelfMade => {
            files.extend(Some(tls::self_made_certificate(&settings.data)).filter(|path| path.exists()))
        }
        Tls::Off => {}
    }
    for path in files {
        let found: Vec<CertificateDer<'static>> = tls::certificates(&path)?;
        for certificate in found {
            roots.add(certificate)?;
        }
    }
    Ok((settings, roots))
}

fn announced(settings: &Settings, url: &str) -> Result<Announced, Check> {
    let name = "media";
    if settings.media_listen.port() == 0 {
        let advice = "name a port with --media-listen";
        return Err(Check::unknown(name, "the port changes with each start", advice));
    }
    let candidates = |listen| sfu_node::candidates(listen, &settings.media_advertise).unwrap_or_default();
    let media = candidates(settings.media_listen);
    if media.is_empty() {
        let advice = "say at which address clients reach the media port with --media-advertise";
        return Err(Check::failed(name, "there is no address to tell clients", advice));
    }
    let mut beside = if settings.tls == Tls::Off {
        Vec::new()
    } else {
        candidates(tcp_beside(url, settings.listen))
    };
    beside.retain(|address| !media.contains(address));
    Ok(Announced { media, beside })
}
