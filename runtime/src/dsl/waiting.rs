//! The operator that waits.

use super::outputs::Outputs;
use super::{Stream, stream};
use crate::batch::Data;
use crate::exchange::{Known, KnownAt, Own, OwnAt};
use crate::op::map_async::{Awaited, Limit};

impl<T: Known> Stream<T> {
    /// What each record's future gives; `limit` of them are waited for at a time in each task. In the order of the records, or
    /// as they come with [`unordered(limit)`](crate::unordered()).
    ///
    /// For what is asked of a service, record by record. The futures may borrow from the environment, and may use tokio's timers and
    /// sockets: the engine's runtime is around them. They are polled on the task's thread, which does nothing else until the
    /// last is done, and they are not left behind: a tick ends with all of them. A panic stops the pipeline as one in any closure does;
    /// of a `Result` the next operator decides.
    ///
    /// The closure is an ordinary one that returns a future. What that needs of the environment it takes by reference
    /// (`let client = &client;` above `stream!`), or, where the pipeline owns what it captures, as a clone for each record.
    /// On the [test engine](crate::Engine::test) timers take their real time: its clock is that of ticks only.
    ///
    /// Ends the stage, and every record becomes owned; none leaves its task. `limit` is a number of records, 1 or more; a
    /// literal 0 is refused by the compiler, another by `run` ([`Error::Config`](crate::Error::Config)).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # struct Client;
    /// # impl Client { async fn population(&self, city: &str) -> u64 { city.len() as u64 } }
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// let client = &Client;
    /// # let pipeline = stream! {
    /// let cities = source(queue([vec!["Oslo", "Lima"]]));
    /// cities.map_async(8, |city| async move { (client.population(&city).await, city) }).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(4, "Oslo"), (4, "Lima")]]);
    /// ```
    pub fn map_async<O: Data, R: Awaited<Value: Data>>(
        &self,
        limit: impl Limit,
        f: impl Fn(O) -> R,
    ) -> Stream<R::Value>
    where
        T: Own<O>,
    {
        let _ = (limit, f);
        stream()
    }
}

impl<const LEVEL: u8, T: KnownAt<LEVEL>> Outputs<LEVEL, T> {
    /// See `Stream`.
    pub fn map_async<O: Data, R: Awaited<Value: Data>>(
        &self,
        limit: impl Limit,
        f: impl Fn(O) -> R,
    ) -> Stream<R::Value>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (limit, f);
        stream()
    }
}
