//! Query 16, channel statistics: query 15 for each channel, with the minute of its last bid.
//!
//! ```sql
//! SELECT channel, day, MAX(minute), COUNT(*), …, COUNT(DISTINCT bidder), …, COUNT(DISTINCT auction), … FROM bid GROUP BY channel, day
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::q15::Rank;
use super::{DAY, Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 16,
    about: "channel statistics: bids, bidders and auctions of each channel and day, by rank of the price",
    pipeline: |events| {
        let line = |(day, (channel, rank), (bids, bidders, auctions, minute)): Statistics| {
            let (hour, minute) = (minute / 60, minute % 60);
            format!(
                "{day} {channel} {rank:?}: {bids} bids by {bidders} bidders on {auctions} auctions until {hour:02}:{minute:02}"
            )
        };
        q16(events, Shown(line))
    },
};

/// The day; the channel and the rank; how many bids, bidders and auctions, and the minute of the day of the last bid.
pub type Statistics = (Window, (String, Rank), (u64, u64, u64, i64));

pub fn q16(events: impl Events, out: impl Sink<Statistics> + 'static) -> Pipeline<'static> {
    stream! { <Q16>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        let ranked = bids.flat_map(|bid| {
            let minute = bid.time.millis() / 60_000 % (24 * 60);
            [Rank::All, Rank::of(bid.price)].map(|rank| ((bid.channel.clone(), rank), (bid.bidder, bid.auction, minute)))
        });
        let statistics = ranked.tumbling(DAY).aggregate_by_key((
            count(),
            count_distinct(|(bidder, _, _)| *bidder),
            count_distinct(|(_, auction, _)| *auction),
            max(|(_, _, minute)| *minute),
        ));
        statistics.sink(out);
    }
}

#[test]
fn each_channel_has_its_statistics() {
    use std::collections::{HashMap, HashSet};

    use super::check::{bids, check};

    #[derive(Default)]
    struct Known {
        bids: u64,
        bidders: HashSet<u64>,
        auctions: HashSet<u64>,
        minute: i64,
    }

    let mut known: HashMap<(Window, (String, Rank)), Known> = HashMap::new();
    for bid in bids() {
        let millis = bid.time.millis();
        let day = millis - millis % 86_400_000;
        for rank in [Rank::All, Rank::of(bid.price)] {
            let key = (Window::millis(day, day + 86_400_000), (bid.channel.clone(), rank));
            let known = known.entry(key).or_default();
            known.bids += 1;
            known.bidders.insert(bid.bidder);
            known.auctions.insert(bid.auction);
            known.minute = known.minute.max((millis - day) / 60_000);
        }
    }
    let row =
        |known: Known| (known.bids, known.bidders.len() as u64, known.auctions.len() as u64, known.minute);
    check(q16, known.into_iter().map(|((window, key), known)| (window, key, row(known))));
}
