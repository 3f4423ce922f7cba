use crate::plan::Plan;
use std::fmt;
pub(crate) fn write(plan: &Plan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:?}", plan.graph())
}
