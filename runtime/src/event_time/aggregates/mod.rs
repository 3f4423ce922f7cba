//! The aggregates that come ready-made: one file each.

mod cogroup;
mod collect;
mod count;
mod count_distinct;
mod extreme;
mod extreme_by;
mod fold;
mod mean;
mod of;
mod reduce;
mod sum;
mod top;

pub(crate) use cogroup::Cogrouped;
pub use collect::Collect;
pub use count::Count;
pub use count_distinct::CountDistinct;
pub use extreme::{Max, Min};
pub use extreme_by::{MaxBy, MinBy};
pub use fold::{Fold, FoldAll};
pub use mean::{Mean, Number};
pub use of::Of;
pub use reduce::Reduce;
pub use sum::Sum;
pub use top::{Top, TopBy};
