//! Errors for people: codes of the message catalogue.

use protocol::{Code, Problem};

use crate::{api::Failure, core::shell::Refusal};

/// A failure without values.
pub(crate) fn failure(code: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        params: Default::default(),
    }
}

/// A failure that names one value.
pub(crate) fn failure_with(code: &str, key: &str, value: impl Into<String>) -> Failure {
    Failure {
        code: code.to_owned(),
        params: [(key.to_owned(), value.into())].into(),
    }
}

/// The failure of a problem document: its code, and the time to wait where there is one.
pub(crate) fn of_problem(problem: &Problem) -> Failure {
    let mut failure = failure(&code_name(problem.code));
    if let Some(ms) = problem.retry_after_ms {
        failure
            .params
            .insert("seconds".to_owned(), ms.div_ceil(1000).to_string());
    }
    failure
}

pub(crate) fn of_refusal(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::Problem(problem) => of_problem(problem),
        Refusal::Lost => failure("offline"),
    }
}

/// The code as it is in JSON.
fn code_name(code: Code) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "internal".to_owned(),
    }
}
