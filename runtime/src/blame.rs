//! Who panicked. A fused stage is one function, so each closure is called through [`at`], which costs nothing
//! until it unwinds: then the operator's id is left for whoever catches the panic.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use millstream_plan::NodeId;

thread_local! {
    static BLAMED: Cell<Option<NodeId>> = const { Cell::new(None) };
}

/// Leaves the operator's id if it is dropped, which only unwinding does.
struct Unwinding(NodeId);

impl Drop for Unwinding {
    #[cold]
    fn drop(&mut self) {
        BLAMED.with(|b| {
            if b.get().is_none() {
                b.set(Some(self.0));
            }
        });
    }
}

/// Calls `f`, a piece of the operator `node`.
#[inline(always)]
pub fn at<R>(node: NodeId, f: impl FnOnce() -> R) -> R {
    let unwinding = Unwinding(node);
    let result = f();
    std::mem::forget(unwinding);
    result
}

/// A caught panic.
#[derive(Debug)]
pub(crate) struct Caught {
    /// The innermost operator whose closure was running.
    pub node: Option<NodeId>,
    pub message: String,
}

/// Runs `f`; a panic in it becomes an error.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Caught> {
    BLAMED.with(|b| b.set(None));
    catch_unwind(AssertUnwindSafe(f))
        .map_err(|payload| Caught { node: BLAMED.with(Cell::take), message: message(payload.as_ref()) })
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_string()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(the panic carried no text)".to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_operator_is_blamed() {
        let caught = catch(|| at(1, || at(2, || panic!("no")))).expect_err("it panics");
        assert_eq!((caught.node, caught.message.as_str()), (Some(2), "no"));
    }

    #[test]
    fn a_closure_that_returned_is_not_blamed() {
        let caught = catch(|| {
            at(1, || ());
            panic!("{}", "outside")
        })
        .expect_err("it panics");
        assert_eq!((caught.node, caught.message.as_str()), (None, "outside"));
    }
}
