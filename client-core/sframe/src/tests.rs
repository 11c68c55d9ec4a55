//! Test vectors of RFC 9605, appendix C: some typed here, all of them where the file is at hand.

use super::*;

#[test]
fn headers_are_those_of_the_rfc() {
    let cases: [(u64, u64, &str); 14] = [
        (0, 0, "00"),
        (0, 1, "01"),
        (0, 255, "08ff"),
        (0, 65_536, "0a010000"),
        (1, 16_777_216, "1b01000000"),
        (255, 72_057_594_037_927_935, "8effffffffffffffff"),
        (65_535, 65_535, "99ffffffff"),
        (65_536, 1_099_511_627_776, "ad010000010000000000"),
        (16_777_216, 1, "b101000000"),
        (
            4_294_967_296,
            72_057_594_037_927_936,
            "cf01000000000100000000000000",
        ),
        (1_099_511_627_776, 65_536, "da010000000000010000"),
        (
            281_474_976_710_655,
            281_474_976_710_655,
            "ddffffffffffffffffffffffff",
        ),
        (
            72_057_594_037_927_936,
            4_294_967_296,
            "fc01000000000000000100000000",
        ),
        (u64::MAX, u64::MAX, "ffffffffffffffffffffffffffffffffff"),
    ];
    for (kid, ctr, encoded) in cases {
        check_header(Header { kid, ctr }, &hex(encoded));
    }
}

#[test]
fn a_frame_is_that_of_the_rfc() {
    let key = EpochSecret::extract(&hex("000102030405060708090a0b0c0d0e0f")).frame_key(0x123);
    check_frame(
        &key,
        Header {
            kid: 0x123,
            ctr: 0x4567,
        },
        &hex("4945544620534672616d65205747"),
        &hex("64726166742d696574662d736672616d652d656e63"),
        &hex("990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279"),
    );
}

#[test]
fn all_vectors_of_the_rfc_pass_where_they_are_at_hand() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/vectors/sframe/test-vectors.json"
    );
    let Ok(text) = std::fs::read(path) else {
        println!("passed over: there is no file with the vectors of RFC 9605");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let headers = vectors["header"].as_array().unwrap();
    for case in headers {
        let header = Header {
            kid: case["kid"].as_u64().unwrap(),
            ctr: case["ctr"].as_u64().unwrap(),
        };
        check_header(header, &field(case, "encoded"));
    }
    let frames = vectors["sframe"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["cipher_suite"] == 5);
    for case in frames.clone() {
        let header = Header {
            kid: case["kid"].as_u64().unwrap(),
            ctr: case["ctr"].as_u64().unwrap(),
        };
        let key = EpochSecret::extract(&field(case, "base_key")).frame_key(header.kid);
        check_frame(
            &key,
            header,
            &field(case, "metadata"),
            &field(case, "pt"),
            &field(case, "ct"),
        );
    }
    assert!(headers.len() > 100 && frames.count() == 1);
}

fn check_header(header: Header, encoded: &[u8]) {
    assert_eq!(header.encode().as_ref(), encoded);
    assert_eq!(Header::parse(encoded), Ok((header, encoded.len())));
    let longer = [encoded, &[0xaa]].concat();
    assert_eq!(
        Header::parse(&longer),
        Ok((header, encoded.len())),
        "what follows is not read"
    );
    for short in 0..encoded.len() {
        assert!(Header::parse(&encoded[..short]).is_err());
    }
}

fn check_frame(key: &FrameKey, header: Header, metadata: &[u8], plain: &[u8], sealed: &[u8]) {
    assert_eq!(
        key.seal(header, metadata, plain).unwrap(),
        [metadata, sealed].concat()
    );
    let (parsed, len) = Header::parse(sealed).unwrap();
    assert_eq!(parsed, header);
    let opened = key
        .open(header, &sealed[..len], metadata, &sealed[len..])
        .unwrap();
    assert_eq!(opened, [metadata, plain].concat());
}

fn field(case: &serde_json::Value, name: &str) -> Vec<u8> {
    hex(case[name].as_str().unwrap())
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn a_header_that_ends_early_is_refused() {
    assert_eq!(
        Header::parse(&[]),
        Err(HeaderError::Truncated {
            needed: 1,
            available: 0
        })
    );
    assert_eq!(
        Header::parse(&[0x99, 1, 2, 3]),
        Err(HeaderError::Truncated {
            needed: 5,
            available: 4
        })
    );
}

#[test]
fn a_header_with_a_field_that_is_too_long_is_refused() {
    assert_eq!(Header::parse(&[0x08, 0x07]), Err(HeaderError::NotMinimal));
    assert_eq!(Header::parse(&[0x90, 0x00, 0xff]), Err(HeaderError::NotMinimal));
}
