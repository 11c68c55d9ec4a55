//! Reading columns into checked types.

use protocol::{
    BlobId, CallId, DeviceId, Email, Epoch, Generation, GuestLinkId, MessageId, Millis, NetworkId, RoomId,
    Seq, UserId,
    identity::{Certificate, DeviceList, PublicKey},
};
use sqlx::{Row as _, any::AnyRow};

use crate::failure::StoreError;

/// A type that a column can hold.
pub trait Column: Sized {
    /// Reads it; nothing if the value is not one.
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error>;
}

/// Reads columns by name.
pub trait Row {
    /// The value of a column that is never NULL.
    fn get_as<T: Column>(&self, column: &'static str) -> Result<T, StoreError>;
    /// The value of a column that may be NULL.
    fn get_opt<T: Column>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
}

impl Row for AnyRow {
    fn get_as<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        T::read(self, column)?.ok_or(StoreError::Damaged { column })
    }

    fn get_opt<T: Column>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        use sqlx::ValueRef as _;
        if self.try_get_raw(column)?.is_null() {
            Ok(None)
        } else {
            self.get_as(column).map(Some)
        }
    }
}

impl Column for i64 {
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get(column).map(Some)
    }
}

impl Column for Vec<u8> {
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get(column).map(Some)
    }
}

impl Column for String {
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get(column).map(Some)
    }
}

impl Column for u64 {
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get::<i64, _>(column)
            .map(|value| Self::try_from(value).ok())
    }
}

impl Column for Email {
    fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get::<&str, _>(column).map(|text| Self::parse(text).ok())
    }
}

macro_rules! from_bytes {
    ($($name:ty: $read:expr;)*) => {$(
        impl Column for $name {
            fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
                let read: fn(&[u8]) -> Option<$name> = $read;
                row.try_get::<&[u8], _>(column).map(read)
            }
        }
    )*};
}

from_bytes! {
    NetworkId: |bytes| NetworkId::from_slice(bytes);
    UserId: |bytes| UserId::from_slice(bytes);
    DeviceId: |bytes| DeviceId::from_slice(bytes);
    RoomId: |bytes| RoomId::from_slice(bytes);
    GuestLinkId: |bytes| GuestLinkId::from_slice(bytes);
    BlobId: |bytes| BlobId::from_slice(bytes);
    CallId: |bytes| CallId::from_slice(bytes);
    MessageId: |bytes| MessageId::from_slice(bytes);
    PublicKey: |bytes| PublicKey::from_slice(bytes).ok();
    Certificate: |bytes| Certificate::decode(bytes).ok();
    DeviceList: |bytes| DeviceList::decode(bytes).ok();
}

macro_rules! from_counter {
    ($($name:ident)*) => {$(
        impl Column for $name {
            fn read(row: &AnyRow, column: &'static str) -> Result<Option<Self>, sqlx::Error> {
                Ok(u64::read(row, column)?.map($name))
            }
        }
    )*};
}

from_counter! { Epoch Generation Millis Seq }
