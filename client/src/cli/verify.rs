//! B1: a person's key is accepted by what the person says in person.

use client_core::api::{Command, ContactCard, Judged, Judgement, PersonCard, Reply, Trust};
use conclave_client::ClientError;

use super::{
    answer::{Answer, Check},
    fault::Fault,
    find,
    session::Session,
    texts,
};

/// Digits of a fingerprint: SHA-256 in hexadecimal. Fewer are no proof.
const FINGERPRINT_LEN: usize = 64;

/// Accepts the key where what was typed is what it gives; without anything typed, shows what to compare.
pub async fn verify(
    session: &Session,
    email: &str,
    fingerprint: Option<String>,
    words: Option<String>,
) -> Result<Answer, Fault> {
    let person = find::person(session, email).await?;
    let own_words = words_of(session, &person).await?;
    match (fingerprint, words) {
        (None, None) => return Ok(check(&person, own_words)),
        _ if person.trust == Trust::Own => return Err(Fault::with_code("oneself", texts::ONESELF)),
        (Some(typed), _) => check_fingerprint(&typed, &person.fingerprint)?,
        (None, Some(typed)) => check_words(&typed, &own_words)?,
    }
    let contact = Judged {
        user_id: person.user_id,
        fingerprint: person.fingerprint.clone(),
        blob_id: None,
    };
    let judgement = Judgement::InPerson;
    session
        .client
        .ask(Command::JudgeContact { contact, judgement })
        .await?;
    let user_id = person.user_id;
    let Reply::Contact(card) = session.client.ask(Command::LookAtContact { user_id }).await? else {
        return Err(ClientError::Confused.into());
    };
    let ContactCard { person, .. } = *card;
    Ok(check(&person, own_words))
}

async fn words_of(session: &Session, person: &PersonCard) -> Result<Vec<String>, Fault> {
    let user_id = person.user_id;
    match session.client.ask(Command::ContactWords { user_id }).await? {
        Reply::Words { words } => Ok(words),
        _ => Err(ClientError::Confused.into()),
    }
}

fn check(person: &PersonCard, words: Vec<String>) -> Answer {
    Answer::Check(Check {
        email: person.email.clone(),
        name: person.name.clone(),
        fingerprint: person.fingerprint.clone(),
        words,
        trust: person.trust,
    })
}

fn check_fingerprint(typed: &str, known: &str) -> Result<(), Fault> {
    let is_filler = |c: char| c.is_whitespace() || matches!(c, ':' | '-');
    let digits: String = typed.chars().filter(|c| !is_filler(*c)).collect();
    let digits = digits.to_ascii_lowercase();
    if digits.len() != FINGERPRINT_LEN || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Fault::with_code(
            "fingerprint_malformed",
            texts::FINGERPRINT_MALFORMED,
        ));
    }
    if digits != known.to_ascii_lowercase() {
        return Err(Fault::with_code(
            "fingerprint_differs",
            texts::FINGERPRINT_DIFFERS,
        ));
    }
    Ok(())
}

fn check_words(typed: &str, known: &[String]) -> Result<(), Fault> {
    let typed: Vec<String> = typed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if typed.is_empty() || typed != *known {
        return Err(Fault::with_code("words_differ", texts::WORDS_DIFFER));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// B1: only the whole fingerprint of the very key is taken.
    #[test]
    fn only_the_whole_fingerprint_is_taken() {
        assert!(check_fingerprint(KNOWN, KNOWN).is_ok());
        let spoken = KNOWN.to_uppercase().replace("AB", "AB : ");
        assert!(check_fingerprint(&spoken, KNOWN).is_ok());
        let other = KNOWN.replacen('0', "1", 1);
        let code = |typed: &str| check_fingerprint(typed, KNOWN).unwrap_err().code;
        assert_eq!(code(&other), "fingerprint_differs");
        for typed in [
            "",
            "0123",
            &KNOWN[1..],
            &format!("{KNOWN}0"),
            &KNOWN.replace('0', "g"),
        ] {
            assert_eq!(code(typed), "fingerprint_malformed", "{typed}");
        }
    }

    /// B1: all words, in their order.
    #[test]
    fn only_all_words_in_order_are_taken() {
        let known: Vec<String> = ["apple", "river", "stone"].map(str::to_owned).to_vec();
        assert!(check_words("Apple, river  stone.", &known).is_ok());
        for typed in [
            "",
            "apple river",
            "river apple stone",
            "apple river stone moon",
            "apple river stones",
        ] {
            assert_eq!(
                check_words(typed, &known).unwrap_err().code,
                "words_differ",
                "{typed}"
            );
        }
        assert!(check_words("", &[]).is_err());
    }
}
