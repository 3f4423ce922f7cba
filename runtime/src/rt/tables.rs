//! The builder's calls for joins with tables.

use std::sync::Arc;

use millstream_plan::NodeId;

use super::Builder;
use crate::pipeline::TableNode;
use crate::table::{AsTable, Refreshes};

impl Builder<'_> {
    /// A join with a table, which may be one that is refreshed.
    pub fn table<T: AsTable>(&mut self, node: NodeId, table: T) -> T::Itself {
        if let Some(refreshed) = table.refreshes() {
            self.refreshed(node, refreshed);
        }
        table.itself()
    }

    fn refreshed(&mut self, node: NodeId, table: Arc<dyn Refreshes>) {
        self.plan.set_detail(node, format!("refreshed every {:?}", table.every()));
        if self.tables.iter().any(|known| Arc::ptr_eq(&known.table, &table)) {
            return;
        }
        let first = self.graph.operator_name(node);
        // Several joins of one stream have one name.
        let names = (2..).map(|n| format!("{first} {n}"));
        let is_free = |name: &String| self.tables.iter().all(|known| known.name != *name);
        let name = std::iter::once(first.clone()).chain(names).find(is_free).unwrap_or_default();
        self.tables.push(TableNode { name, node, table });
    }
}

/// The table of a join, for as long as a batch is looked at.
#[inline(always)]
pub fn table_now<T: AsTable>(table: &T) -> T::Now<'_> {
    table.now()
}
