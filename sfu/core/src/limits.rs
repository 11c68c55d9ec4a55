//! Limits of the forwarding engine, each with its reason and what happens beyond it.

use std::time::Duration;

/// Largest datagram in bytes; browsers send at most about 1,300. Beyond: dropped.
pub const MAX_DATAGRAM_LEN: usize = 2_000;

/// Calls on one shard: far more than a core can forward, so that only a fault gets here. Beyond: the offer
/// that would open the call is refused.
pub const MAX_CALLS: usize = 20_000;

/// m-lines of a publish offer: microphone, camera, screen, and those that stopped. Beyond: refused.
pub const MAX_PUBLISH_LINES: usize = 16;

/// m-lines of a subscribe offer, the stopped ones included. Beyond: refused.
pub const MAX_SUBSCRIBE_LINES: usize = 64;

/// Addresses from which one peer may be reached at a time: host, reflexive and relayed, over UDP and TCP, of
/// two networks. Beyond: the oldest is forgotten and comes back with its next STUN check.
pub const MAX_REMOTES_PER_PEER: usize = 16;

/// Outputs that wait for the shell. The shell empties the queue after each input, so this is reached only
/// when it stands still. Beyond: datagrams are dropped, control messages stay.
pub const MAX_WAITING_OUTPUTS: usize = 65_536;

/// Steps of one drain of a peer. A connection needs tens; more is an endless loop inside it. Beyond: the
/// drain goes on at the next wake.
pub const MAX_DRAIN_STEPS: usize = 20_000;

/// SSRCs remembered per publish peer: tracks × layers × restarts. Beyond: all are looked up anew.
pub const MAX_SOURCES: usize = 64;

/// Encodings of one track: clients send three. Beyond: the others are not forwarded.
pub const MAX_LAYERS: usize = 3;

/// An encoding that was silent for this long before the newest packet of its track is not sent any more: a
/// browser that lacks bandwidth or time drops the largest ones. Shorter takes a slow picture for a stopped
/// one (15 frames a second are 67 ms apart), longer freezes the picture of who sees it.
pub const LAYER_GONE: Duration = Duration::from_millis(400);

/// How much, in percent of its own height, an encoding is stretched before the next larger one is taken.
/// Lower spends bandwidth on what nobody sees, higher blurs.
pub const TILE_STRETCH_PERCENT: u32 = 125;

/// For how long a track is shown smaller before its client is told so. Shorter stops and starts encoders with every
/// change of a layout, longer spends the publisher's bandwidth on what nobody sees.
pub const DEMAND_HOLD: Duration = Duration::from_secs(5);

/// Over how long the rate of an encoding is taken. Shorter counts single frames, longer is late.
pub const RATE_WINDOW: Duration = Duration::from_millis(250);

/// What a rise to the next encoding must leave, in percent of what it costs: an estimate and a rate that
/// sway by less must not make a picture go up and down.
pub const RISE_HEADROOM_PERCENT: u64 = 115;

/// A picture at its smallest that is seen stays while it costs no more than this share of what is left for it, in percent:
/// an estimate that sways by less must not stop it, for each new beginning costs a key frame.
pub const KEEP_PERCENT: u64 = 130;

/// After a fall nothing rises for this long: the estimate is still finding its level.
pub const RISE_WAIT: Duration = Duration::from_millis(2_000);

/// So much of what there was at the fall, in percent, shows that the level was found, or that it was only a beginning: then
/// nothing waits. Less would let pictures come and go with an estimate that sways.
pub const RISE_AT_ONCE_PERCENT: u64 = 200;

/// What is set aside before any video for each slot with a voice in it, in bits a second, at least: somebody who is
/// quiet now may speak the next moment.
pub const AUDIO_RESERVE: u64 = 40_000;

/// Bits a second with which an estimate begins, when the client says for the first time what came: what nearly every
/// office and home has. Less holds back pictures for seconds, more floods a slow way at first.
pub const FIRST_ESTIMATE: u64 = 2_000_000;

/// Bits a second that an estimate never falls below: one voice.
pub const LEAST_ESTIMATE: u64 = 40_000;

/// Bits a second that an estimate never exceeds: far more than any layout takes.
pub const MOST_ESTIMATE: u64 = 30_000_000;

/// What is paced goes out at this share of the estimate, in percent: key frames come in bursts. Lower delays them, higher
/// fills the queues on the way.
pub const PACE_FACTOR_PERCENT: u64 = 150;

/// How much may go out at once: a picture of a camera at the rate that the way carries, so that it leaves in one piece.
/// Longer fills small queues on the way, shorter wakes more often and delays each picture.
pub const PACE_BURST: Duration = Duration::from_millis(20);

/// Least time between two bursts: what threads can be woken after.
pub const PACE_WAIT: Duration = Duration::from_millis(1);

/// What waits longer is sent faster than the estimate says: it would be of no use later.
pub const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// Packets of a picture wait for the rest of it at most this long, so that it leaves in one piece: nobody can show less.
/// Longer delays pictures that come slowly, shorter sends more calls to the system.
pub const GATHER: Duration = Duration::from_millis(1);

/// Datagrams in one call to the system, and bytes in them all: what Linux takes. Beyond: another call.
pub const MOST_IN_TRAIN: usize = 64;
/// See [`MOST_IN_TRAIN`].
pub const MOST_TRAIN_BYTES: usize = 60_000;

/// Buffers of sent datagrams that are kept for the next ones: a picture for everybody in a large call. Beyond: freed.
pub const MAX_SPARE: usize = 1_024;
/// Capacity in bytes up to which one is kept: a picture that is no key frame. Beyond: freed.
pub const MAX_SPARE_BYTES: usize = 16 * 1024;

/// Sent packets of a connection of which the client has not said whether they came. More costs memory, fewer loses count
/// where much is sent: two seconds of 30 Mbit/s. Beyond: the oldest goes.
pub const SENT_PACKETS: usize = 8_192;

/// Age up to which they are kept. A client tells every 100 ms.
pub const SENT_AGE: Duration = Duration::from_secs(4);

/// Packets of which one RTCP packet may speak: what browsers tell in two seconds. Beyond: the rest is ignored.
pub const MAX_FEEDBACK_STATUSES: usize = 4_096;

/// Requests and reports that one RTCP packet may hold. Beyond: the rest is ignored.
pub const MAX_FEEDBACKS: usize = 64;

/// Packets that came of which the estimate remembers when: half a second of 30 Mbit/s. Beyond: the oldest is forgotten.
pub const MOST_CAME: usize = 2_048;

/// SSRCs of a connection that are not used any more, and never again under its keys. Beyond: no new slots.
pub const MAX_RETIRED_SOURCES: usize = 1_024;

/// Missing packets that one RTCP packet may name. Beyond: they are ignored.
pub const MAX_NACKS: usize = RESEND_PACKETS;

/// Largest payload in bytes that is sent, so that the datagram fits through what is usual. Browsers send about 1,200.
/// Beyond: dropped.
pub const MOST_PAYLOAD: usize = 1_400;

/// How often a client is told what was sent to it (RFC 3550 §6.2 asks for five seconds, browsers take one).
pub const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Reports in one packet, so that it fits into a datagram.
pub const REPORTS_PER_PACKET: usize = 12;

/// A packet is sent again at most this often, however near the client is: it asks again after some milliseconds.
pub const LEAST_RESEND_PAUSE: Duration = Duration::from_millis(20);

/// Packets of each encoding of a video track that are kept, so that a slot that starts on a key frame also gets those of its
/// packets that overtook the first one. More costs memory per track, fewer loses key frames on networks that
/// reorder. Beyond: the oldest goes.
pub const RECENT_PACKETS: usize = 64;

/// Least time between two key-frame requests to one encoding of a track. Shorter floods the publisher's encoder and link
/// with key frames, longer lets a newcomer wait. Beyond: the request waits.
pub const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(400);

/// A slot that got no key frame for this long asks again: the request or the frame was lost.
pub const KEY_FRAME_RETRY: Duration = Duration::from_millis(500);

/// Key-frame requests that a slot may make at once. A subscriber without the right key decodes nothing and asks all
/// the time. Each slot has its own, so that one publisher whose pictures always need another does not take them from
/// the others. Beyond: the request waits for [`KEY_FRAME_REFILL`].
pub const KEY_FRAME_BUDGET: u32 = 4;

/// A slot's budget grows by one in this time.
pub const KEY_FRAME_REFILL: Duration = Duration::from_secs(1);

/// Least time between two beginnings in a slot that nothing but the publisher's packets asks for. Each sends kept
/// packets again, so that a publisher that changes its sources with every packet would be multiplied.
pub const BEGIN_INTERVAL: Duration = Duration::from_millis(250);

/// Least time between two assignments of a call because somebody begins to speak. An assignment looks at
/// everybody, and a publisher says itself how loud it is. Beyond: the next tick does it.
pub const ONSET_INTERVAL: Duration = Duration::from_millis(20);

/// What a picture needs at its smallest, in bits a second on the wire: what browsers are asked for, with headers. Who can be
/// sent less of each has its publishers send less of it, so that nobody's picture stands still.
pub const SMALLEST_PICTURE: u64 = 170_000;

/// Largest height in pixels of what counts as a picture at its smallest: what is larger is not made worse for all.
pub const SMALLEST_HEIGHT: u16 = 270;

/// No publisher is told to send less than this of it, in bits a second: below, it is no picture.
pub const LEAST_PICTURE: u64 = 60_000;

/// Such rates are told in steps, in bits a second: an estimate sways, and each word of it costs a message.
pub const MOST_STEP: u64 = 20_000;

/// For how long a publisher that was told is taken to send no more than that, in words: the way there, and its encoder.
pub const MOST_OBEYED: Duration = Duration::from_secs(2);

/// Heights at which a video is shown are told to its publisher in such steps of pixels, and up to
/// [`MAX_DEMAND`]: encoders need no more, and a window's exact size is its owner's business.
pub const DEMAND_STEP: u16 = 90;

/// Largest height in pixels that is told.
pub const MAX_DEMAND: u16 = 2_160;

/// How often a call ranks its voices and looks after waiting slots. Shorter costs time per call, longer
/// cuts off first syllables.
pub const TICK: Duration = Duration::from_millis(100);

/// How much louder, in dB, a voice without a slot must be than the quietest one with a slot to take it.
/// Lower makes slots flap, higher keeps people out.
pub const AUDIO_TAKEOVER_DB: f32 = 6.0;

/// How long a voice that does not say how loud it is has its turn, where there are more of them than slots. Lower cuts
/// sentences into words, higher lets people wait longer until they are heard.
pub const VOICE_TURN: Duration = Duration::from_secs(2);

/// How far back a slot begins that a voice takes over: the smoothed loudness needs some packets to notice speech,
/// and the first syllable is in them. Longer delays the voice by as much, for a moment.
pub const AUDIO_LOOKBACK: Duration = Duration::from_millis(200);

/// Packets of a microphone that are kept for that: of 20 ms each. Beyond: the oldest goes.
pub const LOOKBACK_PACKETS: usize = 10;

/// Most blocks of sound that a packet repeats: of 20 ms each. More delays what is filled in beyond what a receiver waits
/// for, and costs more than video would.
pub const MOST_REDUNDANCY: usize = 4;

/// Share of the packets with sound that may be lost with all that repeat them. Nobody hears so few; fewer would cost one
/// more repetition.
pub const LOST_FOR_GOOD: f64 = 0.003;

/// Of what the way to a subscriber carries, repeated sound takes at most one part in so many: a way that loses because it
/// became narrow needs less and not more, and pictures need room as well.
pub const SOUND_SHARE: u64 = 3;

/// Bits a second that sound may take with what it repeats on a way that loses packets all the time, whatever the estimate:
/// it knows of no more than is sent. Less leaves words out, more would fill a narrow way.
pub const REPEATED_SOUND: u64 = 800_000;

/// Sources of which a slot remembers what it passed on, so that a voice that comes back to it within the look-back is not
/// heard twice. Beyond: the oldest is forgotten, and some of its syllables are heard again.
pub const LAST_SOURCES: usize = 4;

/// Below this many dB above silence (RFC 6464 counts 127 dB) a track is not speaking: room noise.
pub const SPEECH_DB: f32 = 67.0;

/// How much louder than the present speaker another one must be.
pub const SPEAKER_TAKEOVER_DB: f32 = 4.0;

/// The mark of the speaker stays at least this long; shorter makes tiles flicker.
pub const SPEAKER_HOLD: Duration = Duration::from_millis(600);

/// After this long without speech nobody is marked.
pub const SPEAKER_QUIET: Duration = Duration::from_millis(2_000);

/// Sent packets of a video slot kept for resends: 2 s of 2 Mbit/s. Older ones are of no use to a decoder.
pub const RESEND_PACKETS: usize = 512;

/// Age up to which packets are resent.
pub const RESEND_AGE: Duration = Duration::from_millis(2_000);

/// Share of the sent bytes of a slot that its resends may have, as a fraction. Less gives up on a way that loses a third,
/// more would only feed the congestion.
pub const RESEND_SHARE: (usize, usize) = (1, 2);

/// Over how long that share is counted.
pub const RESEND_WINDOW: Duration = Duration::from_secs(1);
