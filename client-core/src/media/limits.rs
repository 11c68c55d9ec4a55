//! Limits of media sealing.

/// Largest frame in bytes that is sealed or opened: a key frame of a 4K screen has about 2 MB. Lower cuts sharp
/// screens, higher lets one frame hold much memory. Beyond: the frame is dropped.
pub const MAX_FRAME_LEN: usize = 4 * 1024 * 1024;

/// Frames sealed under one key; NIST SP 800-38D bounds invocations of AES-GCM at 2^32. At 50 frames a second it
/// is reached after two years. Beyond: the sealer refuses until the next epoch.
pub const MAX_FRAMES_PER_KEY: u64 = 1 << 32;

/// Frames of one key id that may arrive late, behind the newest one seen. Audio frames come unordered from the
/// network: 128 are 2.5 s of them. Fewer drops late frames of bad networks, more costs memory per sender.
/// Beyond: the frame is dropped as a replay.
pub const REPLAY_WINDOW: u64 = 128;

/// Epochs whose keys are kept at a time. Each join is an epoch and old keys live 10 s, so that a hundred people
/// joining at once stay below it; and it is far below the 256 that a key id can tell apart. Beyond: the oldest
/// goes.
pub const MAX_EPOCHS: usize = 128;

/// Instances of one kind in one epoch: the width of the field. Beyond: attaching is refused until the next epoch.
pub const MAX_INSTANCES: usize = 256;

/// Transforms attached at a time: three kinds, and those of a connection that is being replaced. Beyond:
/// attaching is refused.
pub const MAX_SEALERS: usize = 16;
