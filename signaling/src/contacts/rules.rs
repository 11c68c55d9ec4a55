//! Who may deal with whom in a direct room.

use protocol::{
    Code, Problem,
    limits::{MAX_CONTACT_STANDINGS, MAX_INTRODUCTION_LEN},
    policies::Verify,
    socket::ContactStanding,
};

/// How two users stand with each other, seen by who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// How who asks stands with the other.
    pub mine: ContactStanding,
    /// How the other stands with who asks.
    pub theirs: ContactStanding,
}

/// R29: whether one may open a direct room with the other.
pub fn check_open(pair: Pair) -> Result<(), Problem> {
    match (pair.mine, pair.theirs) {
        (ContactStanding::Declined, _) => Err(Problem::new(
            Code::ContactDeclined,
            "the user declined this contact",
        )),
        (_, ContactStanding::Declined) => Err(not_verified()),
        _ => Ok(()),
    }
}

/// R26, R29: whether one may send to the other, and be in a call with the other. Both directions are one: what one may not
/// send, the other could not answer.
pub fn check_talk(policy: Verify, pair: Pair) -> Result<(), Problem> {
    check_open(pair)?;
    if policy != Verify::Required {
        return Ok(());
    }
    if pair.mine != ContactStanding::Accepted {
        return Err(Problem::new(
            Code::VerifyFirst,
            "the network asks to verify this contact first",
        ));
    }
    if pair.theirs != ContactStanding::Accepted {
        return Err(not_verified());
    }
    Ok(())
}

/// Whether a message passes that shows who one is to who has not verified it yet. What is in it the server cannot see; it
/// is short, and honest clients take nothing else out of it.
pub fn check_introduction(pair: Pair, len: usize) -> Result<(), Problem> {
    check_open(pair)?;
    if len > MAX_INTRODUCTION_LEN {
        return Err(Problem::new(Code::TooLarge, "that is more than an ID video"));
    }
    Ok(())
}

/// Whether the server keeps one more.
pub fn check_count(kept: usize) -> Result<(), Problem> {
    if kept >= MAX_CONTACT_STANDINGS {
        return Err(Problem::new(Code::Full, "too many contacts"));
    }
    Ok(())
}

/// The same for who was declined and who was not verified yet: nobody is to learn which.
fn not_verified() -> Problem {
    Problem::new(Code::NotVerified, "the contact has not verified this user")
}

#[cfg(test)]
mod tests {
    use super::*;

    use ContactStanding::{Accepted, Declined, Open};
    use Verify::{Off, Optional, Required};

    fn talk(policy: Verify, mine: ContactStanding, theirs: ContactStanding) -> Result<(), Code> {
        check_talk(policy, Pair { mine, theirs }).map_err(|problem| problem.code)
    }

    /// R29: nothing passes either way, and who was declined is told no more than "not verified".
    #[test]
    fn who_declined_and_who_was_declined_have_nothing_to_do_with_each_other() {
        for policy in [Off, Optional, Required] {
            for other in [Open, Accepted, Declined] {
                assert_eq!(talk(policy, Declined, other), Err(Code::ContactDeclined));
            }
            assert_eq!(talk(policy, Accepted, Declined), Err(Code::NotVerified));
        }
        assert_eq!(talk(Optional, Open, Declined), Err(Code::NotVerified));
        let pair = Pair {
            mine: Open,
            theirs: Declined,
        };
        assert_eq!(
            check_open(pair).unwrap_err(),
            check_talk(
                Required,
                Pair {
                    mine: Accepted,
                    theirs: Open
                }
            )
            .unwrap_err()
        );
        assert_eq!(check_introduction(pair, 10).unwrap_err().code, Code::NotVerified);
    }

    /// R26: where the policy requires it, both have verified the other before anything but ID videos passes.
    #[test]
    fn a_policy_that_requires_it_waits_for_both() {
        for policy in [Off, Optional] {
            assert_eq!(talk(policy, Open, Open), Ok(()));
        }
        assert_eq!(talk(Required, Open, Accepted), Err(Code::VerifyFirst));
        assert_eq!(talk(Required, Accepted, Open), Err(Code::NotVerified));
        assert_eq!(talk(Required, Accepted, Accepted), Ok(()));
        let strangers = Pair {
            mine: Open,
            theirs: Open,
        };
        assert_eq!(check_open(strangers), Ok(()));
        assert_eq!(check_introduction(strangers, MAX_INTRODUCTION_LEN), Ok(()));
        let refused = check_introduction(strangers, MAX_INTRODUCTION_LEN + 1);
        assert_eq!(refused.unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn the_server_keeps_no_endless_list() {
        assert_eq!(check_count(MAX_CONTACT_STANDINGS - 1), Ok(()));
        assert_eq!(check_count(MAX_CONTACT_STANDINGS).unwrap_err().code, Code::Full);
    }
}
