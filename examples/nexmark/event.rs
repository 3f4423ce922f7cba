//! What happens at the auction house.

use millstream::batch::Batch;
use millstream::clock::Timestamp;
use millstream::source::Source;
use serde::{Deserialize, Serialize};

/// Somebody registers, who will sell or bid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub credit_card: String,
    pub city: String,
    pub state: String,
    pub time: Timestamp,
    pub extra: String,
}

/// A person puts something up for auction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Auction {
    pub id: u64,
    pub item: String,
    pub description: String,
    /// Prices are in cents.
    pub initial_bid: u64,
    /// Below this price the seller keeps it.
    pub reserve: u64,
    pub time: Timestamp,
    pub expires: Timestamp,
    pub seller: u64,
    pub category: u64,
    pub extra: String,
}

/// A person offers a price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bid {
    pub auction: u64,
    pub bidder: u64,
    pub price: u64,
    /// Through which the bidder came, and the page where that was.
    pub channel: String,
    pub url: String,
    pub time: Timestamp,
    pub extra: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Event {
    Person(Person),
    Auction(Auction),
    Bid(Bid),
}

impl Event {
    pub fn time(&self) -> Timestamp {
        match self {
            Event::Person(person) => person.time,
            Event::Auction(auction) => auction.time,
            Event::Bid(bid) => bid.time,
        }
    }

    pub fn person(self) -> Option<Person> {
        if let Event::Person(person) = self { Some(person) } else { None }
    }

    pub fn auction(self) -> Option<Auction> {
        if let Event::Auction(auction) = self { Some(auction) } else { None }
    }

    pub fn bid(self) -> Option<Bid> {
        if let Event::Bid(bid) = self { Some(bid) } else { None }
    }
}

/// A source of events: what every query reads.
pub trait Events: Source<Batch: for<'a> Batch<Item<'a> = Event>> {}
impl<S: Source<Batch: for<'a> Batch<Item<'a> = Event>>> Events for S {}
