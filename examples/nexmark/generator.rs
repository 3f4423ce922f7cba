//! The events: by the published model of the benchmark, from a seed.
//!
//! Of fifty events one is a person, three are auctions, and forty-six are bids. Some auctions, sellers, bidders and channels are *hot*: much
//! of what happens has to do with them. An event follows from the seed and its number alone, so any part of the stream can be
//! made by itself. (Tucker, Tufte, Papadimos and Maier: "NEXMark – A Benchmark for Queries over Data Streams", 2002;
//! proportions and distributions as Apache Beam and Apache Flink have them.)

use std::time::Duration;

use fastrand::Rng;
use millstream::clock::Timestamp;

use super::event::{Auction, Bid, Event, Person};

/// In how many events there is one person and so many auctions; the others are bids.
const ROUND: i64 = 50;
const AUCTIONS: i64 = 3;

const FIRST_PERSON: i64 = 1000;
const FIRST_AUCTION: i64 = 1000;
const FIRST_CATEGORY: u64 = 10;
const CATEGORIES: u64 = 5;

/// Of so many one is chosen anew; the others are the hot one.
const HOT_SELLER: u64 = 4;
const HOT_BIDDER: u64 = 4;
const HOT_AUCTION: u64 = 2;
const HOT_CHANNEL: u64 = 2;
/// One in so many becomes hot.
const HOT: i64 = 100;

/// How many people take part at a time, and how many auctions are open.
const ACTIVE_PEOPLE: i64 = 1000;
const OPEN_AUCTIONS: i64 = 100;
/// So many that are not there yet may be named too.
const AHEAD: i64 = 10;

const CHANNELS: u64 = 10_000;
const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];

const FIRST_NAMES: [&str; 11] =
    ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES: [&str; 9] =
    ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
const CITIES: [&str; 10] = [
    "Phoenix",
    "Los Angeles",
    "San Francisco",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne",
];
const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];

/// The stream of events: an iterator, which ends behind [`events`](Nexmark::events).
#[derive(Clone, Debug)]
pub struct Nexmark {
    seed: u64,
    per_second: u64,
    begin: Timestamp,
    shuffled: u64,
    next: u64,
    events: u64,
}

impl Nexmark {
    /// A hundred events a second of event time, from 2015-07-15 23:58:20 on: behind ten thousand of them it is midnight. Within groups of
    /// twenty they are out of order.
    pub fn new(seed: u64) -> Nexmark {
        let begin = Timestamp::from_millis(1_437_004_700_000);
        Nexmark { seed, per_second: 100, begin, shuffled: 20, next: 0, events: u64::MAX }
    }

    /// How many there are; by default there is no end.
    #[must_use]
    pub fn events(mut self, events: u64) -> Nexmark {
        self.events = events;
        self
    }

    /// How many happen in a second of event time (default: 100).
    #[must_use]
    pub fn per_second(mut self, events: u64) -> Nexmark {
        self.per_second = events.max(1);
        self
    }

    /// The event at a place of the stream.
    pub fn event(&self, place: u64) -> Event {
        let within = place % self.shuffled;
        // 953 is a prime, so each place of the group is taken once.
        let number = place - within + within * 953 % self.shuffled;
        let mut rng = Rng::with_seed(self.seed.rotate_left(32) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let number = number as i64;
        match number % ROUND {
            0 => Event::Person(self.person(number, &mut rng)),
            n if n <= AUCTIONS => Event::Auction(self.auction(number, &mut rng)),
            _ => Event::Bid(self.bid(number, &mut rng)),
        }
    }

    fn time(&self, number: i64) -> Timestamp {
        self.begin.plus(Duration::from_millis(1000 * number as u64 / self.per_second))
    }

    fn person(&self, number: i64, rng: &mut Rng) -> Person {
        let name = format!("{} {}", pick(rng, &FIRST_NAMES), pick(rng, &LAST_NAMES));
        let email = format!("{}@{}.com", word(rng, 7), word(rng, 5));
        let card: Vec<String> = (0..4).map(|_| format!("{:04}", rng.u32(..10_000))).collect();
        let (city, state) = (pick(rng, &CITIES).to_string(), pick(rng, &STATES).to_string());
        let credit_card = card.join(" ");
        let extra = extra(rng, 200, 16 + name.len() + email.len() + credit_card.len() + city.len() + 2);
        let id = (last_person(number) + FIRST_PERSON) as u64;
        Person { id, name, email, credit_card, city, state, time: self.time(number), extra }
    }

    fn auction(&self, number: i64, rng: &mut Rng) -> Auction {
        let (item, description) = (word(rng, 20), word(rng, 100));
        let initial_bid = price(rng);
        let seller = match rng.u64(..HOT_SELLER) {
            0 => any_person(number, rng),
            _ => last_person(number) / HOT * HOT,
        };
        let extra = extra(rng, 500, 64 + item.len() + description.len());
        Auction {
            id: (last_auction(number) + FIRST_AUCTION) as u64,
            item,
            description,
            initial_bid,
            reserve: initial_bid + price(rng),
            time: self.time(number),
            expires: self.expiry(number, rng),
            seller: (seller + FIRST_PERSON) as u64,
            category: FIRST_CATEGORY + rng.u64(..CATEGORIES),
            extra,
        }
    }

    /// So that about [`OPEN_AUCTIONS`] are open at a time.
    fn expiry(&self, number: i64, rng: &mut Rng) -> Timestamp {
        let now = self.time(number);
        let horizon = self.time(number + OPEN_AUCTIONS * ROUND / AUCTIONS).since(now).as_millis() as u64;
        now.plus(Duration::from_millis(1 + rng.u64(..(2 * horizon).max(1))))
    }

    fn bid(&self, number: i64, rng: &mut Rng) -> Bid {
        let auction = match rng.u64(..HOT_AUCTION) {
            0 => {
                let last = last_auction(number);
                let first = (last - OPEN_AUCTIONS).max(0);
                first + rng.i64(0..last - first + 1 + AHEAD)
            }
            _ => last_auction(number) / HOT * HOT,
        };
        let bidder = match rng.u64(..HOT_BIDDER) {
            0 => any_person(number, rng),
            _ => last_person(number) / HOT * HOT + 1,
        };
        let price = price(rng);
        let (channel, url) = match rng.u64(..HOT_CHANNEL) {
            0 => channel(rng.u64(..CHANNELS)),
            _ => (pick(rng, &HOT_CHANNELS).to_string(), url(rng)),
        };
        let extra = extra(rng, 100, 32 + channel.len() + url.len());
        Bid {
            auction: (auction + FIRST_AUCTION) as u64,
            bidder: (bidder + FIRST_PERSON) as u64,
            price,
            channel,
            url,
            time: self.time(number),
            extra,
        }
    }
}

impl Iterator for Nexmark {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        (self.next < self.events).then(|| {
            self.next += 1;
            self.event(self.next - 1)
        })
    }
}

/// The person who came last before an event, counted from 0.
fn last_person(number: i64) -> i64 {
    number / ROUND
}

/// The auction that began last before an event; -1 where there is none.
fn last_auction(number: i64) -> i64 {
    number / ROUND * AUCTIONS + (number % ROUND).min(AUCTIONS) - 1
}

/// Somebody of those who take part, or who come soon.
fn any_person(number: i64, rng: &mut Rng) -> i64 {
    let people = last_person(number) + 1;
    let active = people.min(ACTIVE_PEOPLE);
    people - active + rng.i64(0..active + AHEAD)
}

/// From a dollar to a million, small ones as likely as large ones.
fn price(rng: &mut Rng) -> u64 {
    (10f64.powf(6.0 * rng.f64()) * 100.0).round() as u64
}

/// A channel that is not hot, and its page: nine of ten have their number in it.
fn channel(number: u64) -> (String, String) {
    let mut rng = Rng::with_seed(number);
    let mut url = url(&mut rng);
    if rng.u64(..10) > 0 {
        url += &format!("&channel_id={}", number.reverse_bits() >> 1);
    }
    (format!("channel-{number}"), url)
}

fn url(rng: &mut Rng) -> String {
    let [a, b, c] = [(); 3].map(|()| word(rng, 5));
    format!("https://www.nexmark.com/{a}/{b}/{c}/item.htm?query=1")
}

fn pick<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// Three letters at least, and so many at most.
fn word(rng: &mut Rng, most: usize) -> String {
    (0..rng.usize(3..=most)).map(|_| rng.lowercase()).collect()
}

/// What fills a record that has `has` bytes up to about `wanted`.
fn extra(rng: &mut Rng, wanted: usize, has: usize) -> String {
    let lacks = wanted.saturating_sub(has);
    let length = rng.usize(lacks * 4 / 5..=lacks * 6 / 5);
    (0..length).map(|_| rng.lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::LONGEST_AUCTION;
    use super::*;

    fn all() -> Vec<Event> {
        Nexmark::new(7).events(10_000).collect()
    }

    #[test]
    fn of_fifty_events_one_is_a_person_three_are_auctions_and_the_others_are_bids() {
        let (people, auctions, bids) = all().iter().fold((0, 0, 0), |(p, a, b), event| match event {
            Event::Person(_) => (p + 1, a, b),
            Event::Auction(_) => (p, a + 1, b),
            Event::Bid(_) => (p, a, b + 1),
        });
        assert_eq!((people, auctions, bids), (200, 600, 9200));
    }

    #[test]
    fn a_seed_gives_the_same_events_and_another_one_others() {
        assert_eq!(all(), all());
        assert_eq!(all()[1234], Nexmark::new(7).event(1234));
        assert_ne!(Nexmark::new(8).event(1234), Nexmark::new(7).event(1234));
    }

    #[test]
    fn people_and_auctions_have_numbers_of_their_own_without_gaps() {
        let people: BTreeSet<u64> = all().into_iter().filter_map(Event::person).map(|p| p.id).collect();
        let auctions: BTreeSet<u64> = all().into_iter().filter_map(Event::auction).map(|a| a.id).collect();
        assert!(people.into_iter().eq(1000..1200));
        assert!(auctions.into_iter().eq(1000..1600));
    }

    #[test]
    fn bids_and_auctions_name_those_that_are_there_or_come_soon() {
        for event in all() {
            match event {
                Event::Person(_) => {}
                Event::Auction(auction) => assert!((1000..1210).contains(&auction.seller)),
                Event::Bid(bid) => {
                    assert!((1000..1210).contains(&bid.bidder) && (1000..1610).contains(&bid.auction));
                }
            }
        }
    }

    #[test]
    fn auctions_last_no_longer_than_the_queries_wait() {
        let lasts = |auction: Auction| auction.expires.since(auction.time);
        let longest =
            all().into_iter().filter_map(Event::auction).map(lasts).max().expect("there are auctions");
        assert!(longest <= LONGEST_AUCTION && longest > LONGEST_AUCTION / 2, "{longest:?}");
    }

    #[test]
    fn events_are_out_of_order_by_less_than_a_second() {
        let (mut latest, mut behind) = (Timestamp::MIN, 0);
        for event in all() {
            latest = latest.max(event.time());
            behind = behind.max(latest.since(event.time()).as_millis());
        }
        assert!((1..1000).contains(&behind), "{behind} ms");
    }
}
