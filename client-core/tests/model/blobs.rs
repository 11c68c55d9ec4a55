//! Blobs, as far as devices themselves ask about them: they are put here by tests, and deleted by their secrets.

use std::collections::BTreeMap;

use protocol::{BlobId, Code, Problem};

use super::accounts::Accounts;

#[derive(Default)]
pub struct Blobs {
    /// Each with the secret of its upload.
    pub kept: BTreeMap<BlobId, String>,
    /// Every request is answered so.
    pub status: Option<u16>,
    pub requests: u32,
}

impl Accounts {
    pub fn blob(
        &mut self,
        method: &str,
        blob_id: &str,
        token: Option<&str>,
        headers: &[(&'static str, String)],
    ) -> (u16, Vec<u8>) {
        self.blobs.requests += 1;
        assert_eq!(method, "DELETE");
        let blob_id: BlobId = blob_id.parse().unwrap();
        if let Some(status) = self.blobs.status {
            return (status, vec![]);
        }
        let known = token.is_some_and(|token| self.tokens.values().any(|known| known == token));
        if !known {
            return no(Code::Unauthenticated);
        }
        let secret = headers.iter().find(|(name, _)| *name == "upload-secret");
        if self.blobs.kept.get(&blob_id) != secret.map(|(_, secret)| secret) {
            return no(Code::NotFound);
        }
        self.blobs.kept.remove(&blob_id);
        (204, vec![])
    }
}

fn no(code: Code) -> (u16, Vec<u8>) {
    let problem = Problem::new(code, "");
    (problem.status, serde_json::to_vec(&problem).unwrap())
}
