//! What a file is, by the end of its name: what others show it as.

use std::path::Path;

/// Kinds that the clients show or name; everything else is bytes.
const KINDS: [(&str, &str); 27] = [
    ("avif", "image/avif"),
    ("csv", "text/csv"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

/// The media type that goes with a name.
pub fn media_type_of(name: &str) -> &'static str {
    let end = Path::new(name).extension().and_then(|end| end.to_str());
    let end = end.unwrap_or_default().to_ascii_lowercase();
    let known = KINDS.iter().find(|(kind, _)| *kind == end);
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_kind_and_an_unknown_one_is_bytes() {
        assert_eq!(media_type_of("Plan.PDF"), "application/pdf");
        assert_eq!(media_type_of("a.b.png"), "image/png");
        for name in ["plan", ".pdf", "plan.exe", ""] {
            assert_eq!(media_type_of(name), "application/octet-stream", "{name}");
        }
    }
}
