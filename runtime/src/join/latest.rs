//! `join_latest`: each record with the newest value that the other stream has brought for its key.

use std::any::Any;
use std::marker::PhantomData;

use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::op::ahead;
use crate::op::gather::{self, Gather};
use crate::op::join::How;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Kept, KeyStates, Schema, StateData, StateKey, Store};

/// `H` says what becomes of left records without a match.
pub(crate) struct JoinLatest<K, V, W, H>(pub(crate) PhantomData<fn(K, V, W, H)>);

impl<K, V, W, H> HeadOperator for JoinLatest<K, V, W, H>
where
    K: StateKey,
    V: Data,
    W: StateData,
    H: How<V, W, Out: Data>,
{
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let [left, right] = gather::two(inputs);
        let (mut left, mut right) = (Gather::<K, V>::new(left), Gather::<K, W>::new(right));
        let mut rows: Vec<(K, H::Out)> = Vec::new();
        for group in groups {
            let (probes, news) = (left.take(group), right.take(group));
            // So that a checkpoint knows that nothing has changed here.
            if news.is_empty() && (probes.is_empty() || !store.has(group)) {
                if H::LEFT {
                    rows.extend(
                        probes
                            .into_iter()
                            .flatten()
                            .map(|e| (K::from_slot(e.slot), H::out(Some(e.value), None))),
                    );
                }
                continue;
            }
            let newest = store.group::<KeyStates<K, W>>(group);
            ahead::each(newest, news, |newest, hash, at, entry| {
                let at = at.unwrap_or_else(|| newest.add(hash, entry.slot, None));
                *newest.state(at) = Some(entry.value);
            });
            ahead::each(newest, probes, |newest, _, at, entry| {
                let found = at.map(|at| newest.get(at).clone());
                if found.is_some() || H::LEFT {
                    rows.push((K::from_slot(entry.slot), H::out(Some(entry.value), found)));
                }
            });
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, W>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(KeyStates::<K, W>::schema())
    }
}
