use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Reading {
    sensor: String,
    #[serde(default)]
    value: f64,
}

const SCHEMA: &str = r#"{"type":"record","name":"Reading","fields":[
    {"name":"sensor","type":"string"},{"name":"value","type":"double"},{"name":"more","type":"long"}]}"#;
const EARLIER: &str = r#"{"type":"record","name":"Reading","fields":[{"name":"sensor","type":"string"}]}"#;

/// By [`SCHEMA`]: the length, zigzag; the text; the double; a long.
fn bytes(sensor: &str, value: f64) -> Vec<u8> {
    let mut bytes = vec![2 * sensor.len() as u8];
    bytes.extend(sensor.as_bytes());
    bytes.extend(value.to_le_bytes());
    bytes.push(14);
    bytes
}

/// In Confluent's form.
fn framed(schema: u8, record: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, schema], record].concat()
}

/// A registry that answers by these, one request each, and says what it was asked.
fn registry(answers: Vec<(&'static str, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has one"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut peer, _) = listener.accept().expect("somebody asks");
            let lines = BufReader::new(peer.try_clone().expect("it can be")).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            heard.lock().expect("nobody panics").push(head.join("\n"));
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            peer.write_all(answer.as_bytes()).expect("it listens");
        }
    });
    (url, asked)
}

fn answer(schema: &str) -> (&'static str, String) {
    ("200 OK", serde_json::json!({ "schema": schema }).to_string())
}

#[test]
fn bare_records_are_read_by_the_schema_that_is_given() {
    let decoder = Avro::<Reading>::schema(SCHEMA).expect("it is one");
    let read = decoder.record(&bytes("a", 1.5)).expect("it is whole");
    assert_eq!(read, Reading { sensor: "a".into(), value: 1.5 });
    assert!(decoder.record(&[]).is_err() && decoder.record(&bytes("a", 1.5)[..5]).is_err());
    let more = [bytes("a", 1.5), vec![0]].concat();
    assert_eq!(
        decoder.record(&more).expect_err("too long").to_string(),
        "1 bytes are left behind the record"
    );
    assert!(
        Avro::<Reading>::schema("{}").expect_err("no schema").to_string().contains("no schema of Avro's")
    );
}

#[test]
fn a_registry_is_asked_once_for_each_schema() {
    let (url, asked) = registry(vec![answer(SCHEMA), answer(EARLIER)]);
    let decoder = Avro::<Reading>::registry(&url).login("me", "secret-word");
    for value in [1.0, 2.0, 3.0] {
        let read = decoder.record(&framed(7, &bytes("a", value))).expect("it is whole");
        assert_eq!(read, Reading { sensor: "a".into(), value });
    }
    let earlier = framed(3, &[2, b'b']);
    for _ in 0..2 {
        let read = decoder.record(&earlier).expect("it is whole");
        assert_eq!(read, Reading { sensor: "b".into(), value: 0.0 });
    }
    let asked = asked.lock().expect("nobody panics");
    let paths: Vec<&str> = asked.iter().filter_map(|head| head.split(['?', ' ']).nth(1)).collect();
    assert_eq!(paths, ["/schemas/ids/7", "/schemas/ids/3"]);
    assert!(asked.iter().all(|head| head.to_lowercase().contains("authorization: basic")), "{asked:?}");
}

#[test]
fn a_registry_that_is_away_for_a_moment_is_asked_again() {
    let busy = ("503 Service Unavailable", r#"{"error_code":50301,"message":"later"}"#.to_string());
    let (url, asked) = registry(vec![busy, answer(SCHEMA)]);
    let decoder = Avro::<Reading>::registry(&url);
    assert!(decoder.record(&framed(7, &bytes("a", 1.0))).is_ok());
    assert_eq!(asked.lock().expect("nobody panics").len(), 2);
}

#[test]
fn what_is_wrong_is_said_without_secrets() {
    let missing = ("404 Not Found", r#"{"error_code":40403,"message":"no secret-word"}"#.to_string());
    let (url, _) = registry(vec![missing]);
    let decoder = Avro::<Reading>::registry(&url).login("me", "secret-word");
    let told = decoder.record(&framed(9, &bytes("a", 1.0))).expect_err("it is missing").to_string();
    assert!(told.contains(&url) && told.contains("404") && !told.contains("secret-word"), "{told}");
    let told = decoder.record(b"{\"sensor\"").expect_err("it is JSON").to_string();
    assert!(told.contains("zero byte"), "{told}");

    let nobody = Avro::<Reading>::registry("http://127.0.0.1:1").timeout(Duration::from_millis(1));
    let told = nobody.record(&framed(9, &[])).expect_err("nobody is there").to_string();
    assert!(told.contains("schema registry at http://127.0.0.1:1"), "{told}");

    let open = Avro::<Reading>::registry("http://me:secret-word@localhost");
    let told = open.record(&framed(9, &[])).expect_err("it has a login").to_string();
    assert!(told.contains(".login(user, password)") && !told.contains("secret-word"), "{told}");
    assert!(!format!("{open:?}").contains("secret-word"));

    for behind in ["?token=secret-word", "#secret-word"] {
        let open = Avro::<Reading>::registry(&format!("http://localhost/{behind}"));
        let told = open.record(&framed(9, &[])).expect_err("it has a token").to_string();
        assert!(told.contains("behind its path") && !told.contains("secret-word"), "{told}");
        assert!(!format!("{open:?}").contains("secret-word"));
    }
}

#[test]
#[cfg(not(feature = "avro-tls"))]
fn a_registry_that_wants_tls_says_which_feature() {
    let decoder = Avro::<Reading>::registry("https://localhost");
    let told = decoder.record(&framed(9, &[])).expect_err("no TLS").to_string();
    assert!(told.contains("--features avro-tls"), "{told}");
}
