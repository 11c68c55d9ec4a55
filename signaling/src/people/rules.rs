//! What is said of people who are not found.

use protocol::{Code, Problem, policies::Policies};

/// R21: the answer about an ID that nobody of the network has. Where the network allows no contacts from outside, that is
/// said, and in the same words for everybody: whether another network has somebody of this ID is nobody's to learn.
pub fn not_found(policies: &Policies) -> Problem {
    if policies.outside_contacts {
        Problem::new(Code::NotFound, "nobody has this ID")
    } else {
        Problem::new(
            Code::OutsideContactsOff,
            "nobody of this network has this ID, and it allows no others",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R21: off, there is a reason; on, there is just nobody.
    #[test]
    fn the_reason_says_that_the_network_allows_no_others() {
        let mut policies = Policies::default();
        assert_eq!(not_found(&policies).code, Code::NotFound);
        policies.outside_contacts = false;
        assert_eq!(not_found(&policies).code, Code::OutsideContactsOff);
    }
}
