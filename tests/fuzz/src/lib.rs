//! What the targets share.

/// A bug on purpose, only in builds with `CONCLAVE_PLANTED` set: the script shows that the fuzzer finds it before it
/// trusts that it finds no other. It takes four bits of each of five bytes: by luck alone a million inputs, by
/// following coverage some ten thousand.
pub fn planted(data: &[u8]) {
    if option_env!("CONCLAVE_PLANTED").is_some()
        && has(data, 0, 0x6)
        && has(data, 1, 0x7)
        && has(data, 2, 0x6)
        && has(data, 3, 0x1)
        && has(data, 4, 0x2)
    {
        panic!("the planted bug");
    }
}

/// Not inlined: five comparisons must not become one, which no coverage would lead to.
#[inline(never)]
fn has(data: &[u8], at: usize, bits: u8) -> bool {
    data.get(at).is_some_and(|byte| byte >> 4 == bits)
}
