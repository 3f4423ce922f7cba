//! Keys that came, until they expire.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Expiry, KeyStates, StateKey};
use crate::clock::Timestamp;
use crate::key::Key;

/// Of one key group.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "K: StateKey", deserialize = "K: StateKey"))]
pub(crate) struct Seen<K: Key> {
    /// When each is forgotten.
    keys: KeyStates<K, Timestamp>,
    /// When it is worth while to look for what has expired.
    sweep: Timestamp,
}

impl<K: Key> Default for Seen<K> {
    fn default() -> Self {
        Seen { keys: KeyStates::default(), sweep: Timestamp::from_millis(i64::MIN) }
    }
}

impl<K: Key> fmt::Debug for Seen<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("keys", &self.keys).finish()
    }
}

impl<K: StateKey> Seen<K> {
    pub fn begin(&mut self, tick: u64) {
        self.keys.begin(tick);
    }

    /// Whether a key that comes at `now` is new, or expired. From now on it is known.
    #[inline(always)]
    pub fn is_new(&mut self, hash: u64, slot: &K::Slot, now: Timestamp, expiry: Expiry) -> bool {
        match self.keys.find(hash, slot) {
            Some(at) if *self.keys.get(at) > now => return false,
            Some(at) => *self.keys.state(at) = Some(expiry.end(now)),
            None => {
                self.keys.add(hash, slot.clone(), Some(expiry.end(now)));
            }
        }
        true
    }

    /// Forgets what has expired: at most four times in the time that keys are kept for, since it looks at all of them.
    pub fn sweep(&mut self, now: Timestamp, expiry: Expiry) {
        if let Some(pause) = expiry.pause()
            && now >= self.sweep
        {
            self.sweep = now.plus(pause);
            self.keys.retain(|end| *end > now);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;
    use crate::key::stable_hash;

    #[test]
    fn what_has_expired_is_gone_within_a_quarter_of_the_time() {
        let (mut seen, expiry) = (Seen::<u64>::default(), Expiry::after(secs(8)));
        for second in 0..100u64 {
            let now = Timestamp::from_millis(1000 * second as i64);
            seen.sweep(now, expiry);
            assert!(seen.is_new(stable_hash(&second), &second, now, expiry));
            assert!(seen.len() <= 10, "{} at {second}", seen.len());
        }
    }
}
