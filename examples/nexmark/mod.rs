//! The queries of Nexmark, a benchmark of stream processing: people, their auctions, and bids.
//!
//! ```text
//! … -- nexmark                   lists the queries
//! … -- nexmark 5 [EVENTS]        runs one, on so many events (by default 5000), which are fifty seconds of event time
//! … -- nexmark 5 --plan          prints its plan only
//! ```
//!
//! Each query is a file. Its text says what is asked, in the words of the benchmark's SQL; its test compares the result with loops over the
//! same events. (Queries 6 and 10 are left out by most: 6 needs what SQL has no words for, 10 is about writing files.)

mod check;
mod event;
mod generator;
pub mod q0;
pub mod q1;
pub mod q11;
pub mod q12;
pub mod q13;
pub mod q14;
pub mod q15;
pub mod q16;
pub mod q17;
pub mod q18;
pub mod q19;
pub mod q2;
pub mod q20;
pub mod q21;
pub mod q22;
pub mod q3;
pub mod q4;
pub mod q5;
pub mod q7;
pub mod q8;
pub mod q9;

use std::time::Duration;

use millstream::prelude::*;
use millstream::source::FromIter;
use millstream::{BoxError, Plan, Trigger};

pub use self::event::{Auction, Bid, Event, Events, Person};
pub use self::generator::Nexmark;
use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "nexmark",
    about: "QUERY [EVENTS]: a query of the benchmark Nexmark; without arguments it lists them",
    plan: None,
    run,
};

/// How far events are out of order at most.
pub const OUT_OF_ORDER: Duration = secs(1);

/// The longest that an auction lasts: the model draws up to twice the time in which a hundred auctions begin.
pub const LONGEST_AUCTION: Duration = secs(34);

pub const DAY: Duration = hours(24);

/// A query, which prints its results.
pub struct Query {
    pub number: u32,
    pub about: &'static str,
    pub pipeline: fn(FromIter<Nexmark>) -> Pipeline<'static>,
}

pub const QUERIES: [Query; 21] = [
    q0::QUERY,
    q1::QUERY,
    q2::QUERY,
    q3::QUERY,
    q4::QUERY,
    q5::QUERY,
    q7::QUERY,
    q8::QUERY,
    q9::QUERY,
    q11::QUERY,
    q12::QUERY,
    q13::QUERY,
    q14::QUERY,
    q15::QUERY,
    q16::QUERY,
    q17::QUERY,
    q18::QUERY,
    q19::QUERY,
    q20::QUERY,
    q21::QUERY,
    q22::QUERY,
];

impl Query {
    pub fn plan(&self) -> Plan {
        (self.pipeline)(from_iter(Nexmark::new(0))).plan()
    }

    fn run(&self, events: u64) -> Result<(), BoxError> {
        let events = Nexmark::new(0).events(events);
        let (engine, source) = if self.number == 12 {
            // The time of a tick matters to it alone: it has one each second.
            (Engine::local(), from_iter(events).max_records_per_tick(500))
        } else {
            (Engine::local().trigger(Trigger::Eager), from_iter(events))
        };
        Ok(engine.run((self.pipeline)(source))?)
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let number = arguments.first().map(|number| number.parse::<u32>()).transpose()?;
    let Some(query) = QUERIES.iter().find(|query| Some(query.number) == number) else {
        QUERIES.iter().for_each(|query| println!("{:>3}  {}", query.number, query.about));
        return number.map_or(Ok(()), |number| Err(format!("there is no query {number}").into()));
    };
    match arguments.get(1).map(String::as_str) {
        Some("--plan") => println!("{}", query.plan()),
        events => query.run(events.map_or(Ok(5000), str::parse)?)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../book/src/nexmark.md");

    #[test]
    fn plans_are_as_they_were() {
        for number in [4, 5, 7, 16] {
            let query = QUERIES.iter().find(|query| query.number == number).expect("it is listed");
            insta::assert_snapshot!(format!("nexmark_q{number}"), query.plan());
        }
    }

    #[test]
    fn the_page_of_the_book_lists_all_queries_and_shows_what_is_there() {
        let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `q")?.split('`').next());
        assert!(rows.eq(QUERIES.iter().map(|query| query.number.to_string())));
        for shown in PAGE.split("{{#include ../../examples/nexmark/").skip(1) {
            let file = shown.split(":query}}").next().expect("a split has a first part");
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/nexmark/").to_string() + file;
            let text = std::fs::read_to_string(path).expect("the page names a file");
            assert!(text.contains("// ANCHOR: query\n") && text.contains("// ANCHOR_END: query\n"));
        }
    }
}
