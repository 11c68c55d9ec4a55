//! Cards of people, as the server gives them and as far as they can be checked.

use protocol::{
    NetworkId, UserId,
    identity::{Certificate, PublicKey},
    policies::{Policies, Verify},
    socket::Person,
};

use crate::{
    api::{PersonCard, Trust},
    contacts::{
        Verdict,
        rules::{Presented, trust},
    },
    hex::hex,
    identity::{ListError, check_newer},
    messages::{ListHead, OwnState},
    sorted::{SortedMap, SortedSet},
    store::{BadRecord, Loaded, Store, take_all, take_one},
};

/// The people that this device knows.
#[derive(Default)]
pub(crate) struct People {
    cards: SortedMap<UserId, Person>,
    /// Cards that are missing or out of date.
    wanted: SortedSet<UserId>,
    /// A request for cards is on its way.
    pub(crate) asking: bool,
    /// For a guest, who gets no cards: what those in the call are called by their own word.
    said: SortedMap<UserId, String>,
    /// What the network asks in dealing with them.
    policies: Policies,
}

/// As stored: by positions.
type StoredPolicies = (Verify, Verify, bool, bool);

/// Another name than that of earlier forms, which cannot be read as this one.
const POLICIES: &str = "policy";

/// Why a card was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CardError {
    #[error("the parts of the card do not fit each other")]
    Mixed,
    #[error("the card is of another network")]
    OtherNetwork,
    #[error("the device list of the card: {0}")]
    List(#[from] ListError),
}

impl People {
    pub(crate) fn load(loaded: &mut Loaded) -> Result<Self, BadRecord> {
        let cards = take_all::<Person>(loaded, "person/")?;
        let cards = cards.into_iter().map(|(_, card)| (card.user_id, card)).collect();
        let stored: Option<StoredPolicies> = take_one(loaded, POLICIES)?;
        let policies = stored.map(
            |(verify_inside, verify_outside, outside_contacts, forwarding)| Policies {
                verify_inside,
                verify_outside,
                outside_contacts,
                forwarding,
            },
        );
        Ok(Self {
            cards,
            policies: policies.unwrap_or_default(),
            ..Self::default()
        })
    }

    pub(crate) fn policies(&self) -> Policies {
        self.policies
    }

    /// What the server says that the network asks. Answers whether that is news.
    pub(crate) fn set_policies(&mut self, store: &mut Store, policies: Policies) -> bool {
        let Policies {
            verify_inside,
            verify_outside,
            outside_contacts,
            forwarding,
        } = policies;
        if self.policies == policies {
            return false;
        }
        let stored: StoredPolicies = (verify_inside, verify_outside, outside_contacts, forwarding);
        store.put(POLICIES, &stored);
        self.policies = policies;
        true
    }

    /// What is asked of contacts in direct rooms. All are of the own network yet.
    pub(crate) fn verify(&self) -> Verify {
        self.policies.verify(true)
    }

    /// Takes a card, unless it contradicts itself or what is known. A card with another account key than the one
    /// known replaces it: the person's identity changed, which [`People::trust`] shows.
    pub(crate) fn take(
        &mut self,
        store: &mut Store,
        network_id: NetworkId,
        card: Person,
    ) -> Result<(), CardError> {
        self.wanted.remove(&card.user_id);
        let list = card.device_list.body();
        if list.user_id != card.user_id || list.aik != card.aik {
            return Err(CardError::Mixed);
        }
        if card.network_id != network_id {
            return Err(CardError::OtherNetwork);
        }
        if let Some(known) = self.cards.get(&card.user_id)
            && known.aik == card.aik
        {
            check_newer(&known.device_list, &card.device_list)?;
        }
        store.put(format!("person/{}", card.user_id), &card);
        self.cards.insert(card.user_id, card);
        Ok(())
    }

    /// The newest card that is known of a user.
    pub(crate) fn card(&self, user_id: UserId) -> Option<&Person> {
        self.cards.get(&user_id)
    }

    pub(crate) fn want(&mut self, user_id: UserId) {
        self.wanted.insert(user_id);
    }

    pub(crate) fn want_unknown(&mut self, users: impl IntoIterator<Item = UserId>) {
        for user_id in users {
            if !self.cards.contains_key(&user_id) {
                self.wanted.insert(user_id);
            }
        }
    }

    /// Whom to ask for now, at most `limit`.
    pub(crate) fn take_wanted(&mut self, limit: usize) -> Vec<UserId> {
        let wanted: Vec<UserId> = self.wanted.iter().copied().take(limit).collect();
        self.wanted.retain(|user_id| !wanted.contains(user_id));
        wanted
    }

    pub(crate) fn has_wanted(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// A sender says that its own list stands at `head`: where the server shows an older or another one, the card
    /// is fetched again. Answers whether the two contradict each other.
    pub(crate) fn heard_of_list(&mut self, user_id: UserId, head: ListHead) -> bool {
        let Some(known) = self.cards.get(&user_id).map(|card| &card.device_list) else {
            return false;
        };
        let version = known.body().version;
        if head.version > version {
            self.wanted.insert(user_id);
        }
        head.version == version && head.hash != known.hash()
    }

    /// What somebody in the call is called by its own word.
    pub(crate) fn say_name(&mut self, user_id: UserId, name: String) {
        self.said.insert(user_id, name);
    }

    /// The name of a person; while it is not known, the certified e-mail. Of a guest, what it calls itself.
    pub(crate) fn name(&self, user_id: UserId, certificate: Option<&Certificate>) -> String {
        match (self.cards.get(&user_id), certificate) {
            (_, Some(certificate)) if certificate.guest().is_some() => certificate
                .guest()
                .map(|pass| pass.name.clone())
                .unwrap_or_default(),
            (Some(card), _) => card.name.clone(),
            (None, Some(certificate)) => {
                let said = self.said.get(&user_id).cloned();
                said.unwrap_or_else(|| certificate.body().email.to_string())
            }
            (None, None) => String::new(),
        }
    }

    /// What the user interface shows of a person. The key and the e-mail are those of the certificate, where there
    /// is one: the server's card is only a card.
    pub(crate) fn person_card(
        &self,
        user_id: UserId,
        certificate: Option<&Certificate>,
        me: UserId,
        own: &OwnState,
    ) -> PersonCard {
        let card = self.cards.get(&user_id);
        let aik = certificate
            .map(|certificate| certificate.body().aik)
            .or(card.map(|card| card.aik));
        let guest = certificate.is_some_and(|certificate| certificate.guest().is_some());
        let email = certificate
            .filter(|_| !guest)
            .map(|certificate| certificate.body().email.to_string())
            .or(card.map(|card| card.email.to_string()))
            .unwrap_or_default();
        PersonCard {
            user_id,
            name: self.name(user_id, certificate),
            email,
            fingerprint: aik.map(|aik| hex(&aik.fingerprint())).unwrap_or_default(),
            trust: self.trust(user_id, certificate, me, own),
            guest,
        }
    }

    /// The account key of a person, as it is shown now. Where the server's card and the certificate of the room differ, it
    /// is the card's, which is no key that anybody has accepted.
    pub(crate) fn aik(&self, user_id: UserId, certificate: Option<&Certificate>) -> Option<PublicKey> {
        let card = self.cards.get(&user_id).map(|card| card.aik);
        card.or(certificate.map(|certificate| certificate.body().aik))
    }

    /// What one knows of a person's key, by the certificate that a room knows and by the server's card.
    pub(crate) fn trust(
        &self,
        user_id: UserId,
        certificate: Option<&Certificate>,
        me: UserId,
        own: &OwnState,
    ) -> Trust {
        if user_id == me {
            return Trust::Own;
        }
        let card = self.cards.get(&user_id);
        let member = certificate.filter(|certificate| certificate.guest().is_none());
        let name = card.map(|card| card.name.as_str());
        let certified = member.map(|certificate| {
            let body = certificate.body();
            (body.aik, body.email.as_str())
        });
        let claimed = card.map(|card| (card.aik, card.email.as_str()));
        let (pinned, statement) = (own.pinned(user_id), own.contacts().statement(user_id));
        let of = |(aik, email)| trust(Presented { aik, email, name }, pinned, statement);
        match (certified.map(of), claimed.map(of)) {
            // Each of the two has to be what was accepted.
            (Some(one), Some(other)) if one != other => Trust::Changed,
            (Some(trust), _) | (None, Some(trust)) => trust,
            (None, None) => match statement.map(|statement| statement.verdict) {
                Some(Verdict::Declined) => Trust::Declined,
                Some(Verdict::Blocked) => Trust::Blocked,
                Some(verdict) if verdict.is_verified() => Trust::Verified,
                _ => Trust::Unverified,
            },
        }
    }
}
