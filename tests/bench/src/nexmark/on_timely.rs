//! On timely: an event is sent as its number, and what a query needs of it is taken out before it is exchanged, so that nothing large
//! is cloned. Event time is as far as the last event of a tick, less what is out of order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use millstream_examples::nexmark::Event;
use timely::dataflow::operators::vec::{Filter, Map};
use timely::dataflow::{InputHandleVec, StreamVec};

use super::{Events, Hottest, OUT_OF_ORDER, PER_TICK, Seller, hotter, is_near, mark, mark_seller};
use crate::on_timely::{END, by_tick, run, summed};

/// What sends the numbers of a worker's half of each tick.
#[allow(clippy::type_complexity, reason = "it is written once")]
fn numbers(events: &Events) -> impl Fn(usize) -> Box<dyn FnMut(u64, &mut InputHandleVec<u64, u32>)> + use<> {
    let total = events.len() as u64;
    move |worker| {
        Box::new(move |tick, input| {
            let begin = tick * PER_TICK;
            let end = (begin + PER_TICK).min(total);
            let middle = begin + (end - begin) / 2;
            let own = if worker == 0 { begin..middle } else { middle..end };
            own.for_each(|number| input.send(number as u32));
        })
    }
}

fn ticks(events: &Events) -> u64 {
    (events.len() as u64).div_ceil(PER_TICK)
}

/// What `of` makes of events.
fn taken<'s, D: Clone + 'static>(
    numbers: StreamVec<'s, u64, u32>,
    events: &Events,
    of: impl Fn(&Event) -> Option<D> + 'static,
) -> StreamVec<'s, u64, D> {
    let events = Arc::clone(events);
    numbers.flat_map(move |number| of(&events[number as usize]))
}

/// How far event time is at the end of a tick.
fn watermark(events: &Events) -> impl Fn(u64) -> i64 + use<> {
    let events = Arc::clone(events);
    move |tick| {
        if tick == END {
            return i64::MAX;
        }
        let last = ((tick + 1) * PER_TICK).min(events.len() as u64) as usize - 1;
        events[last].time().millis() - OUT_OF_ORDER.as_millis() as i64
    }
}

pub fn q1(events: &Events) -> u64 {
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let bids = taken(numbers, &all, |event| match event {
            Event::Bid(bid) => Some((bid.auction, bid.bidder, bid.price)),
            _ => None,
        });
        let euros = bids.map(|(auction, bidder, price)| (auction, bidder, price * 908 / 1000));
        summed(euros, sum, probe, |(auction, bidder, price)| mark(*auction, *bidder, *price));
    })
}

pub fn q2(events: &Events) -> u64 {
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let bids = taken(numbers, &all, |event| match event {
            Event::Bid(bid) => Some((bid.auction, bid.price)),
            _ => None,
        });
        let chosen = bids.filter(|(auction, _)| auction % 123 == 0);
        summed(chosen, sum, probe, |(auction, price)| mark(*auction, *price, 0));
    })
}

pub fn q3(events: &Events) -> u64 {
    type Known = HashMap<u64, (Option<Seller>, Vec<u64>)>;
    type Sold = (Seller, u64);
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let sides = taken(numbers, &all, |event| match event {
            Event::Person(p) if is_near(&p.state) => {
                Some((p.id, Ok((p.name.clone(), p.city.clone(), p.state.clone()))))
            }
            Event::Auction(a) if a.category == 10 => Some((a.seller, Err(a.id))),
            _ => None,
        });
        let sold = by_tick(
            sides,
            |(id, _)| *id,
            |(known, out): &mut (Known, Vec<Sold>), (id, side): (u64, Result<Seller, u64>)| {
                let (seller, auctions) = known.entry(id).or_default();
                match side {
                    Ok(new) => {
                        out.extend(auctions.iter().map(|auction| (new.clone(), *auction)));
                        *seller = Some(new);
                    }
                    Err(auction) => {
                        auctions.push(auction);
                        out.extend(seller.iter().map(|seller| (seller.clone(), auction)));
                    }
                }
            },
            |(_, sold), _tick, out| out.append(sold),
        );
        summed(sold, sum, probe, |(seller, auction)| mark_seller(seller, *auction));
    })
}

/// An auction that is open: its category, begin and end, the highest bid, and bids that came before it.
#[derive(Default)]
struct Open {
    auction: Option<(u64, i64, i64)>,
    highest: u64,
    early: Vec<(u64, i64)>,
}

#[derive(Default)]
struct Auctions {
    open: HashMap<u64, Open>,
    ends: BTreeMap<i64, Vec<u64>>,
}

impl Auctions {
    fn step(&mut self, id: u64, side: Result<(u64, i64, i64), (u64, i64)>) {
        let open = self.open.entry(id).or_default();
        match side {
            Ok((category, from, to)) => {
                open.auction = Some((category, from, to));
                let valid = open.early.drain(..).filter(|(_, time)| (from..=to).contains(time));
                open.highest = valid.map(|(price, _)| price).max().unwrap_or(0);
                self.ends.entry(to).or_default().push(id);
            }
            Err((price, time)) => match open.auction {
                Some((_, from, to)) if (from..=to).contains(&time) => open.highest = open.highest.max(price),
                Some(_) => {}
                None => open.early.push((price, time)),
            },
        }
    }

    fn close(&mut self, watermark: i64, out: &mut Vec<(u64, u64)>) {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() < watermark) {
            for id in first.remove() {
                let open = self.open.remove(&id).expect("it is open until it ends");
                out.extend(
                    open.auction.filter(|_| open.highest > 0).map(|(category, ..)| (category, open.highest)),
                );
            }
        }
    }
}

pub fn q4(events: &Events) -> u64 {
    let means: Arc<Mutex<BTreeMap<u64, f64>>> = Arc::default();
    let (all, shared) = (Arc::clone(events), Arc::clone(&means));
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let sides = taken(numbers, &all, |event| match event {
            Event::Person(_) => None,
            Event::Auction(a) => Some((a.id, Ok((a.category, a.time.millis(), a.expires.millis())))),
            Event::Bid(b) => Some((b.auction, Err((b.price, b.time.millis())))),
        });
        let watermark = watermark(&all);
        let prices = by_tick(
            sides,
            |(id, _)| *id,
            |auctions: &mut Auctions, (id, side)| auctions.step(id, side),
            move |auctions, tick, out| auctions.close(watermark(tick), out),
        );
        type Means = (HashMap<u64, (u64, u64)>, HashSet<u64>);
        let updates = by_tick(
            prices,
            |(category, _)| *category,
            |(means, changed): &mut Means, (category, price)| {
                let (sum, count) = means.entry(category).or_default();
                (*sum, *count) = (*sum + price, *count + 1);
                changed.insert(category);
            },
            |(means, changed), _tick, out| {
                out.extend(changed.drain().map(|category| {
                    let (sum, count) = means[&category];
                    (category, sum as f64 / count as f64)
                }));
            },
        );
        let means = Arc::clone(&shared);
        summed(updates, sum, probe, move |(category, mean)| {
            means.lock().expect("no panics").insert(*category, *mean);
            0
        });
    });
    let means = means.lock().expect("no panics");
    means.iter().fold(0u64, |all, (category, mean)| all.wrapping_add(mark(*category, mean.to_bits(), 0)))
}

/// Counts by pane of two seconds, and the last window that is closed.
#[derive(Default)]
struct Panes {
    panes: BTreeMap<i64, HashMap<u64, u32>>,
    closed: i64,
}

impl Panes {
    /// The counts of windows, which are called by their last pane.
    fn close(&mut self, watermark: i64, out: &mut Vec<(i64, u64, u32)>) {
        while let Some(last) = self.panes.keys().next_back().copied() {
            let first = self.panes.keys().next().copied().unwrap_or(last);
            let window = first.max(self.closed + 1);
            if window > last + 4 || (window + 1).saturating_mul(2000) > watermark {
                break;
            }
            let mut counts: HashMap<u64, u32> = HashMap::new();
            for (auction, n) in self.panes.range(window - 4..=window).flat_map(|(_, pane)| pane) {
                *counts.entry(*auction).or_default() += n;
            }
            out.extend(counts.into_iter().map(|(auction, n)| (window, auction, n)));
            self.closed = window;
            self.panes.retain(|pane, _| pane + 4 > window);
        }
    }
}

pub fn q5(events: &Events) -> u64 {
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let bids = taken(numbers, &all, |event| match event {
            Event::Bid(bid) => Some((bid.auction, bid.time.millis() / 2000)),
            _ => None,
        });
        let watermark = watermark(&all);
        let counts = by_tick(
            bids,
            |(auction, _)| *auction,
            |panes: &mut Panes, (auction, pane)| {
                *panes.panes.entry(pane).or_default().entry(auction).or_default() += 1;
            },
            move |panes, tick, out| panes.close(watermark(tick), out),
        );
        // Both workers close a window in the same tick.
        let hottest = by_tick(
            counts,
            |(window, _, _)| *window as u64,
            |hottest: &mut Hottest, (window, auction, n)| {
                hotter(hottest.entry(window).or_default(), n, auction)
            },
            |hottest, _tick, out: &mut Vec<(i64, u64, u32)>| {
                for (window, (n, auctions)) in std::mem::take(hottest) {
                    out.extend(auctions.into_iter().map(|auction| (window, auction, n)));
                }
            },
        );
        summed(hottest, sum, probe, |(window, auction, n)| {
            mark((window * 2000 - 8000) as u64, *auction, u64::from(*n))
        });
    })
}

pub fn q7(events: &Events) -> u64 {
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let prices = taken(numbers, &all, |event| match event {
            Event::Bid(bid) => Some((bid.time.millis() / 10_000, bid.price)),
            _ => None,
        });
        type Highest = BTreeMap<i64, u64>;
        let raise = |highest: &mut Highest, (window, price): (i64, u64)| {
            let best = highest.entry(window).or_default();
            *best = price.max(*best);
        };
        // The highest of each worker, and of those the highest.
        let (index, watermark) = (prices.scope().index() as u64, watermark(&all));
        let own = by_tick(
            prices,
            move |_| index,
            raise,
            |highest, _tick, out: &mut Vec<(i64, u64)>| {
                out.extend(std::mem::take(highest));
            },
        );
        let highest = by_tick(
            own,
            |(window, _)| *window as u64,
            raise,
            move |highest, tick, out| {
                let watermark = watermark(tick);
                while let Some(first) =
                    highest.first_entry().filter(|first| (first.key() + 1) * 10_000 <= watermark)
                {
                    out.push(first.remove_entry());
                }
            },
        );
        summed(highest, sum, probe, |(window, price)| mark(10_000 * *window as u64, *price, 0));
    })
}

pub fn q8(events: &Events) -> u64 {
    /// By window: who registered, and who sold.
    type State = BTreeMap<i64, (Vec<(u64, String)>, HashSet<u64>)>;
    let all = Arc::clone(events);
    run(ticks(events), numbers(events), move |numbers, sum, probe| {
        let sides = taken(numbers, &all, |event| match event {
            Event::Person(p) => Some((p.id, p.time.millis() / 10_000, Some(p.name.clone()))),
            Event::Auction(a) => Some((a.seller, a.time.millis() / 10_000, None)),
            Event::Bid(_) => None,
        });
        let watermark = watermark(&all);
        let new = by_tick(
            sides,
            |(id, ..)| *id,
            |state: &mut State, (id, window, name)| {
                let (people, sellers) = state.entry(window).or_default();
                match name {
                    Some(name) => people.push((id, name)),
                    None => drop(sellers.insert(id)),
                }
            },
            move |state, tick, out| {
                let watermark = watermark(tick);
                while let Some(first) =
                    state.first_entry().filter(|first| (first.key() + 1) * 10_000 <= watermark)
                {
                    let (window, (people, sellers)) = first.remove_entry();
                    let new = people.into_iter().filter(|(id, _)| sellers.contains(id));
                    out.extend(new.map(|(id, name)| (window, id, name)));
                }
            },
        );
        summed(new, sum, probe, |(window, id, name)| mark(10_000 * *window as u64, *id, name.len() as u64));
    })
}
