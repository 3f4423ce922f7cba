//! Keys that came, until they expire.

use std::fmt;

use super::kept::{Freeze, Kept};
use super::piece::{Piece, Schema};
use super::{Backend, Cell, Expiry, KeyStates, StateKey, slots};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;

/// When a key is forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until(Timestamp);

impl Cell for Until {
    type State = ();
    const FIELDS: &'static str = "{until: i64}";

    fn state(&self) -> &() {
        &()
    }
    fn write_fields(&self, out: &mut Vec<u8>) {
        slots::encode_time(self.0, out);
    }
    fn read((): (), fields: &[u8]) -> Result<Until, BoxError> {
        Ok(Until(postcard::from_bytes(fields)?))
    }
}

/// Of one key group.
pub(crate) struct Seen<K: Key> {
    keys: KeyStates<K, Until>,
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
    /// Whether a key that comes at `now` is new, or expired. From now on it is known.
    #[inline(always)]
    pub fn is_new(&mut self, hash: u64, slot: &K::Slot, now: Timestamp, expiry: Expiry) -> bool {
        match self.keys.find(hash, slot) {
            Some(at) if self.keys.get(at).0 > now => return false,
            Some(at) => *self.keys.state(at) = Some(Until(expiry.end(now))),
            None => {
                self.keys.add(hash, slot.clone(), Some(Until(expiry.end(now))));
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
            self.keys.retain(|end| end.0 > now);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl<K: StateKey> Kept for Seen<K> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.keys.freeze_with(how, &self.sweep)
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        let (keys, sweep) = KeyStates::restore_with(pieces)?;
        Ok(Seen { keys, sweep })
    }

    fn move_to(&mut self, backend: &Backend) {
        self.keys.move_to(backend);
    }

    fn schema() -> Schema {
        KeyStates::<K, Until>::schema_with("{sweep: i64}")
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
