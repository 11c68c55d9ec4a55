//! TLS presentation language (RFC 8446 §3), as far as the signed structures need it.

/// Writes fields one after the other; vectors carry their length in front, so that no two different
/// structures ever have the same bytes.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// `opaque x<0..2^16-1>`. Longer input is a programming error of the caller, who checks limits first;
    /// it is cut to the limit, which makes the structure fail its signature rather than panic.
    pub fn vec16(&mut self, bytes: &[u8]) -> &mut Self {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&len.to_be_bytes());
        self.0.extend(bytes.iter().take(usize::from(len)));
        self
    }

    /// Fixed-length bytes.
    pub fn fixed<const N: usize>(&mut self, bytes: &[u8; N]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `uint8`.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// `uint32`.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// `uint64`.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// What was written.
    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Reads what [`Writer`] wrote; every method answers `None` when the bytes run out.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    /// `opaque x<0..2^16-1>`.
    pub fn vec16(&mut self) -> Option<&'a [u8]> {
        let len = u16::from_be_bytes(self.fixed()?);
        self.take(usize::from(len))
    }

    /// Fixed-length bytes.
    pub fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// `uint8`.
    pub fn u8(&mut self) -> Option<u8> {
        self.fixed().map(|[byte]| byte)
    }

    /// `uint32`.
    pub fn u32(&mut self) -> Option<u32> {
        self.fixed().map(u32::from_be_bytes)
    }

    /// `uint64`.
    pub fn u64(&mut self) -> Option<u64> {
        self.fixed().map(u64::from_be_bytes)
    }

    /// `Some` only if everything was read: trailing bytes are never ignored.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
