// What the network, and the server, see of RTP packets: SRTP hides their content, and nothing of their headers (RFC 3550 §5.1,
// RFC 8285).

// Of SRTP with AES-GCM (RFC 7714), at the end of each packet.
const TAG_LEN = 16;

const ONE_BYTE_FORM = 0xbede;

// The fields that are in clear; nothing of what is no RTP: STUN, DTLS, and RTCP, whose types stand where RTP has marker and
// payload type (RFC 5761 §4).
export function rtpOf(datagram) {
  if (datagram.length < 12 || datagram[0] >> 6 !== 2) return null;
  if (datagram[1] >= 192 && datagram[1] <= 223) return null;
  let at = 12 + 4 * (datagram[0] & 15);
  const extensions = [];
  if (datagram[0] & 0x10) {
    const form = datagram.readUInt16BE(at);
    const end = at + 4 + 4 * datagram.readUInt16BE(at + 2);
    for (let place = at + 4; form === ONE_BYTE_FORM && place < end;) {
      const head = datagram[place];
      place += head === 0 ? 1 : 2 + (head & 15);
      if (head !== 0) extensions.push(head >> 4);
    }
    at = end;
  }
  return {
    type: datagram[1] & 0x7f,
    seq: datagram.readUInt16BE(2),
    time: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    extensions,
    length: datagram.length - at - TAG_LEN,
  };
}
