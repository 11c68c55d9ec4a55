//! Why an S3 service did not do as it was asked.

use std::{error::Error as StdError, io};

use object_store::client::{HttpError, HttpErrorKind};

/// What it says when requests for a bucket are to go to another region.
const OTHER_REGION: [&str; 4] = [
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
];

/// Longest code of an error that is shown; the longest of Amazon's has 50 letters.
const MAX_CODE_LEN: usize = 64;

/// See the module. Of what the service answers it has the status and the code alone: the answer to a wrong signature quotes
/// the request with all that was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum S3Failure {
    /// There is no connection.
    #[error("the S3 service cannot be reached ({reason})")]
    Unreachable {
        /// What the system said.
        reason: String,
    },
    /// There is a connection, and nothing comes of it.
    #[error("the S3 service does not answer in time")]
    Silent,
    /// The key is not known, the secret is another, or the key may not do this.
    #[error("the S3 service refuses the access key ({code})")]
    Refused {
        /// The service's word for why.
        code: String,
    },
    /// There is no such bucket.
    #[error("the S3 service has no such bucket")]
    NoBucket,
    /// The bucket is in another region.
    #[error("the bucket is in another region")]
    OtherRegion,
    /// There is no such object.
    #[error("the S3 service does not have what should be there")]
    Missing,
    /// Another answer.
    #[error("the S3 service fails ({answer})")]
    Failed {
        /// HTTP status, where it got as far as that.
        status: Option<u16>,
        /// The service's word for it, or the status in words.
        answer: String,
    },
}

impl S3Failure {
    /// Whether it may go away by itself; otherwise somebody has to change a setting.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent => true,
            // 501: it does not know what it was asked for, and will not.
            Self::Failed { status, .. } => status.is_none_or(|status| status >= 500 && status != 501),
            Self::Refused { .. } | Self::NoBucket | Self::OtherRegion | Self::Missing => false,
        }
    }

    pub(super) fn of(error: &object_store::Error) -> Self {
        if let Some(http) = http_error(error) {
            return match http.kind() {
                HttpErrorKind::Timeout => Self::Silent,
                _ => Self::Unreachable {
                    reason: innermost(http),
                },
            };
        }
        // It says these in its words alone.
        let text = error.to_string();
        let (status, code) = (status_in(&text), code_in(&text));
        let region = code.is_some_and(|code| OTHER_REGION.contains(&code))
            || text.contains("redirect without LOCATION");
        let named = || code.map_or_else(|| "no reason given".to_owned(), str::to_owned);
        match error {
            _ if region => Self::OtherRegion,
            _ if code == Some("NoSuchBucket") => Self::NoBucket,
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Refused { code: named() }
            }
            object_store::Error::NotFound { .. } => Self::Missing,
            _ => Self::Failed {
                status,
                answer: match (code, status) {
                    (Some(code), _) => code.to_owned(),
                    (None, Some(status)) => format!("status {status}"),
                    (None, None) => "an answer that cannot be understood".to_owned(),
                },
            },
        }
    }
}

impl From<S3Failure> for io::Error {
    fn from(failure: S3Failure) -> Self {
        let kind = match failure {
            S3Failure::Unreachable { .. } => io::ErrorKind::NotConnected,
            S3Failure::Silent => io::ErrorKind::TimedOut,
            S3Failure::Refused { .. } => io::ErrorKind::PermissionDenied,
            S3Failure::NoBucket | S3Failure::Missing => io::ErrorKind::NotFound,
            S3Failure::OtherRegion | S3Failure::Failed { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, failure)
    }
}

fn http_error(error: &object_store::Error) -> Option<&HttpError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The last of the causes, which says most: "Connection refused", "invalid peer certificate: UnknownIssuer".
fn innermost(error: &HttpError) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| -> Option<&'a (dyn StdError + 'static)> {
        (*error).source()
    })
}

fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// `<Code>NoSuchBucket</Code>`.
fn code_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let fits =
        (1..=MAX_CODE_LEN).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_the_code_is_shown() {
        let text = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>\
                    <AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId><StringToSign>secret</StringToSign></Error>";
        let denied = object_store::Error::PermissionDenied {
            path: "a".to_owned(),
            source: text.into(),
        };
        let failure = S3Failure::of(&denied);
        assert_eq!(
            failure.to_string(),
            "the S3 service refuses the access key (SignatureDoesNotMatch)"
        );
        assert!(!format!("{failure:?}").contains("AKIA") && !failure.may_pass());
        for bad in [
            "<Code></Code>",
            "<Code>a b</Code>",
            "<Code>x",
            "Code",
            &format!("<Code>{}</Code>", "a".repeat(65)),
        ] {
            assert_eq!(code_in(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_somebody_has_to_change() {
        let failed = |text: &str| {
            let error = object_store::Error::Generic {
                store: "S3",
                source: text.into(),
            };
            S3Failure::of(&error)
        };
        let busy = failed("status code: 503 Service Unavailable: <Error><Code>SlowDown</Code></Error>");
        assert_eq!(busy.to_string(), "the S3 service fails (SlowDown)");
        assert!(busy.may_pass());
        assert!(!failed("status code: 501 Not Implemented: ").may_pass());
        assert!(!failed("status code: 400 Bad Request: ").may_pass());
        assert_eq!(
            failed("status code: 301 Moved: <Error><Code>PermanentRedirect</Code></Error>"),
            S3Failure::OtherRegion
        );
    }
}
