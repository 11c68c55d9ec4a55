//! What this machine alone can tell: the data folder, and who has the port.

use std::{
    fs,
    io::{self, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use protocol::accounts::ServerInfo;
use rustls::ClientConfig;

use super::{
    report::Check,
    web::{self, Origin, WebError},
};

const DATA: &str = "data_folder";
const PORT: &str = "http_port";

/// Filesystems that are gone when the machine stops.
const IN_MEMORY: &[&str] = &["ramfs", "tmpfs"];

/// Filesystems of other machines: locks and fsync, which SQLite needs, are not sure there.
const REMOTE: &[&str] = &["cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"];

/// Whether data can be written here, and stay. Leaves nothing.
pub fn check_data(folder: &Path) -> Check {
    // `serve` makes the folder; until then it is the first one above that counts.
    let existing = folder.ancestors().map(or_here).find(|path| path.exists());
    let existing = existing.unwrap_or_else(|| PathBuf::from("."));
    let shown = folder.display();
    if let Err(error) = write_durably(&existing) {
        let advice = format!(
            "check the rights of {}, or choose another folder with --data",
            existing.display()
        );
        return Check::failed(
            DATA,
            format!("{shown} cannot be written durably ({error})"),
            advice,
        );
    }
    let filesystem = filesystem_of(&existing).unwrap_or_default();
    let is = |kinds: &[&str]| kinds.contains(&filesystem.as_str());
    if is(IN_MEMORY) {
        let found = format!("{shown} is in memory ({filesystem}): all of it is gone when this machine stops");
        return Check::failed(DATA, found, "choose a folder on a disk with --data");
    }
    if is(REMOTE) {
        let found = format!("{shown} is on another machine ({filesystem}), which may lose what was stored");
        return Check::failed(
            DATA,
            found,
            "choose a folder on a disk of this machine with --data",
        );
    }
    Check::ok(
        DATA,
        format!("{shown} can be written, and what is written can be forced to the disk"),
    )
}

fn or_here(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path.to_owned()
    }
}

fn write_durably(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".conclave-doctor-{}", std::process::id()));
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(b"conclave doctor")?;
        file.sync_all()?;
        fs::File::open(folder)?.sync_all()
    })();
    let removed = fs::remove_file(&path);
    written.and(removed)
}

/// Kind of the filesystem, where the system tells it.
fn filesystem_of(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    kind_at(&fs::read_to_string("/proc/self/mountinfo").ok()?, &path)
}

/// The mount that holds a path is the deepest one, and of several in one place the last (proc(5)).
fn kind_at(mounts: &str, path: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let (mount, source) = line.split_once(" - ")?;
        let point = PathBuf::from(mount.split(' ').nth(4)?.replace("\\040", " "));
        path.starts_with(&point)
            .then_some((point.components().count(), source.split(' ').next()?))
    });
    mounts
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, kind)| kind.to_owned())
}

/// Who has the port: nobody, this server (which is given), or another program.
pub async fn check_port(
    listen: SocketAddr,
    public: &Origin,
    https: bool,
    anybody: Arc<ClientConfig>,
) -> (Check, Option<ServerInfo>) {
    if listen.port() == 0 {
        let advice = "name a port with --listen";
        return (
            Check::unknown(PORT, "the port changes with each start", advice),
            None,
        );
    }
    let origin = Origin {
        https,
        ..public.clone()
    };
    match ask(&origin, Some(reachable(listen)), anybody).await {
        Ok(info) => (
            Check::ok(PORT, format!("a running Conclave answers at {listen}")),
            Some(info),
        ),
        Err(_) => (check_bind(listen), None),
    }
}

/// What a Conclave says of itself.
pub async fn ask(
    origin: &Origin,
    at: Option<SocketAddr>,
    tls: Arc<ClientConfig>,
) -> Result<ServerInfo, WebError> {
    let answer = web::get(origin, at, "/api/v1/server", tls).await?;
    let info = serde_json::from_slice(&answer.body).ok();
    info.filter(|_| answer.status == 200).ok_or(WebError::NotHttp)
}

fn check_bind(listen: SocketAddr) -> Check {
    let Err(error) = TcpListener::bind(listen) else {
        return Check::ok(PORT, format!("{listen} is free; the server does not run"));
    };
    let (found, advice) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            format!("{listen} is in use by another program"),
            "stop that one, or choose another address with --listen",
        ),
        io::ErrorKind::AddrNotAvailable => (
            format!("{listen} is not an address of this machine"),
            "choose one that is with --listen, or 0.0.0.0 for all",
        ),
        io::ErrorKind::PermissionDenied => (
            format!("the system does not let this program use the port of {listen}"),
            "choose one above 1023 with --listen, or give the program the right (CAP_NET_BIND_SERVICE)",
        ),
        _ => (
            format!("{listen} cannot be used ({error})"),
            "choose another address with --listen",
        ),
    };
    Check::failed(PORT, found, advice)
}

/// Where this machine reaches what listens.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_tells_the_filesystem() {
        let mounts = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      30 22 0:25 / /srv/my\\040data rw - nfs4 host:/x rw\n\
                      31 22 0:26 / /srv rw shared:2 - tmpfs tmpfs rw\n";
        let kind = |path: &str| kind_at(mounts, Path::new(path)).unwrap();
        assert_eq!(kind("/home"), "ext4");
        assert_eq!(kind("/srv/other"), "tmpfs");
        assert_eq!(kind("/srv/my data/conclave"), "nfs4");
        assert_eq!(kind("/srvother"), "ext4");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above_and_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let check = check_data(&missing);
        assert!(check.found.contains("a/b"), "{check:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
