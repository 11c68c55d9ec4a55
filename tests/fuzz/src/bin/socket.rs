//! Frames of a WebSocket and the signed structures in them: what parses survives being written and read again.
#![no_main]

use conclave_fuzz::planted;
use protocol::{
    identity::{Certificate, DeviceList},
    room_settings::RoomSettings,
    socket::{ClientFrame, ServerFrame},
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    planted(data);
    if let Ok(frame) = serde_json::from_slice::<ClientFrame>(data) {
        let text = serde_json::to_string(&frame).expect("what was read can be written");
        let again: ClientFrame = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(text, serde_json::to_string(&again).expect("and written again"));
    }
    if let Ok(frame) = serde_json::from_slice::<ServerFrame>(data) {
        serde_json::to_string(&frame).expect("what was read can be written");
    }
    if let Ok(certificate) = Certificate::decode(data) {
        assert_eq!(certificate.encode(), data);
    }
    if let Ok(list) = DeviceList::decode(data) {
        assert_eq!(list.encode(), data);
    }
    if let Some(settings) = RoomSettings::decode(data) {
        assert_eq!(settings.encode(), data);
    }
});
