//! Query 7, highest bid: the highest bid of every ten seconds.
//!
//! ```sql
//! SELECT window, bid.* FROM TUMBLE(bid, 10 SECONDS) WHERE price = (SELECT MAX(price) … of the same window)
//! ```
//!
//! Of bids that are equally high, the one that came first.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 7,
    about: "highest bid: that of every 10 s",
    pipeline: |events| {
        let line =
            |(w, bid): (Window, Bid)| format!("{w}: {} on {} by {}", bid.price, bid.auction, bid.bidder);
        q7(events, Shown(line))
    },
};

pub fn q7(events: impl Events, out: impl Sink<(Window, Bid)> + 'static) -> Pipeline<'static> {
    stream! { <Q7>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        let highest = bids.tumbling(secs(10)).aggregate(max_by(|bid| bid.price));
        highest.sink(out);
    }
}

#[test]
fn each_window_shows_its_highest_bid() {
    use std::collections::HashMap;

    use super::check::{bids, check};

    let mut highest: HashMap<Window, Bid> = HashMap::new();
    for bid in bids() {
        let start = bid.time.millis() / 10_000 * 10_000;
        let best = highest.entry(Window::millis(start, start + 10_000)).or_insert_with(|| bid.clone());
        if bid.price > best.price {
            *best = bid;
        }
    }
    check(q7, highest);
}
