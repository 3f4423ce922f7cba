use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::super::buffered::CHUNK;
use super::super::testing::{Driver, context, lines, read};
use super::*;
use crate::clock::{Timestamp, millis, secs};
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

/// Waits until the source waits by the clock, until this time.
fn until_due(reader: &dyn Reader<Batch = Lines>, driver: &Driver, millis: i64) {
    while reader.due() != Some(Timestamp::from_millis(millis)) {
        driver.wait();
    }
}

/// A server that sends this to one client after the other, and then is gone.
fn server_of(sent: &'static [&'static str]) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound").to_string();
    let serve = move || {
        for text in sent {
            let (mut peer, _) = listener.accept().expect("a client comes");
            peer.write_all(text.as_bytes()).expect("it is read");
        }
    };
    (addr, thread::spawn(serve))
}

#[test]
fn a_connection_that_ends_is_made_again_after_pauses_and_a_cut_line_is_dropped() {
    let (addr, server) = server_of(&["one\ntw", "three\n"]);
    let (cx, driver) = context();
    let backoff = Backoff::exponential(millis(100), millis(250), 3);
    let reader = text_socket(addr.clone()).reconnect(backoff).open(&cx).expect("it connects");
    let next = || {
        let ranges = driver.next(&*reader).expect("it is fine").ranges;
        (ranges[0], lines(&reader, &ranges).expect("it is text"))
    };
    let part = |start, end| OffsetRange { partition: 0, start, end };
    assert_eq!(next(), (part(0, 4), vec!["one".to_string()]));
    until_due(&*reader, &driver, 100);
    driver.clock.advance(millis(100));
    assert_eq!(next(), (part(4, 10), vec!["three".to_string()]));
    server.join().expect("it served"); // and is gone
    for due in [200, 400, 650] {
        until_due(&*reader, &driver, due);
        assert!(reader.available(u64::MAX).expect("it waits").ranges.is_empty());
        driver.clock.set(Timestamp::from_millis(due));
    }
    let error = driver.next(&*reader).expect_err("nobody is there").to_string();
    assert_eq!(
        error,
        format!(
            "{addr} closed the connection, and 3 attempts to connect again failed, the last one with: nobody listens on \
             {addr}: start the server first (for a try: `nc -lk {}`)",
            addr.rsplit(':').next().expect("a port")
        )
    );
}

#[test]
fn a_peer_that_always_closes_at_once_is_given_up() {
    let (addr, server) = server_of(&["a\n", "", ""]);
    let (cx, driver) = context();
    let reader = text_socket(addr).reconnect(Backoff::constant(secs(1), 2)).open(&cx).expect("it connects");
    assert_eq!(driver.next(&*reader).expect("it is fine").ranges[0].end, 2);
    for due in [1000, 2000] {
        until_due(&*reader, &driver, due);
        driver.clock.set(Timestamp::from_millis(due));
    }
    let error = driver.next(&*reader).expect_err("nothing came").to_string();
    assert!(error.contains("2 attempts to connect again failed"), "{error}");
    assert!(error.ends_with("the peer closes the connection before it sends anything"), "{error}");
    server.join().expect("it served");
}
