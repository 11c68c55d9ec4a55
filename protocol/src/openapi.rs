//! Schemas of the types that are one JSON string or number, for OpenAPI.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr,
        schema::{KnownFormat, Schema, SchemaFormat, Type},
    },
};

use crate::{
    BlobId, Bytes, DeviceId, Email, GuestLinkId, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, DeviceList, PublicKey, Signature},
    pairing::PairingCode,
};

macro_rules! schemas {
    ($($name:ty: $object:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $object.into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

schemas! {
    Bytes: base64url("Binary");
    Certificate: base64url("A device certificate");
    DeviceList: base64url("A device list");
    PublicKey: base64url("An Ed25519 public key");
    Signature: base64url("An Ed25519 signature");
    NetworkId: uuid("A network");
    UserId: uuid("A user");
    DeviceId: uuid("A device");
    RoomId: uuid("A room");
    GuestLinkId: uuid("A guest link");
    BlobId: uuid("A blob");
    Email: string("email", "An e-mail address in its normal form");
    PairingCode: string("pairing-code", "Eight letters and digits, such as K7Q2-9MXP");
    Millis: ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("Milliseconds since the Unix epoch"))
        .build();
}

fn base64url(what: &str) -> Object {
    let description = format!("{what}, unpadded base64url");
    string("base64url", description)
}

fn uuid(what: &str) -> Object {
    string("uuid", what)
}

fn string(format: &str, description: impl Into<String>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
        .description(Some(description.into()))
        .build()
}
