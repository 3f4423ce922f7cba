//! Query 3, local item suggestion: who sells in category 10, in three states.
//!
//! ```sql
//! SELECT p.name, p.city, p.state, a.id FROM auction a JOIN person p ON a.seller = p.id
//! WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')
//! ```
//!
//! A person may sell at any later time, so the join has no bound, and keeps its records for ever. Here that has to be said, by
//! `.unbounded()`.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 3,
    about: "local item suggestion: who sells in category 10, in three states",
    pipeline: |events| {
        let line = |(name, city, state, auction): Row| format!("{auction} by {name}, {city} {state}");
        q3(events, Shown(line))
    },
};

/// Name, city and state of a person, and the auction.
pub type Row = (String, String, String, u64);

pub fn q3(events: impl Events, out: impl Sink<Row> + 'static) -> Pipeline<'static> {
    stream! { <Q3>
        let events = source(events);
        let people = events.filter_map(Event::person).filter(|p| ["OR", "ID", "CA"].contains(&p.state.as_str()));
        let auctions = events.filter_map(Event::auction).filter(|a| a.category == 10).map(|a| (a.seller, a.id));
        let sellers = people.map(|p| (p.id, (p.name, p.city, p.state)));
        let offers = auctions.interval_join(sellers, Interval::always()).unbounded();
        offers.map(|(_, (auction, (name, city, state)))| (name, city, state, auction)).sink(out);
    }
}

#[test]
fn sellers_of_three_states_come_with_their_auctions() {
    use std::collections::HashMap;

    use super::check::{check, events};

    let people = events().into_iter().filter_map(Event::person).map(|person| (person.id, person));
    let people: HashMap<u64, super::Person> = people.collect();
    let mut expected = Vec::new();
    for auction in events().into_iter().filter_map(Event::auction) {
        let Some(seller) = people.get(&auction.seller) else { continue };
        if auction.category == 10 && matches!(seller.state.as_str(), "OR" | "ID" | "CA") {
            expected.push((seller.name.clone(), seller.city.clone(), seller.state.clone(), auction.id));
        }
    }
    check(q3, expected);
}
