//! Stub.
use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt};

use super::checkpoints::Manifest;
use super::log::Entry;
use super::*;

#[derive(Debug)]
pub(crate) struct Start {
    pub log: Log,
    pub checkpoints: Checkpoints,
    pub recovered: Option<Recovered>,
    pub ticks: Vec<(u64, LoggedTick)>,
    pub warnings: Vec<String>,
}

impl Start {
    pub async fn take(storage: &Storage, _now: Timestamp) -> Result<Start, StorageError> {
        let e = |e: object_store::Error| StorageError::Other(e.into());
        let read = async |folder: &str| -> Result<BTreeMap<String, Vec<u8>>, StorageError> {
            let mut all = BTreeMap::new();
            let list: Vec<_> = storage
                .store
                .list(Some(&storage.root.clone().join(folder)))
                .try_collect()
                .await
                .map_err(e)?;
            for meta in list {
                let bytes = storage.store.get(&meta.location).await.map_err(e)?.bytes().await.map_err(e)?;
                all.insert(meta.location.filename().unwrap_or("").to_string(), bytes.to_vec());
            }
            Ok(all)
        };
        let (mut epoch, mut next, mut ticks) = (0, 0, Vec::new());
        for (name, bytes) in read("log").await? {
            let at: u64 = name.parse().map_err(|_| BoxError::from("name"))?;
            next = at + 1;
            match postcard::from_bytes(&bytes).map_err(BoxError::from)? {
                Entry::Fence(n) => epoch = n,
                Entry::Ticks(all) => ticks.extend(all.into_iter().map(|t| (at, t))),
            }
        }
        let log = Log { storage: storage.clone(), epoch: epoch + 1, next: next + 1 };
        log.put(next, &Entry::Fence(epoch + 1)).await?;
        let newest = read("manifest").await?.pop_last();
        let recovered = match newest {
            None => None,
            Some((_, bytes)) => {
                let m: Manifest = postcard::from_bytes(&bytes).map_err(BoxError::from)?;
                Some(Recovered {
                    tick: m.0,
                    log_from: m.1,
                    sources: m.2,
                    operators: m
                        .3
                        .into_iter()
                        .map(|(name, schema, groups)| RecoveredOperator {
                            name,
                            schema: Schema(schema),
                            groups: groups.into_iter().collect(),
                        })
                        .collect(),
                })
            }
        };
        let from = recovered.as_ref().map(|r| r.tick.number);
        ticks.retain(|(_, t): &(u64, LoggedTick)| from.is_none_or(|from| t.record.number() > from));
        let checkpoints =
            Checkpoints { storage: storage.clone(), kept: 3, epoch: epoch + 1, states: BTreeMap::new() };
        Ok(Start { log, checkpoints, recovered, ticks, warnings: Vec::new() })
    }
}
