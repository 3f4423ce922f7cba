//! The panes of one key's window.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

/// A queue of panes, with their ends.
///
/// A tick takes a pane from the front of each key's queue and puts one to its back. Where windows have many panes, these lie in
/// cache lines, and pages, of their own, for each key others, and none of them near. So the first and the last few lie in the
/// queue itself, beside those of the next key, and it is only every [`BLOCK`] ticks that some move to what is between them, or
/// from it.
///
/// # Contract
/// While there is any pane, `front` has one; `middle` is there while it has some.
#[derive(Clone, Debug)]
pub(crate) struct Panes<V> {
    /// Backwards: so the first one is popped.
    front: SmallVec<[(i64, V); BLOCK]>,
    #[allow(
        clippy::box_collection,
        reason = "three words less for the queues that are short, which most are"
    )]
    middle: Option<Box<VecDeque<(i64, V)>>>,
    back: SmallVec<[(i64, V); BLOCK]>,
}

/// How many panes move at a time.
const BLOCK: usize = 4;

impl<V> Default for Panes<V> {
    fn default() -> Self {
        Panes { front: SmallVec::new(), middle: None, back: SmallVec::new() }
    }
}

impl<V> Panes<V> {
    fn between(&self) -> usize {
        self.middle.as_ref().map_or(0, |middle| middle.len())
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.front.len() + self.between() + self.back.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.front.is_empty()
    }

    #[inline]
    pub fn front(&self) -> Option<&(i64, V)> {
        self.front.last()
    }

    #[inline]
    pub fn pop_front(&mut self) -> Option<(i64, V)> {
        let gone = self.front.pop();
        if self.front.is_empty() {
            self.fill();
        }
        gone
    }

    /// Gives the front some panes, if there are.
    fn fill(&mut self) {
        match &mut self.middle {
            None => self.front.extend(self.back.drain(..).rev()),
            Some(middle) => {
                let block = middle.len().min(BLOCK);
                self.front.extend(middle.drain(..block).rev());
                if middle.is_empty() {
                    self.middle = None;
                }
            }
        }
    }

    #[inline]
    pub fn push_back(&mut self, pane: (i64, V)) {
        if self.front.is_empty() {
            self.front.push(pane);
            return;
        }
        if self.back.len() == BLOCK {
            self.middle.get_or_insert_default().extend(self.back.drain(..));
        }
        self.back.push(pane);
    }

    /// The last pane, to be added to.
    #[inline]
    pub fn back_mut(&mut self) -> Option<&mut (i64, V)> {
        match (self.back.last_mut(), &mut self.middle) {
            (Some(last), _) => Some(last),
            (None, Some(middle)) => middle.back_mut(),
            (None, None) => self.front.first_mut(),
        }
    }

    #[cfg(test)]
    fn get(&self, at: usize) -> Option<&(i64, V)> {
        self.iter().nth(at)
    }

    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut (i64, V)> {
        let (front, between) = (self.front.len(), self.between());
        if at < front {
            return self.front.get_mut(front - 1 - at);
        }
        let at = at - front;
        match &mut self.middle {
            Some(middle) if at < between => middle.get_mut(at),
            _ => self.back.get_mut(at - between),
        }
    }

    /// The value of a pane, to be changed.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn value_mut(&mut self, at: usize) -> &mut V {
        &mut self.get_mut(at).expect("places are those of panes").1
    }

    fn iter(&self) -> impl Iterator<Item = &(i64, V)> {
        let middle = self.middle.iter().flat_map(|middle| middle.iter());
        self.front.iter().rev().chain(middle).chain(&self.back)
    }
}

/// As one sequence: how it is split is not written.
impl<V: Serialize> Serialize for Panes<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.len()))?;
        self.iter().try_for_each(|pane| list.serialize_element(pane))?;
        list.end()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Panes<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for All<V> {
            type Value = Panes<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of panes")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Panes<V>, A::Error> {
                let mut panes = Panes::default();
                while let Some(pane) = list.next_element()? {
                    panes.push_back(pane);
                }
                Ok(panes)
            }
        }
        from.deserialize_seq(All(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Runs of panes that come and go: so the queue is long at times, and empty at others.
        #[test]
        fn they_are_a_queue(runs in proptest::collection::vec((any::<bool>(), 0usize..60), 0..30)) {
            let (mut panes, mut model) = (Panes::default(), VecDeque::new());
            let mut next = 0i64;
            for (comes, run) in runs {
                for _ in 0..run {
                    if comes {
                        next += 1;
                        panes.push_back((next, 10 * next));
                        model.push_back((next, 10 * next));
                    } else {
                        prop_assert_eq!(panes.pop_front(), model.pop_front());
                    }
                    prop_assert_eq!(panes.len(), model.len());
                    prop_assert_eq!(panes.is_empty(), model.is_empty());
                    prop_assert_eq!(panes.front(), model.front());
                    prop_assert_eq!(panes.back_mut(), model.back_mut());
                }
                if !model.is_empty() {
                    let at = run % model.len();
                    *panes.value_mut(at) += 1;
                    model[at].1 += 1;
                }
                for at in 0..=model.len() {
                    prop_assert_eq!(panes.get(at), model.get(at));
                    prop_assert_eq!(panes.get_mut(at), model.get_mut(at));
                }
                let bytes = postcard::to_io(&panes, Vec::new()).expect("it can be written");
                prop_assert_eq!(&bytes, &postcard::to_io(&model, Vec::new()).expect("it can be written"));
                let read: Panes<i64> = postcard::from_bytes(&bytes).expect("it can be read");
                prop_assert!(read.iter().eq(&model));
            }
        }
    }
}
