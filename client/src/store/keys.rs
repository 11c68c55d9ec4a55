//! The file of keys: a page with the storage key, sealed by the password, and the cells of records behind it. All of it is
//! overwritten in place.
//!
//! ```text
//! page     magic(16) ‖ version(u8) ‖ memory in KiB(u32) ‖ passes(u32) ‖ salt(16) ‖ sealed storage key(48) ‖ zeros to 4096
//! cell n   at 4096 + 32 n: 32 random bytes, or zeros where no record has it
//! ```
//!
//! A cell does not cross a sector of a disk, and a disk writes a sector whole, or keeps its other bytes (what SQLite calls
//! *powersafe overwrite* and builds on as well).

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use client_core::{PasswordCost, password_key};
use zeroize::Zeroizing;

use super::{
    StoreError,
    folder::for_owner,
    sealing::{Key, MAX_MEMORY_KIB, MAX_PASSES, SEALED_KEY_LEN, open_key, seal_key},
};

pub(super) const CELL_LEN: usize = 32;

const PAGE_LEN: u64 = 4096;
const MAGIC: &[u8; 16] = b"conclave keys\0\0\0";
const VERSION: u8 = 1;
const SALT_LEN: usize = 16;

/// Of the page, what is authenticated with the sealed key.
const HEADER_LEN: usize = 16 + 1 + 4 + 4 + SALT_LEN;

/// The place of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell(pub(super) u32);

/// The file, open.
pub(super) struct KeyFile {
    file: File,
    /// How many cells it has.
    cells: u32,
}

impl KeyFile {
    /// Writes a new one beside its place, and puts it there once it is whole.
    pub(super) fn create(
        path: &Path,
        password: &str,
        cost: PasswordCost,
        storage_key: &Key,
    ) -> Result<Self, StoreError> {
        let failed = |source| failed(path, source);
        let page = page(password, cost, storage_key)?;
        let beside = path.with_extension("new");
        let mut file = for_owner().truncate(true).open(&beside).map_err(failed)?;
        file.write_all(&page).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        sync_folder(path).map_err(failed)?;
        Self::open_file(path).map_err(failed)
    }

    /// Opens the file, and the storage key with the password.
    pub(super) fn open(path: &Path, password: &str) -> Result<(Self, Key), StoreError> {
        let mut keys = Self::open_file(path).map_err(|source| failed(path, source))?;
        let mut page = Zeroizing::new([0; HEADER_LEN + SEALED_KEY_LEN]);
        let read = keys.file.rewind().and_then(|()| keys.file.read_exact(&mut *page));
        read.map_err(|_| StoreError::Damaged {
            what: "the file of keys is too short",
        })?;
        let (header, sealed) = page.split_at(HEADER_LEN);
        let (cost, salt) = read_header(header)?;
        let key = password_key(password, &salt, cost).ok_or(StoreError::Damaged {
            what: "the file of keys has impossible costs",
        })?;
        let storage_key = open_key(&key, header, sealed).ok_or(StoreError::WrongPassword)?;
        Ok((keys, storage_key))
    }

    pub(super) fn open_file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let len = file.metadata()?.len();
        let cells = len.saturating_sub(PAGE_LEN).div_ceil(CELL_LEN as u64);
        Ok(Self {
            file,
            cells: u32::try_from(cells).unwrap_or(u32::MAX),
        })
    }

    /// A cell behind all others.
    pub(super) fn next_cell(&mut self) -> Cell {
        let cell = Cell(self.cells);
        self.cells = self.cells.saturating_add(1);
        cell
    }

    pub(super) fn all_cells(&self) -> impl Iterator<Item = Cell> + use<> {
        (0..self.cells).map(Cell)
    }

    /// Whether there was ever a record.
    pub(super) fn has_cells(&self) -> bool {
        self.cells > 0
    }

    /// What is in a cell; nothing where that is zeros, or behind the end.
    pub(super) fn cell(&self, cell: Cell) -> io::Result<Option<Zeroizing<[u8; CELL_LEN]>>> {
        let mut bytes = Zeroizing::new([0; CELL_LEN]);
        if cell.0 >= self.cells {
            return Ok(None);
        }
        let mut file = &self.file;
        file.seek(place(cell))?;
        match file.read_exact(&mut *bytes) {
            Ok(()) => Ok((*bytes != [0; CELL_LEN]).then_some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn put_cell(&self, cell: Cell, bytes: &[u8; CELL_LEN]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(place(cell))?;
        file.write_all(bytes)
    }

    pub(super) fn end_cell(&self, cell: Cell) -> io::Result<()> {
        self.put_cell(cell, &[0; CELL_LEN])
    }

    /// Answers whether there was something to overwrite.
    pub(super) fn end_cell_if_used(&self, cell: Cell) -> io::Result<bool> {
        let used = self.cell(cell)?.is_some();
        if used {
            self.end_cell(cell)?;
        }
        Ok(used)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Overwrites all of it.
    pub(super) fn end(mut self) -> io::Result<()> {
        let len = self.file.metadata()?.len();
        self.file.rewind()?;
        io::copy(&mut io::repeat(0).take(len), &mut self.file)?;
        self.file.sync_all()
    }
}

fn page(password: &str, cost: PasswordCost, storage_key: &Key) -> Result<Vec<u8>, StoreError> {
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| StoreError::NoRandomness)?;
    page_with(password, cost, &salt, storage_key).ok_or(StoreError::Damaged {
        what: "the password cannot be used",
    })
}

/// The page, for a salt that was drawn.
pub(super) fn page_with(
    password: &str,
    cost: PasswordCost,
    salt: &[u8; SALT_LEN],
    storage_key: &Key,
) -> Option<Vec<u8>> {
    let mut page = MAGIC.to_vec();
    page.push(VERSION);
    page.extend_from_slice(&cost.memory_kib.to_be_bytes());
    page.extend_from_slice(&cost.passes.to_be_bytes());
    page.extend_from_slice(salt);
    let sealed = seal_key(&password_key(password, salt, cost)?, &page, storage_key);
    page.extend_from_slice(&sealed);
    page.resize(usize::try_from(PAGE_LEN).ok()?, 0);
    Some(page)
}

/// Costs and salt. Nothing of the file is believed before the key has opened, so costs have a limit.
pub(super) fn read_header(header: &[u8]) -> Result<(PasswordCost, [u8; SALT_LEN]), StoreError> {
    let damaged = || StoreError::Damaged {
        what: "this is no file of keys",
    };
    let rest = header.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
    let (version, rest) = rest.split_first().ok_or_else(damaged)?;
    if *version > VERSION {
        return Err(StoreError::Newer);
    }
    let (memory, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
    let (passes, salt) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
    let salt: [u8; SALT_LEN] = salt.try_into().map_err(|_| damaged())?;
    let cost = PasswordCost {
        memory_kib: u32::from_be_bytes(*memory),
        passes: u32::from_be_bytes(*passes),
    };
    let possible = *version == VERSION && cost.memory_kib <= MAX_MEMORY_KIB && cost.passes <= MAX_PASSES;
    possible.then_some((cost, salt)).ok_or_else(damaged)
}

fn place(cell: Cell) -> SeekFrom {
    SeekFrom::Start(PAGE_LEN + u64::from(cell.0) * CELL_LEN as u64)
}

/// The name of a file is durable with its folder.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn failed(path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        folder: path.to_owned(),
        source,
    }
}
