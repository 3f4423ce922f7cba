//! The panes of one key's window.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A queue of panes, with their ends.
///
/// Where windows have many panes, a tick takes one from the front of each key's queue and puts one to its back; in one long ring
/// for each key all these would lie in cache lines, and pages, of their own, none of them near. So a long queue has a short
/// front and a short back, which stay near, and hand over a block at a time to what is between them, and from it.
#[derive(Clone, Debug)]
pub(crate) struct Panes<V> {
    front: VecDeque<(i64, V)>,
    /// What is behind the front, if the queue is long.
    rest: Option<Box<Rest<V>>>,
}

#[derive(Clone, Debug)]
struct Rest<V> {
    middle: VecDeque<(i64, V)>,
    back: Vec<(i64, V)>,
}

/// How many panes move at a time.
const BLOCK: usize = 16;

impl<V> Default for Panes<V> {
    fn default() -> Self {
        Panes { front: VecDeque::new(), rest: None }
    }
}

impl<V> Panes<V> {
    #[inline]
    pub fn len(&self) -> usize {
        self.front.len() + self.rest.as_ref().map_or(0, |rest| rest.middle.len() + rest.back.len())
    }

    /// While there is any pane, the front has one.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.front.is_empty()
    }

    #[inline]
    pub fn front(&self) -> Option<&(i64, V)> {
        self.front.front()
    }

    #[inline]
    pub fn pop_front(&mut self) -> Option<(i64, V)> {
        let gone = self.front.pop_front();
        if self.front.is_empty() {
            self.fill();
        }
        gone
    }

    #[cold]
    fn fill(&mut self) {
        let Some(rest) = &mut self.rest else { return };
        let block = rest.middle.len().min(BLOCK);
        self.front.extend(rest.middle.drain(..block));
        if block == 0 {
            self.front.extend(rest.back.drain(..));
        }
        if rest.middle.is_empty() && rest.back.is_empty() {
            self.rest = None;
        }
    }

    #[inline]
    pub fn push_back(&mut self, pane: (i64, V)) {
        match &mut self.rest {
            None if self.front.len() < 2 * BLOCK => self.front.push_back(pane),
            rest => {
                let new = || Box::new(Rest { middle: VecDeque::new(), back: Vec::with_capacity(BLOCK) });
                let rest = rest.get_or_insert_with(new);
                if rest.back.len() == BLOCK {
                    rest.middle.extend(rest.back.drain(..));
                }
                rest.back.push(pane);
            }
        }
    }

    /// The last pane, to be added to.
    #[inline]
    pub fn back_mut(&mut self) -> Option<&mut (i64, V)> {
        match &mut self.rest {
            None => self.front.back_mut(),
            Some(rest) => rest.back.last_mut().or(rest.middle.back_mut()),
        }
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<&(i64, V)> {
        let Some(rest) = self.rest.as_ref().filter(|_| at >= self.front.len()) else {
            return self.front.get(at);
        };
        let at = at - self.front.len();
        rest.middle.get(at).or_else(|| rest.back.get(at - rest.middle.len()))
    }

    /// The value of a pane, to be changed.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn value_mut(&mut self, at: usize) -> &mut V {
        let front = self.front.len();
        match &mut self.rest {
            Some(rest) if at >= front => match at - front {
                at if at < rest.middle.len() => &mut rest.middle[at].1,
                at => &mut rest.back[at - rest.middle.len()].1,
            },
            _ => &mut self.front[at].1,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &(i64, V)> {
        let rest = self.rest.iter().flat_map(|rest| rest.middle.iter().chain(&rest.back));
        self.front.iter().chain(rest)
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
                }
                let bytes = postcard::to_io(&panes, Vec::new()).expect("it can be written");
                prop_assert_eq!(&bytes, &postcard::to_io(&model, Vec::new()).expect("it can be written"));
                let read: Panes<i64> = postcard::from_bytes(&bytes).expect("it can be read");
                prop_assert!(read.iter().eq(&model));
            }
        }
    }
}
