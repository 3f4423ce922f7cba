//! Running counts of many keys: dealt to parts whose tables fit a near cache, then counted part by part.

use std::sync::{Barrier, Mutex};

use crate::joins::{key, two};
use crate::state::mark;

/// As many as there are bits in [`PART`].
const PARTS: usize = 64;

#[inline(always)]
fn part(key: u64) -> usize {
    (key >> 58) as usize
}

/// A key's count, the tick that changed it, and where it stands in what the tick emits. Key 0 is no key.
#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    count: u32,
    changed: u16,
    at: u16,
}

/// Linear probing; grows at two thirds.
struct Counts {
    slots: Vec<Slot>,
    used: usize,
}

impl Counts {
    #[inline(always)]
    fn slot(&mut self, key: u64) -> &mut Slot {
        if 3 * self.used > 2 * self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = (key >> 20) as usize & mask;
        while self.slots[at].key != key {
            if self.slots[at].key == 0 {
                self.slots[at].key = key;
                self.used += 1;
                break;
            }
            at = (at + 1) & mask;
        }
        &mut self.slots[at]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let slots = vec![Slot::default(); 2 * self.slots.len()];
        let old = std::mem::replace(&mut self.slots, slots);
        self.used = 0;
        for slot in old.into_iter().filter(|slot| slot.key != 0) {
            *self.slot(slot.key) = slot;
        }
    }
}

pub fn running_count(total: u64, keys: u64, per_tick: u64) -> u64 {
    assert!(total / per_tick < u64::from(u16::MAX), "ticks are numbered in 16 bits");
    type Dealt = Mutex<Vec<Vec<u64>>>;
    let exchange: [Dealt; 2] = [0, 1].map(|_| Mutex::new(vec![Vec::new(); PARTS]));
    two(total, |me, _, barrier: &Barrier| {
        let mine = PARTS / 2 * me..PARTS / 2 * (me + 1);
        let mut tables: Vec<Counts> =
            mine.clone().map(|_| Counts { slots: vec![Slot::default(); 1024], used: 0 }).collect();
        let (mut sum, mut out, mut lists) = (0u64, Vec::new(), [Vec::new(), Vec::new()]);
        for (tick, begin) in (1..).zip((0..total).step_by(per_tick as usize)) {
            let end = (begin + per_tick).min(total);
            let middle = begin + (end - begin) / 2;
            {
                let mut parts = exchange[me].lock().expect("no panics");
                for i in if me == 0 { begin..middle } else { middle..end } {
                    let key = key(i, keys);
                    parts[part(key)].push(key);
                }
            }
            barrier.wait();
            out.clear();
            for (number, table) in mine.clone().zip(&mut tables) {
                for (list, from) in lists.iter_mut().zip(&exchange) {
                    std::mem::swap(list, &mut from.lock().expect("no panics")[number]);
                }
                let first: usize = out.len();
                for key in lists.iter().flatten() {
                    let slot = table.slot(*key);
                    slot.count += 1;
                    if slot.changed == tick {
                        out[first + usize::from(slot.at)] = (*key, u64::from(slot.count));
                    } else {
                        slot.changed = tick;
                        slot.at = u16::try_from(out.len() - first).expect("a part's keys in a tick are few");
                        out.push((*key, u64::from(slot.count)));
                    }
                }
                for (list, from) in lists.iter_mut().zip(&exchange) {
                    list.clear();
                    std::mem::swap(list, &mut from.lock().expect("no panics")[number]);
                }
            }
            sum = out.iter().fold(sum, |sum, (key, n)| sum.wrapping_add(mark(*key, *n)));
            barrier.wait();
        }
        sum
    })
}
