//! Sources that can't be replayed: what they gave is in the log.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use super::*;
use crate::clock::millis;

fn echo(address: &str, out: &MemorySink<String>) -> Pipeline<'static> {
    let (address, sink) = (address.to_string(), out.clone());
    stream!(move {
        let lines = source(text_socket(address));
        lines.sink(sink);
    })
    .named("Echo")
}

struct Peer(TcpListener);

impl Peer {
    fn new() -> (Peer, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (Peer(listener), address)
    }

    fn accept(&self) -> TcpStream {
        self.0.accept().unwrap().0
    }
}

#[test]
fn what_a_socket_gave_and_the_log_has_runs_again_after_a_crash() {
    for interval in [secs(2), secs(1000)] {
        let (store, out, (peer, address)) = (memory(), MemorySink::new(), Peer::new());
        let engine = engine(&store).checkpoint_interval(interval);
        let mut job = engine.start(echo(&address, &out)).unwrap();
        let mut sender = peer.accept();
        let mut sent = Vec::new();
        for n in 0..4 {
            let lines = [format!("line {n} of the first"), format!("{n}")];
            sender.write_all(lines.map(|line| line + "\n").concat().as_bytes()).unwrap();
            sent.extend([format!("line {n} of the first"), format!("{n}")]);
            while out.records().len() < sent.len() {
                job.advance(millis(500)).unwrap();
            }
        }
        // This one comes too late: it is in no tick.
        sender.write_all(b"lost\n").unwrap();
        let committed = out.batches();
        drop((job, sender));
        // Its ticks run again, from the log alone, and then on what the peer sends now.
        let mut job = engine.start(echo(&address, &out)).unwrap();
        let mut sender = peer.accept();
        sender.write_all(b"again\n").unwrap();
        drop(sender);
        job.run_to_end().unwrap();
        assert_eq!(out.batches()[..committed.len()], committed);
        sent.push("again".into());
        assert_eq!(out.records(), sent);
    }
}

#[test]
fn what_can_be_neither_replayed_nor_logged_is_lost_and_the_pipeline_goes_on() {
    let (store, out) = (memory(), MemorySink::new());
    let start = || {
        let numbers = queue(Vec::<Vec<u64>>::new());
        let (sender, sink) = (numbers.sender(), out.clone());
        let pipeline = stream!(move {
            let numbers = source(numbers);
            numbers.map(|n| ("sum", n)).running_reduce(|a, b| a + b).sink(sink);
        });
        (engine(&store).start(pipeline.named("Fed")).unwrap(), sender)
    };
    let (mut job, sender) = start();
    for n in [1, 2, 4] {
        sender.push(vec![n]).unwrap();
        job.tick().unwrap();
    }
    let saved = job.progress().checkpoint.map_or(0, |checkpoint| checkpoint.tick + 1);
    drop((job, sender));
    let (mut job, sender) = start();
    sender.push(vec![8]).unwrap();
    drop(sender);
    job.run_to_end().unwrap();
    let kept: u64 = [1, 2, 4][..saved as usize].iter().sum();
    assert_eq!(out.records().last(), Some(&("sum".to_string(), kept + 8)));
}
