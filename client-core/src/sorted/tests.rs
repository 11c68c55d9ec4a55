use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u16),
    GetOrInsert(u8, u16),
    Remove(u8),
    Change(u8, u16),
    Retain(u8),
    TakeFrom(u8, u8),
    Extend(Vec<(u8, u16)>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<(u8, u16)>().prop_map(|(key, value)| Step::Insert(key, value)),
        any::<(u8, u16)>().prop_map(|(key, value)| Step::GetOrInsert(key, value)),
        any::<u8>().prop_map(Step::Remove),
        any::<(u8, u16)>().prop_map(|(key, value)| Step::Change(key, value)),
        any::<u8>().prop_map(Step::Retain),
        any::<(u8, u8)>().prop_map(|(start, end)| Step::TakeFrom(start, end)),
        proptest::collection::vec(any::<(u8, u16)>(), 0..40).prop_map(Step::Extend),
    ]
}

/// Does the same to both and compares what they answer.
fn take(sorted: &mut SortedMap<u8, u16>, tree: &mut BTreeMap<u8, u16>, step: Step) {
    match step {
        Step::Insert(key, value) => assert_eq!(sorted.insert(key, value), tree.insert(key, value)),
        Step::GetOrInsert(key, value) => {
            assert_eq!(
                sorted.get_or_insert_with(key, || value),
                tree.entry(key).or_insert(value)
            );
        }
        Step::Remove(key) => assert_eq!(sorted.remove(&key), tree.remove(&key)),
        Step::Change(key, value) => {
            let (one, other) = (sorted.get_mut(&key), tree.get_mut(&key));
            assert_eq!(one, other);
            if let (Some(one), Some(other)) = (one, other) {
                (*one, *other) = (value, value);
            }
        }
        Step::Retain(above) => {
            sorted.retain(|key, value| *key > above || *value > 1_000);
            tree.retain(|key, value| *key > above || *value > 1_000);
        }
        Step::TakeFrom(start, end) => {
            let wanted: Vec<(u8, u16)> = tree.range(start..).map(|(key, value)| (*key, *value)).collect();
            let wanted: Vec<_> = wanted.into_iter().take_while(|(key, _)| *key < end).collect();
            tree.retain(|key, _| *key < start || *key >= end);
            assert_eq!(sorted.take_from(&start, |key| *key < end), wanted);
        }
        Step::Extend(entries) => {
            sorted.extend(entries.iter().copied());
            tree.extend(entries);
        }
    }
}

proptest! {
    #[test]
    fn a_sorted_map_does_and_stores_what_a_tree_does(
        steps in proptest::collection::vec(step(), 0..60),
        from in any::<u8>(),
        to in any::<u8>(),
    ) {
        let (mut sorted, mut tree) = (SortedMap::new(), BTreeMap::new());
        for step in steps {
            take(&mut sorted, &mut tree, step);
            prop_assert!(sorted.iter().eq(&tree));
        }
        prop_assert_eq!((sorted.len(), sorted.is_empty()), (tree.len(), tree.is_empty()));
        prop_assert!(sorted.keys().rev().eq(tree.keys().rev()));
        prop_assert!(sorted.values().eq(tree.values()));
        prop_assert_eq!(sorted.get(&from), tree.get(&from));
        prop_assert_eq!(sorted.contains_key(&from), tree.contains_key(&from));
        let (from, to) = (from.min(to), from.max(to));
        prop_assert!(sorted.range(from..to).eq(tree.range(from..to)));

        let stored = crate::compact::to_vec(&sorted);
        prop_assert_eq!(&stored, &crate::compact::to_vec(&tree));
        prop_assert_eq!(crate::compact::from_slice(&stored), Some(sorted.clone()));
        let said = serde_json::to_string(&sorted).unwrap();
        prop_assert_eq!(&said, &serde_json::to_string(&tree).unwrap());
        prop_assert_eq!(serde_json::from_str::<SortedMap<u8, u16>>(&said).unwrap(), sorted);
    }

    #[test]
    fn a_sorted_set_does_what_a_tree_does(
        ones in proptest::collection::vec(any::<u8>(), 0..60),
        others in proptest::collection::vec(any::<u8>(), 0..60),
        one in any::<u8>(),
    ) {
        let (mut sorted, mut tree) = (SortedSet::new(), BTreeSet::new());
        for member in &ones {
            prop_assert_eq!(sorted.insert(*member), tree.insert(*member));
        }
        let (less, fewer): (SortedSet<u8>, BTreeSet<u8>) =
            (others.iter().copied().collect(), others.iter().copied().collect());
        prop_assert!(sorted.difference(&less).eq(tree.difference(&fewer)));
        sorted.extend(others.iter().copied());
        tree.extend(others);
        prop_assert_eq!(sorted.contains(&one), tree.contains(&one));
        prop_assert_eq!(sorted.remove(&one), tree.remove(&one));
        sorted.retain(|member| member % 3 != 0);
        tree.retain(|member| member % 3 != 0);
        prop_assert_eq!((sorted.len(), sorted.is_empty()), (tree.len(), tree.is_empty()));
        prop_assert!(sorted.into_iter().eq(tree));
    }
}

#[test]
fn a_range_that_ends_before_it_begins_is_empty() {
    let sorted: SortedMap<u8, ()> = (0..9).map(|key| (key, ())).collect();
    let (from, to) = (7, 3);
    assert_eq!(sorted.range(from..to).count(), 0);
}

proptest! {
    #[test]
    fn what_is_read_is_brought_into_order(entries in proptest::collection::vec(any::<(u8, u16)>(), 0..40)) {
        let tree: BTreeMap<u8, u16> = entries.iter().copied().collect();
        // A list of pairs is what a map is in postcard.
        let stored = crate::compact::to_vec(&entries);
        let read: SortedMap<u8, u16> = crate::compact::from_slice(&stored).unwrap();
        prop_assert!(read.iter().eq(&tree));
        let said: Vec<String> = entries.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let read: SortedMap<u8, u16> = serde_json::from_str(&format!("{{{}}}", said.join(","))).unwrap();
        prop_assert!(read.iter().eq(&tree));
    }
}
