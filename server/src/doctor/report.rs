//! What a check found, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// People will notice.
    Failed,
    /// It could not be checked.
    Unknown,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked, in snake_case; stable.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            outcome: Outcome::Ok,
            found: found.into(),
            advice: None,
        }
    }

    /// Wrong, with what to do.
    pub fn failed(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            outcome: Outcome::Failed,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    /// Not checked, with what would have to be so.
    pub fn unknown(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Unknown,
            ..Self::failed(name, found, advice)
        }
    }
}

/// All findings.
#[derive(Debug, Serialize)]
pub struct Report {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing is wrong, as far as it could be checked.
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }

    /// One line for each check.
    pub fn write_lines(&self, mut out: impl Write) -> io::Result<()> {
        for check in &self.checks {
            let outcome = match check.outcome {
                Outcome::Ok => "ok      ",
                Outcome::Failed => "FAILED  ",
                Outcome::Unknown => "unknown ",
            };
            let advice = check.advice.as_ref().map(|advice| format!(" To do: {advice}."));
            let (name, found) = (check.name.replace('_', " "), &check.found);
            writeln!(out, "{outcome} {name}: {found}.{}", advice.unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_checked_is_not_wrong() {
        let mut report = Report {
            checks: vec![
                Check::ok("one", "well"),
                Check::unknown("clock", "asked nobody", "ask"),
            ],
        };
        assert!(report.is_well());
        report.checks.push(Check::failed("two_words", "bad", "mend it"));
        assert!(!report.is_well());
        let mut lines = Vec::new();
        report.write_lines(&mut lines).unwrap();
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "ok       one: well.\nunknown  clock: asked nobody. To do: ask.\nFAILED   two words: bad. To do: mend it.\n"
        );
    }
}
