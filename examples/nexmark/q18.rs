//! Query 18, last bid: of each bidder on each auction the last bid.
//!
//! ```sql
//! SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY time DESC) AS rank FROM bid) WHERE rank <= 1
//! ```
//!
//! A later result replaces an earlier one. As in the benchmark nothing bounds what is kept: a bid for each pair of a bidder and an auction.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 18,
    about: "last bid: that of each bidder on each auction",
    pipeline: |events| {
        let line = |bid: Bid| format!("{} on {}: last {}", bid.bidder, bid.auction, bid.price);
        q18(events, Shown(line))
    },
};

/// Gives in each tick those that changed.
pub fn q18(events: impl Events, out: impl Sink<Bid> + 'static) -> Pipeline<'static> {
    stream! { <Q18>
        let bids = source(events).filter_map(Event::bid).map(|bid| ((bid.bidder, bid.auction), bid));
        let last = bids.running_reduce(|last, bid| if bid.time >= last.time { bid } else { last });
        last.values().sink(out);
    }
}

#[test]
fn the_last_bid_stays() {
    use std::collections::HashMap;

    use super::check::{bids, check_last};

    let mut sorted = bids();
    sorted.sort_by_key(|bid| bid.time);
    let last: HashMap<(u64, u64), Bid> =
        sorted.into_iter().map(|bid| ((bid.bidder, bid.auction), bid)).collect();
    check_last(q18, |bid| (bid.bidder, bid.auction), last.into_values());
}
