//! By hand: two threads, and tables of their own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};
use millstream_examples::nexmark::Event;

use super::{Events, Hottest, OUT_OF_ORDER, PER_TICK, Seller, hotter, is_near, mark, mark_seller};
use crate::joins::two;

/// What each thread has of a tick.
fn halves(total: usize) -> impl Iterator<Item = [Range<usize>; 2]> {
    let per_tick = PER_TICK as usize;
    (0..total).step_by(per_tick).map(move |begin| {
        let end = (begin + per_tick).min(total);
        let middle = begin + (end - begin) / 2;
        [begin..middle, middle..end]
    })
}

/// Two threads, each with its half of a tick: what it makes of that, and then what one of them makes of both.
fn ticks<M: Send + Default>(
    events: &Events,
    half: impl Fn(&[Event]) -> M + Sync,
    both: impl FnMut([M; 2]) + Send,
) {
    let made: [Mutex<M>; 2] = Default::default();
    let both = Mutex::new(both);
    two(events.len() as u64, |me, _, barrier: &Barrier| {
        for ranges in halves(events.len()) {
            let own = half(&events[ranges[me].clone()]);
            *made[me].lock().expect("no panics") = own;
            barrier.wait();
            if me == 0 {
                let of =
                    [0, 1].map(|from: usize| std::mem::take(&mut *made[from].lock().expect("no panics")));
                both.lock().expect("no panics")(of);
            }
            barrier.wait();
        }
        0
    });
}

/// What is looked at event by event, and emitted as a sum a tick.
fn alone(events: &Events, of: impl Fn(&Event) -> u64 + Sync) -> u64 {
    let mut sum = 0u64;
    let half = |events: &[Event]| events.iter().fold(0u64, |sum, event| sum.wrapping_add(of(event)));
    ticks(events, half, |[a, b]| sum = sum.wrapping_add(a).wrapping_add(b));
    sum
}

/// Two threads: each deals its half of a tick to both, then takes what is dealt to it, in order, into its state; then it closes what is
/// over. The last closes are without bound.
fn dealt<M: Send, S: Default>(
    events: &Events,
    deal: impl Fn(&Event) -> Option<(u64, M)> + Sync,
    step: impl Fn(&mut S, M) -> u64 + Sync,
    close: impl Fn(&mut S, i64) -> u64 + Sync,
) -> u64 {
    let exchange: [[Mutex<Vec<M>>; 2]; 2] = Default::default();
    let latest = AtomicI64::new(0);
    let total = events.len();
    two(total as u64, |me, _, barrier: &Barrier| {
        let (mut state, mut sum) = (S::default(), 0u64);
        for ranges in halves(total) {
            let mut time = 0;
            {
                let mut to = [0, 1].map(|to| exchange[me][to].lock().expect("no panics"));
                for event in &events[ranges[me].clone()] {
                    time = time.max(event.time().millis());
                    if let Some((key, message)) = deal(event) {
                        to[(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63) as usize].push(message);
                    }
                }
            }
            latest.fetch_max(time, SeqCst);
            barrier.wait();
            for from in &exchange {
                for message in from[me].lock().expect("no panics").drain(..) {
                    sum = sum.wrapping_add(step(&mut state, message));
                }
            }
            let watermark = latest.load(SeqCst) - OUT_OF_ORDER.as_millis() as i64;
            sum = sum.wrapping_add(close(&mut state, watermark));
            barrier.wait();
        }
        sum.wrapping_add(close(&mut state, i64::MAX))
    })
}

type Table<K, V> = HashMap<K, V, FixedState>;

pub fn q1_by_hand(events: &Events) -> u64 {
    alone(events, |event| match event {
        Event::Bid(bid) => mark(bid.auction, bid.bidder, bid.price * 908 / 1000),
        _ => 0,
    })
}

pub fn q2_by_hand(events: &Events) -> u64 {
    alone(events, |event| match event {
        Event::Bid(bid) if bid.auction % 123 == 0 => mark(bid.auction, bid.price, 0),
        _ => 0,
    })
}

pub fn q3_by_hand(events: &Events) -> u64 {
    enum Side {
        Seller(u64, Seller),
        Auction(u64, u64),
    }
    let deal = |event: &Event| match event {
        Event::Person(p) if is_near(&p.state) => {
            Some((p.id, Side::Seller(p.id, (p.name.clone(), p.city.clone(), p.state.clone()))))
        }
        Event::Auction(a) if a.category == 10 => Some((a.seller, Side::Auction(a.seller, a.id))),
        _ => None,
    };
    type Known = Table<u64, (Option<Seller>, Vec<u64>)>;
    let step = |known: &mut Known, side| match side {
        Side::Seller(id, seller) => {
            let (known, auctions) = known.entry(id).or_default();
            let sum = auctions.iter().fold(0u64, |sum, a| sum.wrapping_add(mark_seller(&seller, *a)));
            *known = Some(seller);
            sum
        }
        Side::Auction(id, auction) => {
            let (seller, auctions) = known.entry(id).or_default();
            auctions.push(auction);
            seller.as_ref().map_or(0, |seller| mark_seller(seller, auction))
        }
    };
    dealt(events, deal, step, |_, _| 0)
}

pub fn q4_by_hand(events: &Events) -> u64 {
    enum Side {
        Auction { id: u64, category: u64, from: i64, to: i64 },
        Bid { auction: u64, price: u64, time: i64 },
    }
    #[derive(Default)]
    struct Open {
        /// Category, begin and end.
        auction: Option<(u64, i64, i64)>,
        highest: u64,
        /// Bids that came before their auction.
        early: Vec<(u64, i64)>,
    }
    #[derive(Default)]
    struct State {
        open: Table<u64, Open>,
        ends: BTreeMap<i64, Vec<u64>>,
    }
    let deal = |event: &Event| match event {
        Event::Person(_) => None,
        Event::Auction(a) => {
            let (id, category, from, to) = (a.id, a.category, a.time.millis(), a.expires.millis());
            Some((id, Side::Auction { id, category, from, to }))
        }
        Event::Bid(b) => {
            Some((b.auction, Side::Bid { auction: b.auction, price: b.price, time: b.time.millis() }))
        }
    };
    let step = |state: &mut State, side| {
        match side {
            Side::Auction { id, category, from, to } => {
                let open = state.open.entry(id).or_default();
                open.auction = Some((category, from, to));
                let valid = open.early.drain(..).filter(|(_, time)| (from..=to).contains(time));
                open.highest = valid.map(|(price, _)| price).max().unwrap_or(0);
                state.ends.entry(to).or_default().push(id);
            }
            Side::Bid { auction, price, time } => {
                let open = state.open.entry(auction).or_default();
                match open.auction {
                    Some((_, from, to)) if (from..=to).contains(&time) => {
                        open.highest = open.highest.max(price);
                    }
                    Some(_) => {}
                    None => open.early.push((price, time)),
                }
            }
        }
        0
    };
    let means: Mutex<BTreeMap<u64, (u64, u64)>> = Mutex::default();
    let close = |state: &mut State, watermark: i64| {
        let mut means = means.lock().expect("no panics");
        while let Some(first) = state.ends.first_entry().filter(|first| *first.key() < watermark) {
            for id in first.remove() {
                let open = state.open.remove(&id).expect("it is open until it ends");
                if let Some((category, _, _)) = open.auction.filter(|_| open.highest > 0) {
                    let (sum, count) = means.entry(category).or_default();
                    (*sum, *count) = (*sum + open.highest, *count + 1);
                }
            }
        }
        0
    };
    dealt(events, deal, step, close);
    let means = means.into_inner().expect("no panics");
    means.iter().fold(0u64, |all, (category, (sum, count))| {
        all.wrapping_add(mark(*category, (*sum as f64 / *count as f64).to_bits(), 0))
    })
}

pub fn q5_by_hand(events: &Events) -> u64 {
    /// Counts by pane of two seconds, and the last window that is closed.
    #[derive(Default)]
    struct State {
        panes: BTreeMap<i64, Table<u64, u32>>,
        closed: i64,
    }
    let deal = |event: &Event| match event {
        Event::Bid(bid) => Some((bid.auction, (bid.auction, bid.time.millis() / 2000))),
        _ => None,
    };
    let step = |state: &mut State, (auction, pane)| {
        *state.panes.entry(pane).or_default().entry(auction).or_default() += 1;
        0
    };
    let hottest: Mutex<Hottest> = Mutex::default();
    let close = |state: &mut State, watermark: i64| {
        let mut hottest = hottest.lock().expect("no panics");
        // A window is called by its last pane.
        while let Some(last) = state.panes.keys().next_back().copied() {
            let first = state.panes.keys().next().copied().unwrap_or(last);
            let window = first.max(state.closed + 1);
            if window > last + 4 || (window + 1).saturating_mul(2000) > watermark {
                break;
            }
            let mut counts: Table<u64, u32> = Table::default();
            for pane in state.panes.range(window - 4..=window).map(|(_, pane)| pane) {
                for (auction, n) in pane {
                    *counts.entry(*auction).or_default() += n;
                }
            }
            let best = hottest.entry(window).or_default();
            counts.into_iter().for_each(|(auction, n)| hotter(best, n, auction));
            state.closed = window;
            state.panes.retain(|pane, _| pane + 4 > window);
        }
        0
    };
    dealt(events, deal, step, close);
    let mut sum = 0u64;
    for (window, (n, auctions)) in hottest.into_inner().expect("no panics") {
        let start = (window * 2000 - 8000) as u64;
        sum = auctions.iter().fold(sum, |sum, auction| sum.wrapping_add(mark(start, *auction, u64::from(n))));
    }
    sum
}

pub fn q7_by_hand(events: &Events) -> u64 {
    type Highest = BTreeMap<i64, u64>;
    fn raise(highest: &mut Highest, window: i64, price: u64) {
        let best = highest.entry(window).or_default();
        *best = price.max(*best);
    }
    let half = |events: &[Event]| {
        let (mut own, mut time) = (Highest::new(), 0);
        for event in events {
            time = time.max(event.time().millis());
            if let Event::Bid(bid) = event {
                raise(&mut own, bid.time.millis() / 10_000, bid.price);
            }
        }
        (own, time)
    };
    let (mut open, mut latest, mut sum) = (Highest::new(), 0, 0u64);
    let mut emit =
        |(window, price): (i64, u64)| sum = sum.wrapping_add(mark(10_000 * window as u64, price, 0));
    ticks(events, half, |of| {
        for (own, time) in of {
            own.into_iter().for_each(|(window, price)| raise(&mut open, window, price));
            latest = latest.max(time);
        }
        let watermark = latest - OUT_OF_ORDER.as_millis() as i64;
        while let Some(first) = open.first_entry().filter(|first| (first.key() + 1) * 10_000 <= watermark) {
            emit(first.remove_entry());
        }
    });
    open.into_iter().for_each(emit);
    sum
}

pub fn q8_by_hand(events: &Events) -> u64 {
    enum Side {
        Person(u64, String, i64),
        Seller(u64, i64),
    }
    /// By window: who registered, and who sold.
    type State = BTreeMap<i64, (Vec<(u64, String)>, HashSet<u64, FixedState>)>;
    let deal = |event: &Event| match event {
        Event::Person(p) => Some((p.id, Side::Person(p.id, p.name.clone(), p.time.millis() / 10_000))),
        Event::Auction(a) => Some((a.seller, Side::Seller(a.seller, a.time.millis() / 10_000))),
        Event::Bid(_) => None,
    };
    let step = |state: &mut State, side| {
        match side {
            Side::Person(id, name, window) => state.entry(window).or_default().0.push((id, name)),
            Side::Seller(id, window) => {
                state.entry(window).or_default().1.insert(id);
            }
        }
        0
    };
    let close = |state: &mut State, watermark: i64| {
        let mut sum = 0u64;
        while let Some(first) = state.first_entry().filter(|first| (first.key() + 1) * 10_000 <= watermark) {
            let start = *first.key() as u64 * 10_000;
            let (people, sellers) = first.remove();
            for (id, name) in people.iter().filter(|(id, _)| sellers.contains(id)) {
                sum = sum.wrapping_add(mark(start, *id, name.len() as u64));
            }
        }
        sum
    };
    dealt(events, deal, step, close)
}
