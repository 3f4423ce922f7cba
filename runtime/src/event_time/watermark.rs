//! What a tick is judged by, as an operator sees it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// By which watermarks an operator judges a tick: the lowest of those that are upstream of it.
///
/// They differ behind windows, whose results come in the very tick that made them due: they are judged late by the
/// watermark of the tick before, as the records were that they are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermarks {
    /// A window that ends by then takes no more records.
    pub late: Timestamp,
    /// A window that ends by then is due.
    pub due: Timestamp,
}

impl Watermarks {
    /// Nothing is known of event time yet.
    pub const UNSET: Watermarks = Watermarks { late: Timestamp::MIN, due: Timestamp::MIN };

    /// Both at one time.
    pub const fn at(time: Timestamp) -> Watermarks {
        Watermarks { late: time, due: time }
    }
}

impl Default for Watermarks {
    fn default() -> Watermarks {
        Watermarks::UNSET
    }
}
