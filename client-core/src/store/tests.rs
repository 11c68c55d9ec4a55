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
    let records = written(store.take_batch().unwrap().unwrap());
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
    let records = written(store.take_batch().unwrap().unwrap());
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
    assert!(store.take_batch().unwrap().is_none());
    store.put("a", "1");
    assert_eq!(store.take_batch().unwrap().unwrap().number, 1);
    store.skip_batches(10);
    store.delete("a");
    let batch = store.take_batch().unwrap().unwrap();
    assert_eq!(batch.number, 11);
    assert!(batch.records.iter().any(|(_, value)| value.is_none()));
    store.wipe();
    assert!(store.take_batch().unwrap().unwrap().wipe);
}

/// A counter that stood still would let messages leave before their keys are stored.
#[test]
fn the_counter_of_batches_never_stands_still() {
    let (mut store, _) = open(vec![]).unwrap();
    store.put("a", "1");
    store.skip_batches(BATCH_END - 2);
    assert_eq!(store.take_batch().unwrap().unwrap().number, BATCH_END - 1);
    store.put("a", "2");
    assert!(matches!(store.take_batch(), Err(NumbersSpent)));
    store.skip_batches(u64::MAX);
    assert!(matches!(store.take_batch(), Err(NumbersSpent)));
}

#[test]
fn only_numbers_that_a_device_reaches_are_believed() {
    let (mut store, _) = open(vec![]).unwrap();
    store.skip_batches(7);
    assert!(store.can_have_written(3));
    assert!(store.can_have_written(7 + MAX_BATCH_JUMP));
    assert!(!store.can_have_written(8 + MAX_BATCH_JUMP));
    assert!(!store.can_have_written(u64::MAX));
    store.skip_batches(BATCH_END - 2);
    assert!(store.can_have_written(BATCH_END - 1));
    assert!(!store.can_have_written(BATCH_END));
}
