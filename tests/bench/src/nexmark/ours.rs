//! With Millstream, on events that are lent: a query clones what it keeps.

use std::collections::BTreeMap;

use millstream::Trigger;
use millstream::prelude::*;
use millstream_examples::nexmark::Event;

use super::{Events, LONGEST_AUCTION, OUT_OF_ORDER, hotter, is_near, mark, mark_seller, start, stored};

/// Until the input has ended: so event time ends too.
fn run(pipeline: Pipeline<'_>) {
    let engine = Engine::local().threads(2).partitions(2).memory_budget(u64::MAX);
    engine.trigger(Trigger::Eager).run(pipeline).expect("it runs");
}

pub fn q1(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q1>
        let bids = source(stored(events)).filter_map(|event| if let Event::Bid(bid) = event { Some(bid) } else { None });
        let marks = bids.map(|bid| mark(bid.auction, bid.bidder, bid.price * 908 / 1000));
        marks.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    });
    sum
}

pub fn q2(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q2>
        let bids = source(stored(events)).filter_map(|event| if let Event::Bid(bid) = event { Some(bid) } else { None });
        let chosen = bids.filter(|bid| bid.auction % 123 == 0).map(|bid| mark(bid.auction, bid.price, 0));
        chosen.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    });
    sum
}

pub fn q3(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q3>
        let events = source(stored(events));
        let people = events.filter_map(|event| if let Event::Person(p) = event { Some(p) } else { None });
        let auctions = events.filter_map(|event| if let Event::Auction(a) = event { Some(a) } else { None });
        let sellers = people.filter(|p| is_near(&p.state)).map(|p| (p.id, (p.name.clone(), p.city.clone(), p.state.clone())));
        let offers = auctions.filter(|a| a.category == 10).map(|a| (a.seller, a.id));
        let both = offers.interval_join(sellers, Interval::always()).unbounded();
        both.map(|(_, (auction, seller))| mark_seller(&seller, auction)).reduce(u64::wrapping_add)
            .for_each(|n| sum = sum.wrapping_add(n));
    });
    sum
}

pub fn q4(events: &Events) -> u64 {
    let mut means = BTreeMap::new();
    run(stream! { <Q4>
        let events = source(stored(events)).event_time(|event| event.time(), OUT_OF_ORDER);
        let auctions = events.filter_map(|event| if let Event::Auction(a) = event { Some((a.id, (a.category, a.expires))) } else { None });
        let bids = events.filter_map(|event| if let Event::Bid(b) = event { Some((b.auction, (b.price, b.time))) } else { None });
        let valid = auctions
            .interval_join(bids, Interval::between(secs(0), LONGEST_AUCTION), |(_, expires), (_, time)| time <= expires);
        let prices = valid.map(|(id, ((category, _), (price, _)))| ((id, category), price));
        let last = prices.session(LONGEST_AUCTION).aggregate_by_key(max(|price| *price));
        let by_category = last.map(|(_, (_, category), price)| (category, price));
        let all = by_category.global().emit(Emit::Update).aggregate_by_key(mean(|price| *price));
        all.for_each(|(_, category, mean)| {
            means.insert(category, mean);
        });
    });
    means.iter().fold(0u64, |all, (category, mean)| all.wrapping_add(mark(*category, mean.to_bits(), 0)))
}

pub fn q5(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q5>
        let events = source(stored(events)).event_time(|event| event.time(), OUT_OF_ORDER);
        let bids = events.filter_map(|event| if let Event::Bid(bid) = event { Some((bid.auction, ())) } else { None });
        let counts = bids.sliding(secs(10), secs(2)).count_by_key();
        let by_window = counts.map(|(window, auction, n)| (window, (n as u32, auction)));
        let hottest = by_window.aggregate_by_key(
            (0, Vec::new()),
            |mut best, (n, auction)| {
                hotter(&mut best, n, auction);
                best
            },
            |mut best, (n, auctions)| {
                auctions.into_iter().for_each(|auction| hotter(&mut best, n, auction));
                best
            },
        );
        hottest.for_each(|(window, (n, auctions))| {
            for auction in auctions {
                sum = sum.wrapping_add(mark(start(window), auction, u64::from(n)));
            }
        });
    });
    sum
}

pub fn q7(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q7>
        let events = source(stored(events)).event_time(|event| event.time(), OUT_OF_ORDER);
        let prices = events.filter_map(|event| if let Event::Bid(bid) = event { Some(bid.price) } else { None });
        let highest = prices.tumbling(secs(10)).reduce(|a, b| a.max(b));
        highest.for_each(|(window, price)| sum = sum.wrapping_add(mark(start(window), price, 0)));
    });
    sum
}

pub fn q8(events: &Events) -> u64 {
    let mut sum = 0u64;
    run(stream! { <Q8>
        let events = source(stored(events)).event_time(|event| event.time(), OUT_OF_ORDER);
        let people = events.filter_map(|event| if let Event::Person(p) = event { Some((p.id, p.name.clone())) } else { None });
        let sellers = events.filter_map(|event| if let Event::Auction(a) = event { Some((a.seller, ())) } else { None });
        let new = people.tumbling(secs(10)).left_semi_join(sellers);
        let marks = new.map(|(window, id, name)| mark(start(window), id, name.len() as u64));
        marks.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    });
    sum
}
