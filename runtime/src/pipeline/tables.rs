//! What a pipeline has of refreshed tables.

use std::sync::Arc;

use millstream_plan::NodeId;

use crate::table::Refreshes;

/// A table that is refreshed; if several joins have it, the first one's.
pub(crate) struct TableNode {
    /// By which plans of ticks know it.
    pub name: String,
    pub node: NodeId,
    pub table: Arc<dyn Refreshes>,
}
