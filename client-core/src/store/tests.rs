use super::*;

fn open(records: Vec<(String, Vec<u8>)>) -> Result<(Store, Loaded), BadRecord> {
    Store::open([7; 32], Random::new([1; 32]), records)
}

fn written(batch: Batch) -> Vec<(String, Vec<u8>)> {
    batch
        .records
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// R47: what is stored opens only under the storage key, and neither names nor values are in it.
#[test]
fn records_come_back_and_show_nothing() {
    let (mut store, _) = open(vec![]).unwrap();
    store.put("room/secret-name", "secret value");
    let records = written(store.take_batch().unwrap());
    for (name, value) in &records {
        assert!(!name.contains("secret"));
        assert!(!value.windows(6).any(|window| window == b"secret"));
    }
    let (store, mut loaded) = open(records.clone()).unwrap();
    assert_eq!(store.batch(), 1);
    assert_eq!(
        take_one::<String>(&mut loaded, "room/secret-name")
            .unwrap()
            .unwrap(),
        "secret value"
    );
    assert!(Store::open([8; 32], Random::new([1; 32]), records).is_err());
}

#[test]
fn a_record_under_another_name_or_changed_does_not_open() {
    let (mut store, _) = open(vec![]).unwrap();
    store.put("a", "1");
    store.put("b", "2");
    let records = written(store.take_batch().unwrap());
    let mut swapped = records.clone();
    let first = swapped[0].1.clone();
    swapped[0].1 = swapped[1].1.clone();
    swapped[1].1 = first;
    assert!(open(swapped).is_err());
    for place in 0..records[0].1.len() {
        let mut changed = records.clone();
        changed[0].1[place] ^= 1;
        assert!(open(changed).is_err(), "byte {place}");
    }
}

#[test]
fn batches_count_up_and_only_changes_make_one() {
    let (mut store, _) = open(vec![]).unwrap();
    assert!(store.take_batch().is_none());
    store.put("a", "1");
    assert_eq!(store.take_batch().unwrap().number, 1);
    store.skip_batches(10);
    store.delete("a");
    let batch = store.take_batch().unwrap();
    assert_eq!(batch.number, 11);
    assert!(batch.records.iter().any(|(_, value)| value.is_none()));
    store.wipe();
    assert!(store.take_batch().unwrap().wipe);
}
