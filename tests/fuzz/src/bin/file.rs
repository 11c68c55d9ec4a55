//! What a message says of a file, and its chunks as they come from the server: nothing but a sealed chunk opens.
#![no_main]

use conclave_fuzz::planted;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    planted(data);
    client_core::files::fuzz::open_file(data);
});
