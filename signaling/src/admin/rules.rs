//! Roles, and who may give which.

use super::Role;

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
    use super::*;

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
