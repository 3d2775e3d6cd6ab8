//! Rows FR: WebSocket frames.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;

use super::scene::{BRISK, Scene, cpu, pss_kib};
use super::wire::{Came, Target, V2, close, frame, header, text};

/// Sends bytes on a connection of each version; the server must close it with this code, and say so before.
fn closes(at: Target, bytes: &[u8], code: u16) {
    for headers in [&[][..], &[V2]] {
        let mut wire = at.upgrade("/ws", headers);
        wire.bytes(bytes);
        wire.must_close(code);
    }
}

#[test]
fn en5_hostile_frames() {
    let mut scene = Scene::start(BRISK);
    scene.case("FR-01", "without a mask", |at| closes(at, &[0x81, 1, b'x'], 1002));
    scene.case("FR-02", "with a reserved bit", |at| {
        for bit in [0x40, 0x20, 0x10] {
            closes(at, &frame(0x81 | bit, b"x"), 1002);
        }
    });
    scene.case("FR-03", "with an opcode that there is not", |at| {
        for opcode in [0x83, 0x87, 0x8b, 0x8f, 0x09, 0x80] {
            closes(at, &frame(opcode, b"x"), 1002);
        }
        closes(at, &[frame(0x01, b"a"), frame(0x81, b"b")].concat(), 1002);
    });
    scene.case("FR-05", "text that is no UTF-8", |at| {
        for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"] {
            closes(at, &frame(0x81, bytes), 1007);
        }
        // Cut in the middle of a character, and ended there.
        closes(at, &[frame(0x01, "가".as_bytes()), frame(0x80, &"나".as_bytes()[..2])].concat(), 1007);
    });
    scene.case("FR-06", "goodbyes that are none", |at| {
        closes(at, &frame(0x88, &[3]), 1002);
        for code in [0, 999, 1004, 1005, 1006, 1015, 5000] {
            closes(at, &close(code, b""), 1002);
        }
        closes(at, &close(1000, &[b'x'; 124]), 1002);
        closes(at, &close(1000, b"\xff"), 1002);
    });
    scene.case("FR-07", "lengths of 2^63-1 and 2^64-1", |at| {
        closes(at, &header(0x81, u64::MAX >> 1), 1009);
        closes(at, &header(0x81, u64::MAX), 1002);
    });
    scene.case("FR-15", "compressed though nothing was agreed", |at| {
        closes(at, &frame(0xc1, &[0; 200]), 1002)
    });
}

#[test]
fn en5_hostile_amounts_of_frames() {
    let mut scene = Scene::start(BRISK);
    let target = scene.server.target;
    let (token, pid) = (target.guest(), scene.server.pid());
    scene.case("FR-12", "a message in 65,536 pieces", |at| {
        let pieces = [frame(0x01, b"{"), frame(0x00, b" ").repeat(65_535)].concat();
        closes(at, &pieces, 1009);
    });
    scene.case("FR-13", "a million empty pieces", |at| {
        let mut wire = at.person(&token);
        let mut socket = wire.socket.try_clone().unwrap();
        let before = cpu(pid);
        let writer = std::thread::spawn(move || {
            let many = frame(0x00, b"").repeat(10_000);
            drop(socket.write_all(&frame(0x01, b"")));
            (0..100).all(|_| socket.write_all(&many).is_ok())
        });
        wire.must_close(1009);
        writer.join().unwrap();
        // 100 ms of the optimised program; this one may be ten times slower, and the canary is in it too.
        let spent = cpu(pid).zip(before).map(|(after, before)| after - before);
        assert!(spent.is_none_or(|spent| spent < Duration::from_secs(2)), "{spent:?} of CPU");
    });
    scene.case("FR-14", "a hundred thousand pings", |at| {
        let mut wire = at.person(&token);
        let mut socket = wire.socket.try_clone().unwrap();
        let writer = std::thread::spawn(move || socket.write_all(&frame(0x89, b"x").repeat(100_000)).is_ok());
        let mut pongs = 0;
        let code = loop {
            match wire.frame() {
                Came::Pong => pongs += 1,
                Came::Text(_) => {}
                Came::Close(code) => break code,
                Came::End => break None,
            }
        };
        assert_eq!(code, Some(1008));
        assert!(pongs < 1_000, "{pongs} pongs");
        writer.join().unwrap();
    });
}

#[test]
fn en5_hostile_messages_that_never_end() {
    let mut scene = Scene::start(BRISK);
    let pid = scene.server.pid();
    let before = pss_kib(pid);
    scene.case("FR-08", "200 messages of 15 MiB that were only announced", |at| {
        let mut wires: Vec<_> = (0..200).map(|_| at.v1()).collect();
        let begun = br#"{"type":"file_upload","id":"u","data":{"data":""#;
        for wire in &mut wires {
            wire.bytes(&header(0x81, 15 << 20));
            let mut body = vec![b'x'; 1024];
            body[..begun.len()].copy_from_slice(begun);
            wire.bytes(
                &body
                    .iter()
                    .zip([0x37, 0xfa, 0x21, 0x3d].iter().cycle())
                    .map(|(b, k)| b ^ k)
                    .collect::<Vec<_>>(),
            );
        }
        if let (Some(before), Some(during)) = (before, pss_kib(pid)) {
            assert!(during <= before + (16 << 10), "{before} KiB before, {during} KiB while 200 are held");
        }
        for wire in &mut wires {
            let (code, _) = wire.closed();
            assert_eq!(code, Some(4103), "a message that stops in the middle");
        }
    });
}

#[test]
fn dc2_hostile_readers_and_halves_of_sockets() {
    let mut scene = Scene::start(BRISK);
    let token = scene.server.target.guest();
    scene.case("FR-16", "answers that are never read", |at| {
        let mut wire = at.person(&token);
        wire.socket.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let ask = text(&json!({"type": "ping", "id": "x".repeat(100), "data": {}}).to_string()).repeat(2_000);
        let begun = Instant::now();
        let mut sent = 0;
        // The server must stop reading, or hang up: either way this blocks.
        while wire.bytes(&ask) {
            sent += ask.len();
            assert!(begun.elapsed() < Duration::from_secs(15) && sent < 400 << 20, "{sent} bytes were taken");
        }
    });
    scene.case("FR-17", "the sending half ended, and nothing said", |at| {
        let mut wire = at.person(&token);
        wire.socket.shutdown(Shutdown::Write).unwrap();
        let (code, _) = wire.closed();
        assert_eq!(code, None, "nothing more was to be said");
        let half: TcpStream = at.socket();
        half.shutdown(Shutdown::Write).unwrap();
    });
}
