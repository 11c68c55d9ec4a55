//! What a message says of a file. CBOR: a map with text keys, of which unknown ones are passed over.

use std::fmt;

use file_sealing::{BASE_LEN, FileKey, MAX_LEN, NonceBase, Opener};
use protocol::{BlobId, identity::is_invisible};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::Zeroize;

use crate::limits::{
    MAX_FILE_NAME_LEN, MAX_MEDIA_TYPE_LEN, MAX_PICTURE_SIDE, MAX_THUMBNAIL_LEN, MAX_WAVEFORM_LEN,
};

/// A file that was sent: where it is, what opens it, and how it is shown before it is there. Never printed, for key and
/// name are the room's alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct FileDescriptor {
    /// Which blob of the server.
    pub blob_id: BlobId,
    /// What the file is called: a name, no path.
    pub name: String,
    /// What is in it, as its sender says: `type/subtype`, in small letters.
    pub media_type: String,
    /// Length of the file in bytes, without its padding.
    pub size: u64,
    /// What opens it.
    pub key: FileKey,
    /// The beginning of its nonces.
    pub nonce_base: NonceBase,
    /// SHA-256 of the blob.
    pub hash: [u8; 32],
    /// Whether it may be kept outside (R45). Honest clients keep to it.
    pub may_save: bool,
    /// Of pictures and videos, so that there is room for them before they come.
    pub dimensions: Option<Dimensions>,
    /// Of sounds and videos.
    pub duration_ms: Option<u64>,
    /// Of a voice note: how loud it is over its time, each byte for one of as many equal parts.
    pub waveform: Option<Vec<u8>>,
    /// A small picture, in a form that the media type of the file need not be: WebP or JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

/// Size of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// Why a descriptor is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDescriptor {
    /// No name, a path, too long, or with characters that hide what it is.
    #[error("the name cannot be the name of a file")]
    Name,
    /// Not `type/subtype`.
    #[error("the media type is none")]
    MediaType,
    /// Longer than a file can be.
    #[error("the size is beyond what a file can have")]
    Size,
    /// Key, nonce base or hash have another length than they must.
    #[error("key, nonce base or hash is of another length")]
    Secret,
    /// Half of them, nothing, or more than a picture can have.
    #[error("the dimensions are none of a picture")]
    Dimensions,
    /// Longer than it may be, or of something that has no duration.
    #[error("the waveform is none")]
    Waveform,
    /// Empty, or larger than it may be.
    #[error("the thumbnail is empty or too large")]
    Thumbnail,
}

impl FileDescriptor {
    /// This one, if others would take it.
    pub fn checked(self) -> Result<Self, BadDescriptor> {
        let is_picture = |side: u32| (1..=MAX_PICTURE_SIDE).contains(&side);
        let fits = |bytes: &Option<Vec<u8>>, most| {
            bytes
                .as_ref()
                .is_none_or(|bytes| (1..=most).contains(&bytes.len()))
        };
        if !is_file_name(&self.name) {
            return Err(BadDescriptor::Name);
        }
        if !is_media_type(&self.media_type) {
            return Err(BadDescriptor::MediaType);
        }
        if self.size > MAX_LEN {
            return Err(BadDescriptor::Size);
        }
        if self
            .dimensions
            .is_some_and(|size| !is_picture(size.width) || !is_picture(size.height))
        {
            return Err(BadDescriptor::Dimensions);
        }
        let waveform_of_nothing = self.waveform.is_some() && self.duration_ms.is_none();
        if !fits(&self.waveform, MAX_WAVEFORM_LEN) || waveform_of_nothing {
            return Err(BadDescriptor::Waveform);
        }
        if !fits(&self.thumbnail, MAX_THUMBNAIL_LEN) {
            return Err(BadDescriptor::Thumbnail);
        }
        Ok(self)
    }

    /// Opens its chunks.
    pub fn opener(&self) -> Result<Opener, BadDescriptor> {
        Opener::new(&self.key, self.nonce_base, self.size).map_err(|_| BadDescriptor::Size)
    }
}

impl fmt::Debug for FileDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDescriptor")
            .field("blob_id", &self.blob_id)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Whether a name may stand in a folder and in a list: no path, nothing that cannot be seen, nothing that turns the order
/// of what can be seen around (`fdp.exe` that reads `exe.pdf`).
fn is_file_name(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let is_hidden = |at: usize, c: char| {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = at.checked_add(1).and_then(|at| chars.get(at));
        let is_joined = |c: Option<&char>| c.is_some_and(|c| !c.is_ascii() && !c.is_control());
        match c {
            '/' | '\\' => true,
            // Emoji and some scripts are written with them; between letters of ASCII they only hide.
            '\u{200c}' | '\u{200d}' => !is_joined(before) || !is_joined(after),
            '\u{fe00}'..='\u{fe0f}' => !is_joined(before),
            c => c.is_control() || is_invisible(c),
        }
    };
    (1..=MAX_FILE_NAME_LEN).contains(&name.len())
        && !chars.iter().enumerate().any(|(at, c)| is_hidden(at, *c))
        && name.trim() == name
        && !matches!(name, "." | "..")
}

/// `type/subtype` of RFC 6838's restricted names, without parameters.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte)
            })
    };
    text.len() <= MAX_MEDIA_TYPE_LEN
        && text
            .split_once('/')
            .is_some_and(|(kind, of)| is_name(kind) && is_name(of))
}

/// The form in which it travels.
#[derive(Serialize, Deserialize)]
struct Wire {
    blob_id: BlobId,
    name: String,
    media_type: String,
    size: u64,
    key: Secret,
    nonce_base: ByteBuf,
    hash: ByteBuf,
    may_save: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waveform: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thumbnail: Option<ByteBuf>,
}

/// Bytes that are wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Secret(ByteBuf);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<FileDescriptor> for Wire {
    fn from(file: FileDescriptor) -> Self {
        Self {
            blob_id: file.blob_id,
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            key: Secret(ByteBuf::from(file.key.as_bytes().as_slice())),
            nonce_base: ByteBuf::from(file.nonce_base.0.as_slice()),
            hash: ByteBuf::from(file.hash.as_slice()),
            may_save: file.may_save,
            width: file.dimensions.map(|size| size.width),
            height: file.dimensions.map(|size| size.height),
            duration_ms: file.duration_ms,
            waveform: file.waveform.map(ByteBuf::from),
            thumbnail: file.thumbnail.map(ByteBuf::from),
        }
    }
}

impl TryFrom<Wire> for FileDescriptor {
    type Error = BadDescriptor;

    fn try_from(wire: Wire) -> Result<Self, BadDescriptor> {
        let nonce_base: [u8; BASE_LEN] = array(&wire.nonce_base)?;
        let dimensions = match (wire.width, wire.height) {
            (Some(width), Some(height)) => Some(Dimensions { width, height }),
            (None, None) => None,
            _ => return Err(BadDescriptor::Dimensions),
        };
        Self {
            blob_id: wire.blob_id,
            name: wire.name,
            media_type: wire.media_type,
            size: wire.size,
            key: FileKey::from_slice(&wire.key.0).ok_or(BadDescriptor::Secret)?,
            nonce_base: NonceBase(nonce_base),
            hash: array(&wire.hash)?,
            may_save: wire.may_save,
            dimensions,
            duration_ms: wire.duration_ms,
            waveform: wire.waveform.map(ByteBuf::into_vec),
            thumbnail: wire.thumbnail.map(ByteBuf::into_vec),
        }
        .checked()
    }
}

pub(super) fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], BadDescriptor> {
    bytes.try_into().map_err(|_| BadDescriptor::Secret)
}

#[cfg(test)]
mod tests {
    use ciborium::{Value, cbor};
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    fn picture() -> FileDescriptor {
        FileDescriptor {
            blob_id: BlobId::from_random([1; 16]),
            name: "Übersicht Mai.png".to_owned(),
            media_type: "image/png".to_owned(),
            size: 12_345,
            key: FileKey::new([2; 32]),
            nonce_base: NonceBase([3; BASE_LEN]),
            hash: [4; 32],
            may_save: true,
            dimensions: Some(Dimensions {
                width: 640,
                height: 480,
            }),
            duration_ms: None,
            waveform: None,
            thumbnail: Some(vec![5; 100]),
        }
    }

    fn refused(change: impl FnOnce(&mut FileDescriptor)) -> Option<BadDescriptor> {
        let mut file = picture();
        change(&mut file);
        file.checked().err()
    }

    #[test]
    fn what_was_said_is_what_is_read() {
        let voice_note = FileDescriptor {
            name: "Voice note.webm".to_owned(),
            media_type: "audio/webm".to_owned(),
            dimensions: None,
            duration_ms: Some(4_200),
            waveform: Some((0..64).collect()),
            thumbnail: None,
            may_save: false,
            ..picture()
        };
        for file in [picture(), voice_note] {
            let bytes = cbor::to_vec(&file);
            assert_eq!(cbor::from_slice::<FileDescriptor>(&bytes), Some(file));
        }
    }

    #[test]
    fn a_name_is_a_name_and_shows_what_it_is() {
        let name = |name: &str| refused(|file| file.name = name.to_owned());
        for good in [
            "a",
            "report.pdf",
            "..hidden",
            "日本語.txt",
            "a b",
            "\u{1F468}\u{200d}\u{1F469}\u{200d}\u{1F467}.png",
            "\u{2764}\u{fe0f}.png",
            "\u{646}\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}.txt",
            &"x".repeat(MAX_FILE_NAME_LEN),
        ] {
            assert_eq!(name(good), None, "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "a\nb",
            "a\0",
            "\u{7f}",
            " a",
            "a ",
            "invoice_\u{202e}fdp.exe",
            "a\u{2066}b",
            "a\u{200f}b",
            "a\u{200b}b",
            "a\u{61c}b",
            "a\u{2060}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{3164}b",
            "a\u{e0041}b",
            "re\u{200d}port.pdf",
            "\u{200d}a",
            "\u{2764}\u{200d}",
            "a\u{fe0f}",
            &"x".repeat(MAX_FILE_NAME_LEN + 1),
        ] {
            assert_eq!(name(bad), Some(BadDescriptor::Name), "{bad:?}");
        }
    }

    #[test]
    fn everything_has_its_limit() {
        let media_type = |text: &str| refused(|file| file.media_type = text.to_owned());
        for good in ["image/svg+xml", "application/vnd.ms-excel", "x/y"] {
            assert_eq!(media_type(good), None, "{good}");
        }
        for bad in [
            "",
            "image",
            "image/",
            "/png",
            "Image/png",
            "text/html; charset=utf-8",
            "a/b/c",
            "a/b\r\nc: d",
        ] {
            assert_eq!(media_type(bad), Some(BadDescriptor::MediaType), "{bad:?}");
        }
        assert_eq!(refused(|file| file.size = MAX_LEN), None);
        assert_eq!(refused(|file| file.size = MAX_LEN + 1), Some(BadDescriptor::Size));
        for (width, height) in [(0, 1), (1, 0), (1, MAX_PICTURE_SIDE + 1)] {
            let bad = refused(|file| file.dimensions = Some(Dimensions { width, height }));
            assert_eq!(bad, Some(BadDescriptor::Dimensions));
        }
        let thumbnail = |len| refused(|file| file.thumbnail = Some(vec![1; len]));
        assert_eq!(thumbnail(MAX_THUMBNAIL_LEN), None);
        assert_eq!(thumbnail(MAX_THUMBNAIL_LEN + 1), Some(BadDescriptor::Thumbnail));
        assert_eq!(thumbnail(0), Some(BadDescriptor::Thumbnail));
        let waveform = |len, duration_ms| {
            refused(|file| {
                file.waveform = Some(vec![1; len]);
                file.duration_ms = duration_ms;
            })
        };
        assert_eq!(waveform(MAX_WAVEFORM_LEN, Some(1)), None);
        assert_eq!(
            waveform(MAX_WAVEFORM_LEN + 1, Some(1)),
            Some(BadDescriptor::Waveform)
        );
        assert_eq!(waveform(1, None), Some(BadDescriptor::Waveform));
    }

    #[test]
    fn what_lacks_or_breaks_a_part_is_no_descriptor() {
        let good = Value::serialized(&picture()).unwrap();
        let with = |key: &str, value: Option<Value>| {
            let mut fields = good.clone().into_map().unwrap();
            fields.retain(|(name, _)| name.as_text() != Some(key));
            fields.extend(value.map(|value| (Value::from(key), value)));
            Value::Map(fields).deserialized::<FileDescriptor>().ok()
        };
        assert_eq!(with("of_later", Some(Value::from(1))), Some(picture()));
        for key in [
            "blob_id",
            "name",
            "media_type",
            "size",
            "key",
            "nonce_base",
            "hash",
            "may_save",
            "width",
        ] {
            assert_eq!(with(key, None), None, "{key}");
        }
        for (key, len) in [("key", 31), ("nonce_base", 8), ("hash", 0), ("blob_id", 15)] {
            assert_eq!(with(key, Some(Value::Bytes(vec![1; len]))), None, "{key}");
        }
        assert!(
            cbor!({ "name" => "a" })
                .unwrap()
                .deserialized::<FileDescriptor>()
                .is_err()
        );
    }

    /// It would end up in a log.
    #[test]
    fn neither_key_nor_name_is_printed() {
        let printed = format!("{:?}", picture());
        assert!(
            !printed.contains("bersicht") && !printed.contains("2, 2"),
            "{printed}"
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = cbor::from_slice::<FileDescriptor>(&bytes);
        }
    }
}
