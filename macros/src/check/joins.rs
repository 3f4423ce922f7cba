//! Joins in event time: of which windows they can be, and on which side a window stands.

use crate::diag::Diagnostics;
use crate::ir::{Node, OpKind};

/// Where the windows of a join stand: before it.
pub fn window_of_the_other(window: OpKind, node: &Node) -> String {
    let (op, window) = (&node.op, window.name());
    if node.kind.is_windowed_join() {
        format!(
            "the windows of `{op}` are said once, before it, and are those of both sides: give it the other stream as it is, \
             without `.{window}(…)`"
        )
    } else {
        format!(
            "the windows of a join stand before it, and are those of both sides: write `a.{window}(…).{op}(b)`"
        )
    }
}

/// The windows that a join can't be in.
pub fn in_windows(window: &Node, node: &Node, diag: &mut Diagnostics) {
    let op = &node.op;
    let message = match window.kind {
        _ if node.kind == OpKind::WindowedCogroup => return,
        OpKind::Session => format!(
            "`{op}` can't be in sessions: a later record may make two of them one, so what has met would have met in another window. \
             Write `.cogroup(other)`, which waits until a session is over, or `.interval_join(other, Interval::around(gap))`"
        ),
        OpKind::Global => format!(
            "`{op}` of all there is would keep all records for ever: write `.interval_join(other, Interval::always()).unbounded()` \
             if that is what you want, or choose windows that close"
        ),
        _ => return,
    };
    diag.error(node.op.span(), message);
}
