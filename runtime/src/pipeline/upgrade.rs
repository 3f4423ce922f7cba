//! Going on with the checkpoint of an older version of the program.

use super::Pipeline;
use crate::state::{Migration, StateData};

impl Pipeline<'_> {
    /// Says how the states that an operator kept in an older version of this program become those that it keeps now.
    ///
    /// `operator` is its name now, as it stands in the plan: `stream/operator`. A checkpoint knows how its states are built: the names of
    /// their fields, the order, the variants, the widths of numbers. Where it has states that are built as `Old`, each goes
    /// through `migrate` once, when it is restored; where they are built as the operator builds them already, nothing is called. So
    /// a migration may stay in the program. Several of them follow one another, from version to version.
    ///
    /// Without a migration, a state that is built otherwise is refused at the start, with a message that shows both. Keys are not
    /// migrated.
    ///
    /// ```
    /// use millstream::prelude::*;
    /// use serde::{Deserialize, Serialize};
    ///
    /// /// As it was before there was a largest value.
    /// #[derive(Clone, Serialize, Deserialize)]
    /// struct SumOnly { sum: u64 }
    ///
    /// #[derive(Clone, Serialize, Deserialize)]
    /// struct Total { sum: u64, largest: Option<u64> }
    ///
    /// let pipeline = stream! { <Totals>
    ///     let pairs = source(queue([vec![("a", 1u64)], vec![("a", 2)]]));
    ///     let totals = pairs.running_fold(Total { sum: 0, largest: None }, |total, n| Total {
    ///         sum: total.sum + n,
    ///         largest: total.largest.max(Some(n)),
    ///     });
    ///     totals.for_each(|(key, total)| println!("{key}: {} {:?}", total.sum, total.largest));
    /// };
    /// let pipeline = pipeline.migrate_state("totals/running_fold", |old: SumOnly| Total { sum: old.sum, largest: None });
    /// Engine::test().run(pipeline)?;
    /// # millstream::Result::<()>::Ok(())
    /// ```
    ///
    /// # Errors
    /// At the start with a checkpoint: if no operator with state has this name, or the types are not built as what was stored and as
    /// what is kept now.
    #[must_use]
    pub fn migrate_state<Old: StateData, New: StateData>(
        mut self,
        operator: &str,
        migrate: impl Fn(Old) -> New + Send + Sync + 'static,
    ) -> Self {
        self.migrations.add(Migration::new(operator, migrate));
        self
    }

    /// Says that what a checkpoint calls `old` is called `new` in this version of the program: an operator with state, or a source.
    ///
    /// Names follow from streams (`counts/running_count`), so a stream that is renamed renames what is kept for it. Without this, a start
    /// would have to drop the state of the one and begin anew with the other, which is an error. It may stay in the program.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let pipeline = stream! { <WordCount>
    ///     let words = source(queue([vec!["a", "b", "a"]]));
    ///     let totals = words.map(|word| (word, ())).running_count(); // once: `let counts = …`
    ///     totals.print();
    /// };
    /// let pipeline = pipeline.checkpoint_rename("counts/running_count", "totals/running_count");
    /// # Engine::test().run(pipeline)?;
    /// # millstream::Result::<()>::Ok(())
    /// ```
    #[must_use]
    pub fn checkpoint_rename(mut self, old: &str, new: &str) -> Self {
        self.migrations.rename(old, new);
        self
    }
}
