//! A store: the states of the key groups that a task owns.

use std::fmt;
use std::ops::Range;

use super::Backend;
use super::kept::{GroupState, Kept};
use super::piece::Piece;
use crate::exchange::{GROUPS, Owners};

/// What one operator keeps for one partition, in a slot for each key group.
///
/// Key groups are what state is cut by, and partitions only own some of them: so a checkpoint is restored with
/// another number of partitions by moving whole groups, and nothing in a group is looked at for that.
///
/// # Contract
/// - An operator keeps a key's state in the key's own group ([`group_of`](crate::exchange::group_of)), and all of it
///   in one type (a struct, if there are several tables). State without a key is kept in group 0, by an operator that
///   has one task.
/// - A store is asked only for groups that it owns; those are one run, the same as [`Owners`] sends buckets by.
/// - Slots are made when they are first asked for. Whoever iterates meets those only, in the order of groups.
/// - A slot holds data alone: nothing in it knows of its partition, or of how many there are.
/// - The store of a task is with the task while it runs, so nothing here needs a lock.
#[derive(Default)]
pub(crate) struct Store {
    first: usize,
    slots: Vec<Slot>,
    /// Where what is made here lies.
    backend: Backend,
}

type Slot = Option<GroupState>;

#[allow(dead_code, reason = "checkpoints come later")]
impl Store {
    /// The empty store of one of `partitions`.
    pub fn new(partition: usize, partitions: usize) -> Store {
        let groups = Owners::groups(partition, partitions);
        Store { first: groups.start, slots: groups.map(|_| None).collect(), backend: Backend::Memory }
    }

    /// What is in it moves there, and so does what will be.
    pub fn keep_in(&mut self, backend: &Backend) {
        if self.backend.is_memory() && !backend.is_memory() {
            self.slots.iter_mut().flatten().for_each(|state| state.move_to(backend));
            self.backend = backend.clone();
        }
    }

    /// The groups that this partition owns. (A store by `default` owns none.)
    pub fn groups(&self) -> Range<usize> {
        self.first..self.first + self.slots.len()
    }

    /// The state of a group that is owned here: what was left in it, at first `T::default()`.
    pub fn group<T: Default + Kept>(&mut self, group: usize) -> &mut T {
        let backend = self.backend.clone();
        let slot = self.slot(group);
        slot.get_or_insert_with(|| {
            let mut state = GroupState::new(T::default());
            state.move_to(&backend);
            state
        })
        .get_mut()
    }

    /// Whether a group has state: was ever asked for.
    pub fn has(&self, group: usize) -> bool {
        group.checked_sub(self.first).and_then(|at| self.slots.get(at)).is_some_and(Option::is_some)
    }

    /// What has changed since the last time, or all that is kept here; of a group that was never frozen, all of it.
    pub fn freeze(&mut self, full: bool) -> Vec<Piece> {
        let states = (self.first..).zip(&mut self.slots);
        states.filter_map(|(group, slot)| slot.as_mut()?.freeze(group, full)).collect()
    }

    /// The state of a group, if it was ever asked for.
    pub fn get<T: 'static>(&self, group: usize) -> Option<&T> {
        let slot = group.checked_sub(self.first).and_then(|at| self.slots.get(at))?;
        slot.as_ref().map(GroupState::get)
    }

    /// The groups that have state, in order.
    pub fn iter<T: 'static>(&self) -> impl Iterator<Item = (usize, &T)> {
        let states = (self.first..).zip(&self.slots);
        states.filter_map(|(group, slot)| slot.as_ref().map(|state| (group, state.get())))
    }

    /// As [`Store::iter`], to change it.
    pub fn iter_mut<T: 'static>(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let states = (self.first..).zip(&mut self.slots);
        states.filter_map(|(group, slot)| slot.as_mut().map(|state| (group, state.get_mut())))
    }

    /// Takes a group's state out, whole; the slot is as new.
    pub fn take_group(&mut self, group: usize) -> Option<GroupState> {
        self.slot(group).take()
    }

    /// Puts a group's state in; the slot must be as new.
    pub fn put_group(&mut self, group: usize, state: GroupState) {
        let slot = self.slot(group);
        debug_assert!(slot.is_none(), "group {group} has state already");
        *slot = Some(state);
    }

    /// The same state for another number of partitions. `stores` are those of all partitions, in order.
    pub fn split(stores: Vec<Store>, partitions: usize) -> Vec<Store> {
        debug_assert!(stores.iter().flat_map(Store::groups).eq(0..GROUPS), "these are not all partitions");
        let mut slots = stores.into_iter().flat_map(|store| store.slots);
        (0..partitions)
            .map(|partition| {
                let groups = Owners::groups(partition, partitions);
                let slots = slots.by_ref().take(groups.len()).collect();
                Store { first: groups.start, slots, backend: Backend::Memory }
            })
            .collect()
    }

    fn slot(&mut self, group: usize) -> &mut Slot {
        let slot = group.checked_sub(self.first).and_then(|at| self.slots.get_mut(at));
        slot.expect("a store is asked only for groups that it owns")
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.slots.iter().flatten().count();
        f.debug_struct("Store").field("groups", &self.groups()).field("filled", &filled).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::exchange::group_of;
    use crate::key::stable_hash;

    type Counts = BTreeMap<u64, u64>;

    /// The stores of all partitions, after each key was counted in the one that owns it.
    fn counted(keys: Range<u64>, mut stores: Vec<Store>) -> Vec<Store> {
        let owners = Owners::new(stores.len());
        for key in keys {
            let hash = stable_hash(&key);
            *stores[owners.of(hash)].group::<Counts>(group_of(hash)).entry(key).or_default() += 1;
        }
        stores
    }

    fn empty(partitions: usize) -> Vec<Store> {
        (0..partitions).map(|partition| Store::new(partition, partitions)).collect()
    }

    fn all(stores: &[Store]) -> Vec<(usize, Counts)> {
        stores.iter().flat_map(Store::iter::<Counts>).map(|(group, counts)| (group, counts.clone())).collect()
    }

    #[test]
    fn groups_that_move_from_2_to_7_partitions_keep_all_state() {
        let two = counted(0..1000, empty(2));
        let before = all(&two);
        let seven = Store::split(two, 7);
        assert_eq!(all(&seven), before);
        for (partition, store) in seven.iter().enumerate() {
            assert_eq!(store.groups(), Owners::groups(partition, 7));
        }
        // They go on as if they had always been seven, and back again.
        let seven = counted(500..1500, seven);
        let expected = counted(500..1500, counted(0..1000, empty(7)));
        assert_eq!(all(&seven), all(&expected));
        assert_eq!(all(&Store::split(seven, 1)), all(&expected));
    }

    #[test]
    fn single_groups_move_whole() {
        let mut two = counted(0..1000, empty(2));
        let before = all(&two);
        let mut seven = empty(7);
        for to in &mut seven {
            for group in to.groups() {
                let from =
                    two.iter_mut().find(|s| s.groups().contains(&group)).expect("all groups are owned");
                if let Some(state) = from.take_group(group) {
                    to.put_group(group, state);
                }
            }
        }
        assert_eq!(all(&seven), before);
        assert_eq!(all(&two), []);
    }

    fn frozen(store: &mut Store, full: bool) -> Vec<(usize, Vec<u8>)> {
        let pieces = store.freeze(full);
        let written = pieces.into_iter().map(|piece| {
            let mut bytes = Vec::new();
            piece.frozen.write(&mut bytes).expect("it can be written");
            (piece.group, bytes)
        });
        written.collect()
    }

    #[test]
    fn what_was_frozen_is_read_again() {
        let mut stores = counted(0..100, empty(2));
        let mut again = empty(2);
        for (store, again) in stores.iter_mut().zip(&mut again) {
            for (group, bytes) in frozen(store, false) {
                again.put_group(group, GroupState::restore::<Counts>(&[&bytes]).expect("it can be read"));
            }
        }
        assert_eq!(all(&again), all(&stores));
        assert!(GroupState::restore::<Counts>(&[&[0, 1]]).is_err());
        assert!(GroupState::restore::<Counts>(&[]).is_err());
    }

    #[test]
    fn a_value_is_frozen_when_it_was_touched() {
        let mut store = Store::new(0, 1);
        *store.group::<u64>(1) = 1;
        *store.group::<u64>(2) = 2;
        assert_eq!(frozen(&mut store, false).len(), 2);
        assert_eq!(frozen(&mut store, false), []);
        *store.group::<u64>(2) = 3;
        assert_eq!(store.get::<u64>(1), Some(&1));
        assert_eq!(frozen(&mut store, false), [(2, vec![0, 3])]);
        assert_eq!(frozen(&mut store, true).len(), 2);
    }

    #[test]
    fn the_state_of_a_group_never_shows_in_another() {
        let mut store = Store::new(0, 1);
        for group in store.groups() {
            assert_eq!(store.get::<Vec<usize>>(group), None);
            assert!(store.group::<Vec<usize>>(group).is_empty());
            store.group::<Vec<usize>>(group).push(group);
        }
        for (group, state) in store.iter_mut::<Vec<usize>>() {
            assert_eq!(*state, [group]);
            state.push(0);
        }
        assert!(store.iter::<Vec<usize>>().all(|(group, state)| *state == [group, 0]));
        assert_eq!(store.iter::<Vec<usize>>().count(), GROUPS);
    }

    #[test]
    fn iteration_meets_only_groups_that_were_asked_for() {
        let mut store = Store::new(1, 2);
        *store.group::<u64>(100) = 1;
        *store.group::<u64>(70) = 2;
        assert_eq!(store.iter::<u64>().collect::<Vec<_>>(), [(70, &2), (100, &1)]);
        assert_eq!(format!("{store:?}"), "Store { groups: 64..128, filled: 2 }");
    }

    #[test]
    #[should_panic(expected = "a store is asked only for groups that it owns")]
    fn a_group_of_another_partition_is_refused() {
        Store::new(1, 2).group::<u64>(0);
    }
}
