//! Query 8, monitor new users: who registered and opened an auction within the same ten seconds.
//!
//! ```sql
//! SELECT p.id, p.name, p.window FROM (SELECT id, name, window FROM TUMBLE(person, 10 SECONDS) GROUP BY id, name, window) p
//! JOIN (SELECT seller, window FROM TUMBLE(auction, 10 SECONDS) GROUP BY seller, window) a
//! ON p.id = a.seller AND p.window = a.window
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 8,
    about: "monitor new users: who registered and opened an auction within the same 10 s",
    pipeline: |events| {
        q8(events, Shown(|(w, id, name): (Window, u64, String)| format!("{w}: {name} ({id})")))
    },
};

/// Gives the window, and the person's id and name.
pub fn q8(events: impl Events, out: impl Sink<(Window, u64, String)> + 'static) -> Pipeline<'static> {
    stream! { <Q8>
        let events = source(events).event_time(|event| event.time(), OUT_OF_ORDER);
        let people = events.filter_map(Event::person).map(|person| (person.id, person.name));
        let sellers = events.filter_map(Event::auction).map(|auction| (auction.seller, ()));
        people.tumbling(secs(10)).left_semi_join(sellers).sink(out);
    }
}

#[test]
fn new_users_are_those_who_sell_at_once() {
    use std::collections::HashSet;

    use super::check::{check, events};

    let window = |time: Timestamp| time.millis() / 10_000;
    let auctions = events().into_iter().filter_map(Event::auction);
    let sold: HashSet<(u64, i64)> = auctions.map(|a| (a.seller, window(a.time))).collect();
    let mut expected = Vec::new();
    for person in events().into_iter().filter_map(Event::person) {
        let window = window(person.time);
        if sold.contains(&(person.id, window)) {
            expected.push((
                Window::millis(10_000 * window, 10_000 * window + 10_000),
                person.id,
                person.name,
            ));
        }
    }
    check(q8, expected);
}
