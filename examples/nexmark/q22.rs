//! Query 22, URL split: each bid with the three folders of its page.
//!
//! ```sql
//! SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4), SPLIT_INDEX(url, '/', 5) FROM bid
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 22,
    about: "URL split: each bid with the folders of its page",
    pipeline: |events| {
        q22(events, Shown(|(_, _, _, channel, [a, b, c]): Row| format!("{channel}: {a} {b} {c}")))
    },
};

/// Auction, bidder, price, channel, and the folders.
pub type Row = (u64, u64, u64, String, [String; 3]);

pub fn q22(events: impl Events, out: impl Sink<Row> + 'static) -> Pipeline<'static> {
    stream! { <Q22>
        let bids = source(events).filter_map(Event::bid);
        let rows = bids.map(|bid| {
            // `https:`, nothing, the host, then the folders.
            let mut parts = bid.url.split('/').skip(3).map(str::to_string);
            let folders = [(); 3].map(|()| parts.next().unwrap_or_default());
            (bid.auction, bid.bidder, bid.price, bid.channel, folders)
        });
        rows.sink(out);
    }
}

#[test]
fn folders_are_those_of_the_page() {
    use super::check::{bids, check};

    let mut expected = Vec::new();
    for bid in bids() {
        let path = bid.url.strip_prefix("https://www.nexmark.com/").expect("the pages are there");
        let [a, b, c, page] =
            path.split('/').map(String::from).collect::<Vec<_>>().try_into().expect("three folders");
        assert!(page.starts_with("item.htm"));
        expected.push((bid.auction, bid.bidder, bid.price, bid.channel, [a, b, c]));
    }
    check(q22, expected);
}
