//! What the targets share.

/// A bug on purpose, only in builds with `CONCLAVE_PLANTED` set: the script shows that the fuzzer finds it before it trusts
/// that it finds no other. Three bytes in order, so that only a fuzzer that follows coverage gets there in time.
pub fn planted(data: &[u8]) {
    if option_env!("CONCLAVE_PLANTED").is_some()
        && data.first() == Some(&b'b')
        && data.get(1) == Some(&b'u')
        && data.get(2) == Some(&b'g')
    {
        panic!("the planted bug");
    }
}
