//! Roles, and who may give which; what becomes of policies.

use protocol::policies::Policies;

use super::{PolicyChange, Role};

/// The policies after a change.
pub(crate) fn changed(before: Policies, change: PolicyChange) -> Policies {
    Policies {
        verify_inside: change.verify_inside.unwrap_or(before.verify_inside),
        verify_outside: change.verify_outside.unwrap_or(before.verify_outside),
        outside_contacts: change.outside_contacts.unwrap_or(before.outside_contacts),
        forwarding: change.forwarding.unwrap_or(before.forwarding),
    }
}

impl Role {
    pub(crate) fn to_stored(self) -> i64 {
        match self {
            Self::Member => 1,
            Self::Administrator => 2,
            Self::Owner => 3,
        }
    }

    pub(crate) fn from_stored(stored: i64) -> Option<Self> {
        [Self::Member, Self::Administrator, Self::Owner]
            .into_iter()
            .find(|role| role.to_stored() == stored)
    }

    /// Whether who has this role may invite people.
    pub(crate) fn may_invite(self) -> bool {
        self >= Self::Administrator
    }
}

#[cfg(test)]
mod tests {
    use protocol::policies::Verify;

    use super::*;

    /// R21, R26: two policies that are independent of each other, and two switches.
    #[test]
    fn what_is_not_changed_stays() {
        let required = PolicyChange {
            verify_inside: Some(Verify::Required),
            ..PolicyChange::default()
        };
        let closed = PolicyChange {
            outside_contacts: Some(false),
            ..PolicyChange::default()
        };
        let kept = PolicyChange {
            forwarding: Some(false),
            ..PolicyChange::default()
        };
        let after = changed(changed(Policies::default(), required), closed);
        assert!(after.forwarding);
        assert!(!changed(after, kept).forwarding);
        assert_eq!(after.verify_inside, Verify::Required);
        assert_eq!(after.verify_outside, Verify::Optional);
        assert!(!after.outside_contacts);
        assert_eq!(changed(after, PolicyChange::default()), after);
    }

    #[test]
    fn only_administrators_and_owners_invite() {
        assert!(!Role::Member.may_invite());
        assert!(Role::Administrator.may_invite());
        assert!(Role::Owner.may_invite());
    }

    #[test]
    fn roles_survive_the_database() {
        for role in [Role::Member, Role::Administrator, Role::Owner] {
            assert_eq!(Role::from_stored(role.to_stored()), Some(role));
        }
        assert_eq!(Role::from_stored(0), None);
    }
}
