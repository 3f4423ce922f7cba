//! Key groups: the unit in which keyed data and state are owned and moved.

pub use millstream_plan::KEY_GROUPS as GROUPS;

/// Where a hash names its group. The top seven bits are a table's tags and the low ones its buckets: taken from
/// between, the group says nothing about either (with the top bits, every key of a partition had one of a few
/// tags, and a miss cost 33 ns instead of 4).
const GROUP_SHIFT: u32 = 50;

/// The key group of a stable hash.
#[inline(always)]
pub fn group_of(hash: u64) -> usize {
    (hash >> GROUP_SHIFT) as usize & (GROUPS - 1)
}

/// A hash turned so that its group comes first: sorts by group.
#[inline(always)]
pub(crate) fn group_first(hash: u64) -> u64 {
    hash.rotate_left(u64::BITS - GROUP_SHIFT - GROUPS.ilog2())
}

/// The hash that [`group_first`] has turned.
#[inline(always)]
pub(crate) fn turned_back(turned: u64) -> u64 {
    turned.rotate_right(u64::BITS - GROUP_SHIFT - GROUPS.ilog2())
}

/// Which partition owns each group: runs of groups, as even as can be.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    of_group: [u8; GROUPS],
}

impl Owners {
    /// # Contract
    /// `1 <= partitions <= GROUPS`.
    pub(crate) fn new(partitions: usize) -> Owners {
        debug_assert!((1..=GROUPS).contains(&partitions));
        Owners { of_group: std::array::from_fn(|group| (group * partitions / GROUPS) as u8) }
    }

    /// The groups of a partition.
    pub(crate) fn groups(partition: usize, partitions: usize) -> std::ops::Range<usize> {
        debug_assert!((1..=GROUPS).contains(&partitions) && partition < partitions);
        let first = |partition: usize| (partition * GROUPS).div_ceil(partitions);
        first(partition)..first(partition + 1)
    }

    #[inline(always)]
    pub(crate) fn of(&self, hash: u64) -> usize {
        usize::from(self.of_group[group_of(hash)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_hash_sorts_by_its_group() {
        for group in 0..GROUPS {
            let hash = 0x1234_5678_9abc_def0 & !(127 << GROUP_SHIFT) | (group as u64) << GROUP_SHIFT;
            assert_eq!(group_of(hash), group);
            assert_eq!(group_first(hash) >> 57, group as u64);
            assert_eq!(turned_back(group_first(hash)), hash);
        }
    }

    #[test]
    fn every_partition_owns_its_share_of_groups() {
        for partitions in 1..=GROUPS {
            let owners = Owners::new(partitions);
            let mut owned = vec![0usize; partitions];
            for group in 0..GROUPS {
                owned[owners.of((group as u64) << GROUP_SHIFT)] += 1;
            }
            let (least, most) = (owned.iter().min(), owned.iter().max());
            assert!(least.zip(most).is_some_and(|(l, m)| *l >= 1 && m - l <= 1), "{partitions}: {owned:?}");
            for partition in 0..partitions {
                let groups = (0..GROUPS).filter(|g| owners.of((*g as u64) << GROUP_SHIFT) == partition);
                assert!(groups.eq(Owners::groups(partition, partitions)), "{partition} of {partitions}");
            }
        }
    }
}
