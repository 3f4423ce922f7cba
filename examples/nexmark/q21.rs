//! Query 21, channel id: each bid with the number of its channel.
//!
//! ```sql
//! SELECT auction, bidder, price, channel,
//!     CASE LOWER(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
//!     ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
//! FROM bid WHERE channel_id IS NOT NULL
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 21,
    about: "channel id: each bid with the number of its channel",
    pipeline: |events| q21(events, Shown(|(_, _, _, channel, id): Row| format!("{channel}: {id}"))),
};

/// Auction, bidder, price, channel, and its number.
pub type Row = (u64, u64, u64, String, String);

/// Known of large channels; for others it stands in the page's address, or nowhere.
fn channel_id(bid: &Bid) -> Option<String> {
    let known = match bid.channel.to_lowercase().as_str() {
        "apple" => "0",
        "google" => "1",
        "facebook" => "2",
        "baidu" => "3",
        _ => bid.url.split('&').skip(1).find_map(|parameter| parameter.strip_prefix("channel_id="))?,
    };
    Some(known.to_string())
}

pub fn q21(events: impl Events, out: impl Sink<Row> + 'static) -> Pipeline<'static> {
    stream! { <Q21>
        let bids = source(events).filter_map(Event::bid);
        let rows = bids.filter_map(|bid| channel_id(&bid).map(|id| (bid.auction, bid.bidder, bid.price, bid.channel, id)));
        rows.sink(out);
    }
}

#[test]
fn bids_whose_channel_has_no_number_are_left_out() {
    use super::check::{bids, check};

    let (mut expected, mut without) = (Vec::new(), 0);
    for bid in bids() {
        let hot = ["Apple", "Google", "Facebook", "Baidu"].iter().position(|name| *name == bid.channel);
        let id = match (hot, bid.url.find("&channel_id=")) {
            (Some(place), _) => place.to_string(),
            (None, Some(at)) => bid.url[at + 12..].to_string(),
            (None, None) => {
                without += 1;
                continue;
            }
        };
        expected.push((bid.auction, bid.bidder, bid.price, bid.channel, id));
    }
    assert!(without > 0);
    check(q21, expected);
}
