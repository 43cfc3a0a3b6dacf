//! The last good values, on disk: a file for each place of a server, readable by its owner alone.
//!
//! A file is a digest and, behind it, what it is the digest of: which server and place it is of, and what was
//! there. What does not match in all of it is as if it were not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::fetched::{Origin, Place, Said};
use crate::model::Environment;

/// The form of the files; others are not read.
const VERSION: u32 = 1;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Tells the files apart that one process is writing.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// A folder of last good values.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    server: String,
    environment: Environment,
    key: String,
    path: Option<String>,
    etag: String,
    commit: Option<String>,
    value: Json,
}

impl Folder {
    /// The folder, made when it is not there, and tried.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        let folder = Self(path.to_owned());
        let tried = folder.temporary();
        create(&tried)?;
        fs::remove_file(tried)?;
        Ok(folder)
    }

    /// Keeps what was said, in the place of what was.
    pub(super) fn remember(&self, server: &str, place: &Place, said: &Said) -> io::Result<()> {
        let Said { etag, commit, value, origin: _ } = said.clone();
        let commit = commit.map(|commit| commit.to_string());
        let (environment, key, path) = (place.environment, place.key.to_string(), path(place));
        let content = Content {
            version: VERSION,
            server: server.to_owned(),
            environment,
            key,
            path,
            etag,
            commit,
            value,
        };
        let content = serde_json::to_vec(&content)?;
        let temporary = self.temporary();
        let write = || {
            let mut file = create(&temporary)?;
            file.write_all(hex(&content).as_bytes())?;
            file.write_all(b"\n")?;
            file.write_all(&content)?;
            file.sync_all()?;
            fs::rename(&temporary, self.file(server, place))
        };
        write().inspect_err(|_| drop(fs::remove_file(&temporary)))
    }

    /// What was said last of a place, when every byte of it is as it was written.
    pub(super) fn recall(&self, server: &str, place: &Place) -> Option<Said> {
        let file = self.file(server, place);
        fs::symlink_metadata(&file).ok().filter(|it| it.is_file() && it.len() <= LARGEST)?;
        let mut bytes = Vec::new();
        File::open(file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
        let at = bytes.iter().position(|byte| *byte == b'\n')?;
        let (told, content) = (bytes.get(..at)?, bytes.get(at + 1..)?);
        if told != hex(content).as_bytes() {
            return None;
        }
        let Content { version, server: of, environment, key, path: at, etag, commit, value } =
            serde_json::from_slice(content).ok()?;
        let is_it = version == VERSION && of == server && environment == place.environment;
        let is_it = is_it && key == place.key.as_str() && at == path(place);
        let commit = commit.map(|commit| commit.parse()).transpose().ok()?;
        is_it.then_some(Said { etag, commit, value, origin: Origin::default() })
    }

    /// Forgets what the server says is gone. What cannot be removed stays as it was.
    pub(super) fn forget(&self, server: &str, place: &Place) {
        let _ = fs::remove_file(self.file(server, place));
    }

    fn file(&self, server: &str, place: &Place) -> PathBuf {
        let path = path(place);
        let parts =
            [server, place.environment.name(), place.key.as_str(), path.as_deref().unwrap_or_default()];
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        self.0.join(format!("{}.json", hex(&bytes)))
    }

    fn temporary(&self) -> PathBuf {
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        self.0.join(format!("{}-{number}.new", std::process::id()))
    }
}

fn path(place: &Place) -> Option<String> {
    place.path.as_ref().map(ToString::to_string)
}

/// A new file for its owner alone; what a process of the same number left is no longer wanted.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        _ => Err(error),
    })
}

fn hex(bytes: &[u8]) -> String {
    let digits = digest(&SHA256, bytes);
    let digits = digits.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
