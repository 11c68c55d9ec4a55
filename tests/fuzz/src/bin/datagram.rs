//! What the forwarding engine reads itself of datagrams, streams and offers.
#![no_main]

use conclave_fuzz::planted;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    planted(data);
    if sfu_core::stun::is_stun(data) {
        let _ = sfu_core::stun::local_ufrag(data);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let kept = sfu_core::sdp::without_candidates(text);
        assert_eq!(sfu_core::sdp::lines(&kept).len(), sfu_core::sdp::lines(text).len());
    }
    let mut rest = data;
    while let Ok(Some((frame, used))) = sfu_core::framing::split_frame(rest) {
        assert!(used > 0 && frame.len() < used);
        rest = &rest[used..];
    }
});
