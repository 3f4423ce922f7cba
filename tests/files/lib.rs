//! Files of JSON lines, CSV and Parquet: what the tests and the program that is killed share.

use serde::{Deserialize, Serialize};

/// A record that every format can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Order {
    pub id: u64,
    pub country: String,
    pub note: Option<String>,
}

impl Order {
    /// The `n`th.
    pub fn new(n: u64) -> Order {
        let country = ["AT", "DE", "a/b"][(n % 3) as usize].to_string();
        let note = n.is_multiple_of(4).then(|| format!("\"{n}\",\nand more"));
        Order { id: n, country, note }
    }

    pub fn all(numbers: std::ops::Range<u64>) -> Vec<Order> {
        numbers.map(Order::new).collect()
    }
}

/// The book's page, whose samples are doctests.
#[cfg(all(doctest, feature = "formats"))]
#[doc = include_str!("../../book/src/files.md")]
mod page {}
