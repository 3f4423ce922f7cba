//! Query 11, user sessions: how many bids each bidder made, until there were none for ten seconds.
//!
//! ```sql
//! SELECT bidder, COUNT(*), window FROM SESSION(bid PARTITION BY bidder, 10 SECONDS) GROUP BY bidder, window
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 11,
    about: "user sessions: the bids of each bidder, until there are none for 10 s",
    pipeline: |events| q11(events, Shown(|(w, bidder, n): Session| format!("{w}: {n} bids by {bidder}"))),
};

/// From the first bid to ten seconds behind the last one; the bidder; and how many bids.
pub type Session = (Window, u64, u64);

pub fn q11(events: impl Events, out: impl Sink<Session> + 'static) -> Pipeline<'static> {
    stream! { <Q11>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        bids.map(|bid| (bid.bidder, ())).session(secs(10)).count_by_key().sink(out);
    }
}

#[test]
fn sessions_end_ten_seconds_behind_their_last_bid() {
    use std::collections::HashMap;

    use super::check::{bids, check};

    let mut times: HashMap<u64, Vec<i64>> = HashMap::new();
    for bid in bids() {
        times.entry(bid.bidder).or_default().push(bid.time.millis());
    }
    let mut expected = Vec::new();
    for (bidder, mut times) in times {
        // Sessions that touch are one.
        times.sort_unstable();
        for session in times.chunk_by(|earlier, later| later - earlier <= 10_000) {
            let window = Window::millis(session[0], session[session.len() - 1] + 10_000);
            expected.push((window, bidder, session.len() as u64));
        }
    }
    check(q11, expected);
}
