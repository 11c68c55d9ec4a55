//! Reads of an SDP offer (RFC 8866, RFC 9429) what must be judged before `str0m` sees it: its m-lines.

/// What an m-line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineMedia {
    /// Audio.
    Audio,
    /// Video.
    Video,
    /// Anything else: data channels and what nobody asked for.
    Other,
}

/// Direction from the offerer's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineDirection {
    /// Both ways, also when nothing is said (RFC 8866 §6.7).
    #[default]
    SendRecv,
    /// The offerer sends.
    SendOnly,
    /// The offerer receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// One m-line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What it carries.
    pub media: LineMedia,
    /// `a=mid`; empty where it is missing.
    pub mid: &'a str,
    /// Which way.
    pub direction: LineDirection,
}

/// All m-lines of an offer in their order. Never fails: what is not an m-line is skipped.
pub fn lines(sdp: &str) -> Vec<Line<'_>> {
    let mut found: Vec<Line<'_>> = Vec::new();
    let mut direction_of_session = LineDirection::default();
    for line in sdp.lines() {
        if let Some(rest) = line.strip_prefix("m=") {
            let media = match rest.split(' ').next() {
                Some("audio") => LineMedia::Audio,
                Some("video") => LineMedia::Video,
                _ => LineMedia::Other,
            };
            found.push(Line {
                media,
                mid: "",
                direction: direction_of_session,
            });
        } else if let Some(mid) = line.strip_prefix("a=mid:") {
            if let Some(last) = found.last_mut() {
                last.mid = mid.trim_end();
            }
        } else if let Some(direction) = direction(line) {
            match found.last_mut() {
                Some(last) => last.direction = direction,
                None => direction_of_session = direction,
            }
        }
    }
    found
}

/// The offer without its ICE candidates. An ICE-lite agent learns a peer's addresses from authentic checks;
/// taking them from the offer too would only let it fill tables, and leave `.local` names to be resolved.
pub fn without_candidates(sdp: &str) -> String {
    let mut kept = String::with_capacity(sdp.len());
    for line in sdp.split_inclusive('\n') {
        if !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates") {
            kept.push_str(line);
        }
    }
    kept
}

fn direction(line: &str) -> Option<LineDirection> {
    match line.trim_end() {
        "a=sendrecv" => Some(LineDirection::SendRecv),
        "a=sendonly" => Some(LineDirection::SendOnly),
        "a=recvonly" => Some(LineDirection::RecvOnly),
        "a=inactive" => Some(LineDirection::Inactive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_in_order_with_mid_and_direction() {
        let sdp = "v=0\r\na=group:BUNDLE 0 1 2\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n\
                   m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\na=mid:v1\r\nm=application 9 x\r\na=mid:2\r\n";
        assert_eq!(
            lines(sdp),
            [
                Line {
                    media: LineMedia::Audio,
                    mid: "0",
                    direction: LineDirection::SendOnly
                },
                Line {
                    media: LineMedia::Video,
                    mid: "v1",
                    direction: LineDirection::RecvOnly
                },
                Line {
                    media: LineMedia::Other,
                    mid: "2",
                    direction: LineDirection::SendRecv
                },
            ]
        );
    }

    #[test]
    fn candidates_go_and_everything_else_stays() {
        let sdp = "v=0\r\nm=audio 9 x\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\na=mid:0\r\na=end-of-candidates\r\n";
        assert_eq!(without_candidates(sdp), "v=0\r\nm=audio 9 x\r\na=mid:0\r\n");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(sdp in "\\PC{0,400}", more in "([amv]=[a-z:0-9 ]{0,20}\r?\n){0,30}") {
            let _ = lines(&sdp);
            let _ = lines(&more);
            prop_assert!(without_candidates(&more).len() <= more.len());
        }
    }
}
