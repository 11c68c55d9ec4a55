//! Datagrams that leave together: a system sends those of one size to one client in one call (UDP GSO).

use crate::limits::{MAX_SPARE, MAX_SPARE_BYTES, MOST_IN_TRAIN, MOST_TRAIN_BYTES};

/// Datagrams of one size, one right after the other; the last one may be shorter.
#[derive(Debug)]
pub(crate) struct Train {
    pub(crate) bytes: Vec<u8>,
    pub(crate) segment: usize,
}

impl Train {
    fn takes(&self, len: usize) -> bool {
        let whole = self.bytes.len().is_multiple_of(self.segment);
        let most = (self.segment * MOST_IN_TRAIN).min(MOST_TRAIN_BYTES);
        whole && len <= self.segment && self.bytes.len() + len <= most
    }
}

/// What leaves, in its order.
#[derive(Debug, Default)]
pub(crate) struct Trains {
    trains: Vec<Train>,
    /// Memory of trains that left.
    spare: Vec<Vec<u8>>,
}

impl Trains {
    /// Adds a datagram, whose bytes the caller fills in.
    pub(super) fn add(&mut self, len: usize) -> &mut [u8] {
        /// Packets of a frame: what a train has room for from the beginning.
        const USUAL: usize = 6;
        let len = len.max(1);
        if !self.trains.last().is_some_and(|train| train.takes(len)) {
            let mut bytes = self.spare.pop().unwrap_or_default();
            bytes.clear();
            bytes.reserve(len * USUAL);
            self.trains.push(Train { bytes, segment: len });
        }
        let Some(train) = self.trains.last_mut() else {
            return &mut [];
        };
        let begins = train.bytes.len();
        train.bytes.resize(begins + len, 0);
        train.bytes.get_mut(begins..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, datagram: &[u8]) {
        self.add(datagram.len()).copy_from_slice(datagram);
    }

    /// Takes the last datagram, of so many bytes, back.
    pub(super) fn take_back(&mut self, len: usize) {
        if let Some(train) = self.trains.last_mut() {
            train.bytes.truncate(train.bytes.len().saturating_sub(len));
        }
        self.trains.pop_if(|train| train.bytes.is_empty());
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Train> {
        self.trains.drain(..)
    }

    /// Takes memory back that was sent.
    pub(crate) fn reuse(&mut self, bytes: Vec<u8>) {
        if self.spare.len() < MAX_SPARE && bytes.capacity() <= MAX_SPARE_BYTES {
            self.spare.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(lens: &[usize]) -> Vec<Vec<usize>> {
        let mut trains = Trains::default();
        for len in lens {
            trains.push(&vec![0; *len]);
        }
        let of = |train: Train| train.bytes.chunks(train.segment).map(<[u8]>::len).collect();
        trains.drain().map(of).collect()
    }

    #[test]
    fn a_train_has_one_size_and_a_shorter_one_ends_it() {
        assert_eq!(sizes(&[9, 9, 4, 9, 9]), [vec![9, 9, 4], vec![9, 9]]);
        assert_eq!(sizes(&[4, 9, 4, 4]), [vec![4], vec![9, 4], vec![4]]);
        assert_eq!(sizes(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_train_is_no_longer_than_systems_take() {
        let many = sizes(&[100; MOST_IN_TRAIN + 1]);
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [MOST_IN_TRAIN, 1]);
        let large = sizes(&[1_400; 50]);
        assert!(
            large
                .iter()
                .all(|train| train.iter().sum::<usize>() <= MOST_TRAIN_BYTES)
        );
        assert_eq!(large.concat().len(), 50);
    }

    #[test]
    fn what_is_taken_back_leaves_the_rest() {
        let mut trains = Trains::default();
        trains.push(&[1; 9]);
        trains.add(4);
        trains.take_back(4);
        trains.push(&[2; 9]);
        let bytes: Vec<Vec<u8>> = trains.drain().map(|train| train.bytes).collect();
        assert_eq!(bytes, [[[1; 9], [2; 9]].concat()]);
        trains.add(4);
        trains.take_back(4);
        assert_eq!(trains.drain().count(), 0);
    }
}
