use std::io::Write;
use std::net::TcpListener;
use std::thread;

use super::super::testing::{context, lines, read};
use super::*;
use crate::source::Offer;
use crate::tick::OffsetRange;

/// A server that does `serve` with its first client; and its address.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound").to_string();
    let thread = thread::spawn(move || serve(listener.accept().expect("a client comes").0));
    (addr, thread)
}

#[test]
fn lines_come_until_the_peer_closes() {
    let (addr, server) = server(|mut peer| peer.write_all("zwölf\r\n\nlast".as_bytes()).expect("it is read"));
    let (cx, driver) = context();
    let reader = text_socket(addr).open(&cx).expect("it connects");
    let mut all = Vec::new();
    loop {
        let offer = driver.next(&*reader).expect("it is fine");
        all.extend(lines(&reader, &offer.ranges).expect("it is text"));
        if offer.ended {
            break;
        }
    }
    assert_eq!(all, ["zwölf", "", "last"]);
    server.join().expect("it served");
}

#[test]
fn a_socket_that_closes_at_once_is_an_empty_source_and_no_error() {
    let (addr, server) = server(drop);
    let (cx, driver) = context();
    let reader = text_socket(addr).open(&cx).expect("it connects");
    let offer = driver.next(&*reader).expect("it is fine");
    assert_eq!(offer, Offer { ranges: vec![], caught_up: true, ended: true, waiting: false });
    server.join().expect("it served");
}

#[test]
fn a_port_that_nobody_listens_on_is_an_error_that_says_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    drop(listener);
    let error = text_socket(addr.to_string()).open(&context().0).err().expect("nobody listens").to_string();
    let port = addr.port();
    assert_eq!(
        error,
        format!("nobody listens on {addr}: start the server first (for a try: `nc -lk {port}`)")
    );
}

#[test]
fn an_address_without_port_and_an_unknown_host_are_errors_that_say_what_to_do() {
    let (cx, _driver) = context();
    let no_port = text_socket("localhost").open(&cx).err().expect("it is no address").to_string();
    assert!(no_port.contains("write host and port, such as `127.0.0.1:7777`"), "{no_port}");
    let nowhere = "x".repeat(300); // too long for any name, so nobody is asked for it
    let unknown =
        text_socket(&*format!("{nowhere}:7777")).open(&cx).err().expect("it is unknown").to_string();
    assert!(unknown.starts_with(&format!("the host of `{nowhere}:7777` is not known")), "{unknown}");
}

#[test]
fn a_full_buffer_holds_the_peer_up_and_release_lets_it_go_on() {
    const CAPACITY: usize = 1 << 20;
    const TOTAL: usize = 64 << 20; // more than the system buffers for a connection
    let (addr, server) = server(|mut peer| {
        let lines = b"0123456\n".repeat(CHUNK / 8);
        for _ in 0..TOTAL / lines.len() {
            peer.write_all(&lines).expect("it is read in the end");
        }
    });
    let (cx, driver) = context();
    let reader = text_socket(addr).buffer_bytes(CAPACITY).start(&cx).expect("it connects");

    // Nobody releases: it fills up to its capacity, and then the peer can't finish.
    while reader.buffer.buffered() < CAPACITY {
        driver.wait();
    }
    assert_eq!(reader.buffer.buffered(), CAPACITY);
    assert!(!server.is_finished());

    let (mut at, mut records) = (0, 0);
    loop {
        let offer = driver.next(&reader).expect("it is fine");
        for range in &offer.ranges {
            assert_eq!(range.start, at);
            records += read(&reader, *range, str::len).expect("it is text").len();
            at = range.end;
        }
        assert!(reader.buffer.buffered() <= CAPACITY);
        if offer.ended {
            break;
        }
        reader.release(&[(0, at)].into());
    }
    assert_eq!((at, records), (TOTAL as u64, TOTAL / 8));
    server.join().expect("it served");
}

#[test]
fn a_line_without_end_is_an_error_that_names_the_address() {
    let (addr, server) = server(|mut peer| {
        // Until the client has had enough of it.
        while peer.write_all(&[b'x'; 1000]).is_ok() {}
    });
    let (cx, driver) = context();
    let reader = text_socket(addr.clone()).max_line_bytes(100_000).open(&cx).expect("it connects");
    let error = driver.next(&*reader).expect_err("it is too long").to_string();
    assert!(
        error.starts_with(&format!("the line at offset 0 of what {addr} sent is longer than 100000")),
        "{error}"
    );
    drop(reader);
    server.join().expect("it served");
}

#[test]
fn closing_ends_the_connection() {
    let (addr, server) = server(|mut peer| while peer.write_all(b"on and on\n").is_ok() {});
    let (cx, driver) = context();
    let reader = text_socket(addr).bytes().open(&cx).expect("it connects");
    let offer = driver.next(&*reader).expect("it is fine");
    let OffsetRange { start, end, .. } = offer.ranges[0];
    assert!(start == 0 && end >= 10);
    reader.close();
    server.join().expect("its write fails once the connection is closed");
}
