use std::path::Path;

use client_core::PasswordCost;
use proptest::prelude::*;

use super::{keys::read_header, *};

const PASSWORD: &str = "Correct horse 7 battery";

async fn create(path: &Path) -> Store {
    let folder = Folder::lock(path).unwrap();
    folder.create_at(PASSWORD, PasswordCost::FOR_TESTS).await.unwrap()
}

async fn open(path: &Path) -> (Store, Records) {
    Folder::lock(path).unwrap().open(PASSWORD).await.unwrap()
}

fn batch(number: u64, records: &[(&str, Option<&[u8]>)]) -> Batch {
    let owned = records
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.map(<[u8]>::to_vec)));
    Batch {
        number,
        wipe: false,
        records: owned.collect(),
    }
}

/// All bytes of all files of the store.
fn raw(path: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(path).unwrap();
    entries
        .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Which of these keys stand somewhere in the bytes.
fn found(bytes: &[u8], keys: &BTreeMap<String, [u8; CELL_LEN]>) -> BTreeSet<String> {
    // Most places are told apart by two bytes.
    let mut beginnings = vec![false; 1 << 16];
    let beginning = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    for key in keys.values() {
        beginnings[beginning(key)] = true;
    }
    let names: BTreeMap<&[u8], &String> = keys.iter().map(|(name, key)| (key.as_slice(), name)).collect();
    let windows = bytes
        .windows(CELL_LEN)
        .filter(|window| beginnings[beginning(window)]);
    windows
        .filter_map(|window| names.get(window).map(|name| (*name).clone()))
        .collect()
}

fn sorted(mut records: Records) -> Records {
    records.sort();
    records
}

#[tokio::test]
async fn records_come_back_as_they_were_written_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    store
        .write(batch(
            1,
            &[("a", Some(b"1")), ("b", Some(b"2")), ("c", Some(b"3"))],
        ))
        .await
        .unwrap();
    store
        .write(batch(2, &[("a", Some(b"4")), ("b", None), ("none", None)]))
        .await
        .unwrap();
    let key = *store.storage_key();
    store.close().await.unwrap();

    let (mut store, records) = open(folder.path()).await;
    assert_eq!(*store.storage_key(), key);
    let expected = vec![("a".to_owned(), b"4".to_vec()), ("c".to_owned(), b"3".to_vec())];
    assert_eq!(sorted(records), expected);

    let wiped = Batch {
        wipe: true,
        ..batch(3, &[("d", Some(b"5"))])
    };
    store.write(wiped).await.unwrap();
    drop(store);
    let (_, records) = open(folder.path()).await;
    assert_eq!(records, vec![("d".to_owned(), b"5".to_vec())]);
}

/// R47: without the password the folder shows ciphertext alone, and opens with no other.
#[tokio::test]
async fn without_the_password_only_ciphertext_shows() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    store
        .write(batch(1, &[("a", Some(b"meet me at nine"))]))
        .await
        .unwrap();
    store.put_own("settings", &"conclave.example.org").await.unwrap();
    let key = *store.storage_key();
    for closed in [false, true] {
        let bytes = raw(folder.path());
        assert!(!contains(&bytes, b"meet me at nine"), "closed: {closed}");
        assert!(!contains(&bytes, b"conclave.example.org"), "closed: {closed}");
        assert!(!contains(&bytes, &key), "closed: {closed}");
        assert!(!contains(&bytes, PASSWORD.as_bytes()), "closed: {closed}");
        if closed {
            break;
        }
        store.close().await.unwrap();
        store = match Folder::lock(folder.path()).unwrap().open("another").await {
            Err(StoreError::WrongPassword) => open(folder.path()).await.0,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("another password opens the store"),
        };
    }
}

/// R50: what was deleted or replaced opens with nothing that is left, even for who has the storage key and took a copy of
/// the database before; and its key is in no file.
#[tokio::test]
async fn a_deleted_record_leaves_neither_plaintext_nor_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    let text = |n: usize| format!("secret number {n} {}", "x".repeat(n * 37 % 2_000)).into_bytes();
    // Enough of them, and long enough, that pages of the database split and move.
    let names: Vec<String> = (0..150).map(|n| format!("record {n}")).collect();
    for (n, name) in names.iter().enumerate() {
        store.write(batch(1, &[(name, Some(&text(n)))])).await.unwrap();
    }
    let cells = |store: &Store| -> Vec<[u8; CELL_LEN]> {
        let cells = store.keys.all_cells();
        cells
            .filter_map(|cell| store.keys.cell(cell).unwrap())
            .map(|cell| *cell)
            .collect()
    };
    let before: BTreeMap<String, [u8; CELL_LEN]> = names
        .iter()
        .map(|name| {
            (
                name.clone(),
                *store.keys.cell(store.places[name]).unwrap().unwrap(),
            )
        })
        .collect();
    let sealed: BTreeMap<String, Vec<u8>> = store
        .database
        .rows()
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.name, row.value))
        .collect();
    assert_eq!(found(&raw(folder.path()), &before).len(), names.len());

    for (n, name) in names.iter().enumerate() {
        let change = match n % 3 {
            0 => batch(2, &[(name, None)]),
            1 => batch(2, &[(name, Some(b"another"))]),
            _ => continue,
        };
        store.write(change).await.unwrap();
    }
    let check = |store: &Store, bytes: &[u8]| {
        let live = cells(store);
        let found = found(bytes, &before);
        for (n, name) in names.iter().enumerate() {
            let stays = n % 3 == 2;
            assert_eq!(found.contains(name), stays, "{name}: its key");
            let opens = live
                .iter()
                .any(|cell| store.cells.open(cell, name, &sealed[name]).is_some());
            assert_eq!(opens, stays, "{name}: a copy of it");
        }
        assert!(!contains(bytes, b"secret number"));
    };
    check(&store, &raw(folder.path()));
    store.close().await.unwrap();
    let (store, records) = open(folder.path()).await;
    assert_eq!(records.len(), 100);
    check(&store, &raw(folder.path()));
}

/// R50: a crash between the key of a record and the record, or between the end of a record and that of its key, leaves no
/// key behind.
#[tokio::test]
async fn keys_without_a_record_end_with_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    store.write(batch(1, &[("a", Some(b"1"))])).await.unwrap();
    let orphan = store.keys.next_cell();
    store.keys.put_cell(orphan, &[9; CELL_LEN]).unwrap();
    store.close().await.unwrap();
    assert!(contains(&raw(folder.path()), &[9; CELL_LEN]));
    let (_store, records) = open(folder.path()).await;
    assert_eq!(records.len(), 1);
    assert!(!contains(&raw(folder.path()), &[9; CELL_LEN]));
}

#[tokio::test]
async fn cells_are_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    for number in 0..50 {
        store.write(batch(number, &[("a", Some(b"1"))])).await.unwrap();
    }
    assert!(store.keys.all_cells().count() <= 2);
}

/// R47: also in a folder that was there before, and is open to others.
#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_the_own_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut store = create(folder.path()).await;
    store.write(batch(1, &[("a", Some(b"one"))])).await.unwrap();
    let mut names = vec![];
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name());
    }
    assert!(names.len() >= 3, "{names:?}");
}

#[tokio::test]
async fn an_erased_store_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    store.write(batch(1, &[("a", Some(b"1"))])).await.unwrap();
    store.erase().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"]);
    assert!(!Folder::lock(folder.path()).unwrap().has_store());
}

#[tokio::test]
async fn a_second_owner_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path()).await;
    assert!(matches!(
        Folder::lock(folder.path()),
        Err(StoreError::InUse { .. })
    ));
    drop(store);
    assert!(Folder::lock(folder.path()).is_ok());
}

/// A changed file of keys opens nothing, and costs no more than what is usual times four.
#[tokio::test]
async fn a_changed_header_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path()).await.close().await.unwrap();
    let path = folder.path().join("keys");
    let whole = std::fs::read(&path).unwrap();
    for place in (0..89).filter(|place| !(17..25).contains(place)) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&path, changed).unwrap();
        let opened = Folder::lock(folder.path()).unwrap().open(PASSWORD).await;
        assert!(opened.is_err(), "byte {place}");
    }
    std::fs::write(&path, &whole[..50]).unwrap();
    let opened = Folder::lock(folder.path()).unwrap().open(PASSWORD).await;
    assert!(matches!(opened, Err(StoreError::Damaged { .. })));
}

#[tokio::test]
async fn records_that_changed_places_do_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path()).await;
    store
        .write(batch(1, &[("a", Some(b"1")), ("b", Some(b"2"))]))
        .await
        .unwrap();
    let mut rows = store.database.rows().await.unwrap();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let [one, other] = rows.as_mut_slice() else {
        panic!()
    };
    std::mem::swap(&mut one.value, &mut other.value);
    std::mem::swap(&mut one.cell, &mut other.cell);
    let swapped: Vec<_> = rows
        .into_iter()
        .map(|row| (row.name.clone(), Some(row)))
        .collect();
    store.database.write(false, &swapped).await.unwrap();
    store.close().await.unwrap();
    let opened = Folder::lock(folder.path()).unwrap().open(PASSWORD).await;
    assert!(matches!(opened, Err(StoreError::Damaged { .. })));
}

proptest! {
    #[test]
    fn no_header_costs_more_than_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..64), ours in any::<bool>()) {
        let mut header = if ours { b"conclave keys\0\0\0\x01".to_vec() } else { vec![] };
        header.extend_from_slice(&bytes);
        header.truncate(41);
        if let Ok((cost, _)) = read_header(&header) {
            prop_assert!(ours && header.len() == 41);
            prop_assert!(cost.memory_kib <= 256 * 1024 && cost.passes <= 16);
        }
    }
}
