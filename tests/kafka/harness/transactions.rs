//! Transactions that nobody ends.

use millstream::kafka::{Transaction, Transactions};
use millstream_kafka_tests::peer::{Peer, until};

use crate::Test;
use crate::source::name;

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![("transactions: an open one is listed, and aborted", Test::Broker(aborted))]
}

fn aborted(peer: &Peer) {
    let (topic, id, done) = (name("open"), name("id"), name("id"));
    peer.create(&topic, 1);
    peer.write_in_transaction(&done, &topic, &[(0, "a")], Some(true));
    let open = peer.write_in_transaction(&id, &topic, &[(0, "b")], None).expect("it is open");
    peer.write(&topic, [(0, "c")]);
    let texts = || peer.read(&topic, 1).into_iter().map(|m| m.payload).collect::<String>();
    assert_eq!(texts(), "a", "consumers wait behind it");

    let cluster = Transactions::at(&peer.bootstrap);
    let find = |id: &str| -> Option<Transaction> {
        cluster.list().expect("an answer").into_iter().find(|transaction| transaction.id == id)
    };
    let listed = find(&id).expect("it is listed");
    assert!(listed.is_open() && listed.started.is_some(), "{listed:?}");
    assert_eq!(listed.timeout.as_secs(), 60);
    assert!(!find(&done).expect("it is listed too").is_open());

    cluster.abort(&id).expect("it is ended");
    until("consumers go on", || (texts() == "ac").then_some(()));
    until("it is no longer open", || find(&id).filter(|t| !t.is_open()));
    let shut_out = rdkafka::producer::Producer::commit_transaction(&open, std::time::Duration::from_secs(20));
    assert!(shut_out.is_err(), "its producer is shut out");
}
