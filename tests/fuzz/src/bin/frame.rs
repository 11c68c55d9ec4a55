//! Media frames as they come from the network: nothing but a sealed frame opens.
#![no_main]

use conclave_fuzz::planted;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    planted(data);
    client_core::media::fuzz::open_frame(data);
});
