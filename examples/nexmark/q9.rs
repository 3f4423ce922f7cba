//! Query 9, winning bids: of each auction the highest bid; of bids that are equally high the earliest.
//!
//! ```sql
//! SELECT * FROM (
//!     SELECT a.*, b.*, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.time ASC) AS rank
//!     FROM auction a JOIN bid b ON a.id = b.auction WHERE b.time BETWEEN a.time AND a.expires
//! ) WHERE rank <= 1
//! ```
//!
//! As in query 4, the join is bounded by the longest that an auction lasts, its bids are one session, and a result leaves once.

use std::cmp::Reverse;

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Auction, Bid, Event, Events, LONGEST_AUCTION, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 9,
    about: "winning bids: the highest bid on each auction",
    pipeline: |events| {
        let line =
            |(auction, bid): (Auction, Bid)| format!("{}: {} by {}", auction.id, bid.price, bid.bidder);
        q9(events, Shown(line))
    },
};

pub fn q9(events: impl Events, out: impl Sink<(Auction, Bid)> + 'static) -> Pipeline<'static> {
    stream! { <Q9>
        let events = source(events).event_time(|event| event.time(), OUT_OF_ORDER);
        let auctions = events.filter_map(Event::auction).map(|auction| (auction.id, auction));
        let bids = events.filter_map(Event::bid).map(|bid| (bid.auction, bid));

        let valid = auctions
            .interval_join(bids, Interval::between(secs(0), LONGEST_AUCTION), |auction, bid| bid.time <= auction.expires);

        let winning = valid.session(LONGEST_AUCTION).aggregate_by_key(max_by(|(_, bid)| (bid.price, Reverse(bid.time))));
        winning.map(|(_, _, both)| both).sink(out);
    }
}

#[test]
fn each_auction_has_its_winning_bid() {
    use super::check::{bids, check, events};

    let mut bids = bids();
    bids.sort_by_key(|bid| (Reverse(bid.price), bid.time));
    let mut expected = Vec::new();
    for auction in events().into_iter().filter_map(Event::auction) {
        let valid =
            |bid: &&Bid| bid.auction == auction.id && bid.time >= auction.time && bid.time <= auction.expires;
        if let Some(bid) = bids.iter().find(valid) {
            expected.push((auction, bid.clone()));
        }
    }
    check(q9, expected);
}
