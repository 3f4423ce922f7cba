//! Windows of processing time: which ticks belong to them, and what is kept of each tick.
//!
//! Time is cut into *panes*, as long as the greatest common divisor of length and slide (Li et al., "No Pane, No Gain",
//! 2005): a window is a run of whole panes, so records that come in one pane are put together once and stay so. What a
//! pane holds follows from the batch times of ticks, never from how many there were: a boundary that was passed over, a
//! late tick or a restart shifts nothing.

mod daba;
mod ends;
mod invertible;
mod kept;
mod panes;
mod sliding;
mod span;
mod spec;

pub(crate) use invertible::Invertible;
pub(crate) use kept::Kept;
pub(crate) use sliding::Sliding;
pub(crate) use span::{Slides, Span, gcd, millis};
pub(crate) use spec::Window;
