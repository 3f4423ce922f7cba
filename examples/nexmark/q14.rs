//! Query 14, calculation: bids in a range of prices, with the part of the day, and how many `c` stand in their text.
//!
//! ```sql
//! SELECT auction, bidder, 0.908 * price AS price,
//!     CASE WHEN HOUR(time) BETWEEN 8 AND 18 THEN 'day' WHEN HOUR(time) <= 6 OR HOUR(time) >= 20 THEN 'night' ELSE 'other' END,
//!     time, COUNT_CHAR(extra, 'c')
//! FROM bid WHERE 0.908 * price BETWEEN 1000000 AND 50000000
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::q1::euros;
use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 14,
    about: "calculation: bids in a range of prices, with what follows from them",
    pipeline: |events| {
        let line =
            |(auction, _, price, part, _, n): Row| format!("{price} on {auction} ({part:?}), {n} times c");
        q14(events, Shown(line))
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Day,
    Night,
    Other,
}

impl Part {
    /// Of the hours of the day in UTC.
    fn of(time: Timestamp) -> Part {
        match time.millis() / 3_600_000 % 24 {
            8..=18 => Part::Day,
            0..=6 | 20..=23 => Part::Night,
            _ => Part::Other,
        }
    }
}

/// Auction, bidder, price in euros, part of the day, time, and how many `c`.
pub type Row = (u64, u64, u64, Part, Timestamp, usize);

pub fn q14(events: impl Events, out: impl Sink<Row> + 'static) -> Pipeline<'static> {
    stream! { <Q14>
        let bids = source(events).filter_map(Event::bid).map(|bid| (euros(bid.price), bid));
        let chosen = bids.filter(|(price, _)| (1_000_000..=50_000_000).contains(price));
        chosen
            .map(|(price, bid)| {
                let count = bid.extra.matches('c').count();
                (bid.auction, bid.bidder, price, Part::of(bid.time), bid.time, count)
            })
            .sink(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nexmark::check::{bids, check};

    #[test]
    fn rows_are_those_of_a_loop() {
        let mut expected = Vec::new();
        for bid in bids() {
            let price = bid.price * 908 / 1000;
            if !(1_000_000..=50_000_000).contains(&price) {
                continue;
            }
            // The events are of the two minutes before midnight, and those behind it.
            let part = Part::Night;
            let count = bid.extra.bytes().filter(|byte| *byte == b'c').count();
            expected.push((bid.auction, bid.bidder, price, part, bid.time, count));
        }
        check(q14, expected);
    }

    #[test]
    fn seven_and_nineteen_oclock_are_neither_day_nor_night() {
        let parts: Vec<Part> =
            (0..24).map(|hour| Part::of(Timestamp::from_millis(hour * 3_600_000))).collect();
        assert_eq!(parts[..7], [Part::Night; 7]);
        assert_eq!(parts[7], Part::Other);
        assert_eq!(parts[8..19], [Part::Day; 11]);
        assert_eq!(parts[19], Part::Other);
        assert_eq!(parts[20..], [Part::Night; 4]);
    }
}
