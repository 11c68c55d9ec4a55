//! Requests to an S3 service: each has an end, and only so many are under way at a time.

use std::{ops::Range, time::Duration};

use axum::body::Bytes;
use futures_util::{StreamExt as _, future, stream};
use object_store::{
    BackoffConfig, ClientOptions, ListResult, ObjectStore as _, ObjectStoreExt as _, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    list::{PaginatedListOptions, PaginatedListStore as _},
    path::Path,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{failure::S3Failure, settings::S3Settings};
use crate::limits::{
    MAX_S3_PUT_BLOCKS, MAX_S3_REQUESTS, MAX_S3_RETRIES, S3_BLOCK_LEN, S3_CONNECT_TIMEOUT, S3_PATIENCE,
    S3_REQUEST_TIMEOUT,
};

/// See the module.
pub struct Service {
    store: AmazonS3,
    places: Semaphore,
    /// Blocks of what is being put.
    puts: Semaphore,
    patience: Duration,
}

/// Where a list goes on, and how.
#[derive(Default)]
pub struct Listing {
    /// What the keys begin with.
    pub prefix: String,
    /// Keys that sort after this alone.
    pub after: Option<String>,
    /// Only what stands before the next slash.
    pub folders: bool,
}

impl Service {
    pub fn new(settings: &S3Settings) -> Result<Self, S3Failure> {
        let client = ClientOptions::new()
            .with_connect_timeout(S3_CONNECT_TIMEOUT)
            .with_timeout(S3_REQUEST_TIMEOUT)
            .with_allow_http(
                settings
                    .endpoint
                    .as_deref()
                    .is_some_and(|url| url.starts_with("http://")),
            );
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: MAX_S3_RETRIES,
            retry_timeout: S3_PATIENCE,
        };
        let builder = AmazonS3Builder::new()
            .with_region(&settings.region)
            .with_bucket_name(&settings.bucket)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(settings.secret.expose())
            .with_client_options(client)
            .with_retry(retry);
        let builder = match &settings.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        Ok(Self {
            store: builder.build().map_err(|error| S3Failure::of(&error))?,
            places: Semaphore::new(MAX_S3_REQUESTS),
            puts: Semaphore::new(MAX_S3_PUT_BLOCKS),
            patience: S3_PATIENCE,
        })
    }

    /// With less patience, for tests.
    #[cfg(test)]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// As if so many blocks were being put.
    #[cfg(test)]
    pub async fn hold_puts(&self, blocks: usize) -> tokio::sync::SemaphorePermit<'_> {
        let blocks = u32::try_from(blocks).unwrap();
        self.puts.acquire_many(blocks).await.unwrap()
    }

    /// Stores an object, durably; one of the same key is overwritten.
    pub async fn put(&self, key: &Path, payload: PutPayload) -> Result<(), S3Failure> {
        let blocks = payload
            .content_length()
            .div_ceil(S3_BLOCK_LEN)
            .clamp(1, MAX_S3_PUT_BLOCKS);
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX);
        let put = async {
            // Before it takes a place among all requests, for the others are short.
            let _blocks = self.puts.acquire_many(blocks).await;
            let _place = self.places.acquire().await;
            self.store.put(key, payload).await
        };
        self.patiently(put).await.map(drop)
    }

    /// A part of an object.
    pub async fn get(&self, key: &Path, range: Range<u64>) -> Result<Bytes, S3Failure> {
        self.ask(self.store.get_range(key, range)).await
    }

    /// Deletes objects; those that are not there are no fault.
    pub async fn delete(&self, keys: Vec<Path>) -> Result<(), S3Failure> {
        if keys.is_empty() {
            return Ok(());
        }
        self.ask(async {
            let keys = stream::iter(keys.into_iter().map(Ok)).boxed();
            let deleted = self.store.delete_stream(keys);
            let failed = deleted.filter_map(|deleted| future::ready(deleted.err()));
            let failed =
                failed.filter(|error| future::ready(!matches!(error, object_store::Error::NotFound { .. })));
            // To the end, for one that fails holds up no other.
            failed
                .collect::<Vec<_>>()
                .await
                .into_iter()
                .next()
                .map_or(Ok(()), Err)
        })
        .await
    }

    /// Hands out a list page by page, in the order of keys, until it ends or `take` has enough and says so.
    pub async fn list(
        &self,
        listing: Listing,
        mut take: impl FnMut(ListResult) -> Enough,
    ) -> Result<(), S3Failure> {
        let Listing {
            prefix,
            after,
            folders,
        } = listing;
        let mut page_token = None;
        loop {
            let options = PaginatedListOptions {
                offset: after.clone(),
                delimiter: folders.then(|| "/".into()),
                page_token: page_token.take(),
                ..PaginatedListOptions::default()
            };
            let page = self
                .ask(self.store.list_paginated(Some(&prefix), options))
                .await?;
            page_token = page.page_token;
            if take(page.result) == Enough::Yes || page_token.is_none() {
                return Ok(());
            }
        }
    }

    async fn ask<T>(&self, request: impl Future<Output = object_store::Result<T>>) -> Result<T, S3Failure> {
        let answer = async {
            let _place = self.places.acquire().await;
            request.await
        };
        self.patiently(answer).await
    }

    async fn patiently<T>(
        &self,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, S3Failure> {
        match timeout(self.patience, request).await {
            Ok(answer) => answer.map_err(|error| S3Failure::of(&error)),
            Err(_) => Err(S3Failure::Silent),
        }
    }
}

/// Whether a list need not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    Yes,
    No,
}
