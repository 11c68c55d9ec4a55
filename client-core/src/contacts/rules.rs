//! What follows from what the user said of a contact.

use protocol::{
    identity::PublicKey,
    limits::{MAX_ID_VIDEO_LEN, MAX_ID_VIDEO_MS},
    policies::Verify,
    socket::ContactStanding,
};

use super::{Statement, Verdict};
use crate::{api::Trust, files::FileDescriptor};

/// How a person presents itself now.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a> {
    pub(crate) aik: PublicKey,
    pub(crate) email: &'a str,
    /// Nothing while there is no card.
    pub(crate) name: Option<&'a str>,
}

/// R32: what was said holds for exactly the key, the e-mail and the name of which it was said. Who is not wanted stays so,
/// whatever changes: else another key would take it back.
pub(crate) fn trust(
    presented: Presented<'_>,
    pinned: Option<PublicKey>,
    statement: Option<&Statement>,
) -> Trust {
    match statement.map(|statement| statement.verdict) {
        Some(Verdict::Declined) => return Trust::Declined,
        Some(Verdict::Blocked) => return Trust::Blocked,
        _ => {}
    }
    if pinned.is_some_and(|aik| aik != presented.aik) {
        return Trust::Changed;
    }
    let Some(statement) = statement.filter(|statement| statement.verdict.is_verified()) else {
        return Trust::Unverified;
    };
    let same = statement.email == presented.email && presented.name.is_none_or(|name| name == statement.name);
    if same { Trust::Verified } else { Trust::Changed }
}

/// R26, R29: why the user sends nothing to this contact in a direct room and does not call there, if so.
pub(crate) fn may_talk(policy: Verify, trust: Trust) -> Result<(), &'static str> {
    match trust {
        Trust::Declined | Trust::Blocked => Err("contact_declined"),
        Trust::Changed => Err("identity_changed"),
        Trust::Unverified if policy == Verify::Required => Err("verify_first"),
        Trust::Own | Trust::Unverified | Trust::Verified => Ok(()),
    }
}

/// Likewise: whether what the contact says in a direct room is taken. It is by the key that the room knows, so a card that
/// tells of another one takes nothing away.
pub(crate) fn may_hear(policy: Verify, trust: Trust) -> bool {
    match trust {
        Trust::Declined | Trust::Blocked => false,
        Trust::Unverified | Trust::Changed => policy != Verify::Required,
        Trust::Own | Trust::Verified => true,
    }
}

/// Whether an ID video of the contact is taken: also before anything else is.
pub(crate) fn may_show(trust: Trust) -> bool {
    !matches!(trust, Trust::Declined | Trust::Blocked)
}

/// What the server is told: no more than it has to enforce.
pub(crate) fn standing(policy: Verify, trust: Trust) -> ContactStanding {
    match trust {
        Trust::Declined | Trust::Blocked => ContactStanding::Declined,
        Trust::Verified if policy == Verify::Required => ContactStanding::Accepted,
        _ => ContactStanding::Open,
    }
}

/// Whether a file may be an ID video: a video that a person watches to its end.
pub(crate) fn is_id_video(file: &FileDescriptor) -> bool {
    file.media_type.starts_with("video/")
        && file.size <= MAX_ID_VIDEO_LEN
        && file
            .duration_ms
            .is_some_and(|ms| (1..=MAX_ID_VIDEO_MS).contains(&ms))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::BlobId;

    use super::*;
    use crate::{
        files::{FileKey, NonceBase},
        identity::Aik,
        random::Random,
    };

    fn key(seed: u8) -> PublicKey {
        Aik::generate(&Random::new([seed; 32])).public()
    }

    fn bob(aik: u8) -> Presented<'static> {
        Presented {
            aik: key(aik),
            email: "bob@example.org",
            name: Some("Bob"),
        }
    }

    fn said(verdict: Verdict) -> Statement {
        Statement {
            verdict,
            aik: key(1),
            email: "bob@example.org".to_owned(),
            name: "Bob".to_owned(),
            taken: None,
        }
    }

    /// R32: any change drops what was said.
    #[test]
    fn whoever_was_verified_is_not_under_another_key_address_or_name() {
        for verdict in [Verdict::Video, Verdict::InPerson] {
            let said = said(verdict);
            let trust_in = |presented| trust(presented, Some(key(1)), Some(&said));
            assert_eq!(trust_in(bob(1)), Trust::Verified);
            assert_eq!(trust_in(bob(2)), Trust::Changed);
            let email = Presented {
                email: "rob@example.org",
                ..bob(1)
            };
            let name = Presented {
                name: Some("Rob"),
                ..bob(1)
            };
            let unknown = Presented { name: None, ..bob(1) };
            assert_eq!(trust_in(email), Trust::Changed);
            assert_eq!(trust_in(name), Trust::Changed);
            assert_eq!(trust_in(unknown), Trust::Verified);
        }
    }

    #[test]
    fn a_key_that_was_taken_as_it_is_is_not_verified_and_another_one_shows() {
        assert_eq!(trust(bob(1), None, None), Trust::Unverified);
        assert_eq!(
            trust(bob(1), Some(key(1)), Some(&said(Verdict::Open))),
            Trust::Unverified
        );
        assert_eq!(
            trust(bob(2), Some(key(1)), Some(&said(Verdict::Open))),
            Trust::Changed
        );
        assert_eq!(trust(bob(2), Some(key(1)), None), Trust::Changed);
    }

    /// R29: another key, address or name does not take it back.
    #[test]
    fn who_is_not_wanted_stays_so() {
        for (verdict, expected) in [
            (Verdict::Declined, Trust::Declined),
            (Verdict::Blocked, Trust::Blocked),
        ] {
            for presented in [bob(1), bob(2)] {
                let trust = trust(presented, Some(key(1)), Some(&said(verdict)));
                assert_eq!(trust, expected);
                for policy in [Verify::Off, Verify::Optional, Verify::Required] {
                    assert_eq!(may_talk(policy, trust), Err("contact_declined"));
                    assert!(!may_hear(policy, trust) && !may_show(trust));
                    assert_eq!(standing(policy, trust), ContactStanding::Declined);
                }
            }
        }
    }

    /// R26: with `required`, nothing but who they are is taken from who is not verified, and nothing sent there.
    #[test]
    fn a_policy_that_requires_it_is_kept_in_both_directions() {
        for trust in [Trust::Unverified, Trust::Changed] {
            assert!(may_talk(Verify::Required, trust).is_err());
            assert!(!may_hear(Verify::Required, trust));
            assert!(may_hear(Verify::Optional, trust));
            assert!(may_show(trust));
            assert_eq!(standing(Verify::Required, trust), ContactStanding::Open);
        }
        assert_eq!(may_talk(Verify::Optional, Trust::Unverified), Ok(()));
        assert_eq!(may_talk(Verify::Required, Trust::Verified), Ok(()));
        assert!(may_hear(Verify::Required, Trust::Verified));
    }

    /// The server learns that somebody was verified where it has to enforce it, and nowhere else.
    #[test]
    fn the_server_is_told_no_more_than_it_enforces() {
        assert_eq!(
            standing(Verify::Required, Trust::Verified),
            ContactStanding::Accepted
        );
        for policy in [Verify::Off, Verify::Optional] {
            assert_eq!(standing(policy, Trust::Verified), ContactStanding::Open);
        }
    }

    proptest! {
        /// R28: whatever a contact calls its ID video, it is a video, and short.
        #[test]
        fn an_id_video_is_a_short_video(media_type in "(video|image|audio|text)/[a-z0-9]{1,8}", size in 0..=2 * MAX_ID_VIDEO_LEN, ms in proptest::option::of(0..3 * MAX_ID_VIDEO_MS)) {
            let file = FileDescriptor {
                blob_id: BlobId::from_random([1; 16]),
                name: "ID video".to_owned(),
                media_type: media_type.clone(),
                size,
                key: FileKey::new([2; 32]),
                nonce_base: NonceBase([3; 7]),
                hash: [4; 32],
                may_save: false,
                dimensions: None,
                duration_ms: ms,
                waveform: None,
                thumbnail: None,
            };
            let short = ms.is_some_and(|ms| ms > 0 && ms <= MAX_ID_VIDEO_MS);
            prop_assert_eq!(is_id_video(&file), media_type.starts_with("video/") && short && size <= MAX_ID_VIDEO_LEN);
        }
    }
}
