//! RTP headers with the extensions that calls negotiate: audio level, stream ids, transport-wide sequence number,
//! layer allocation. Before decryption only the header is read, so all of it is an outsider's to choose.
#![no_main]

use std::sync::LazyLock;

use conclave_fuzz::planted;
use str0m::rtp::{Extension, ExtensionMap, RtpHeader};

/// Ids as browsers number them.
static EXTENSIONS: LazyLock<ExtensionMap> = LazyLock::new(|| {
    let mut map = ExtensionMap::empty();
    let extensions = [
        (1, Extension::AudioLevel),
        (2, Extension::AbsoluteSendTime),
        (3, Extension::TransportSequenceNumber),
        (4, Extension::RtpMid),
        (10, Extension::RtpStreamId),
        (11, Extension::RepairedRtpStreamId),
        (13, Extension::VideoOrientation),
    ];
    for (id, extension) in extensions {
        map.set(id, extension);
    }
    map
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    planted(data);
    if let Some(header) = RtpHeader::_parse(data, &EXTENSIONS) {
        assert!(header.header_len <= data.len());
        if let Some(mid) = header.ext_vals.mid {
            assert!(mid.len() <= data.len());
        }
    }
});
