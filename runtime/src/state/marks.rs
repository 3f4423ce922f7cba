//! A set of places in a dense list.

/// A bit a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    words: Vec<u64>,
}

impl Marks {
    /// Marks a place. Says whether it was not marked before.
    #[inline(always)]
    pub fn set(&mut self, at: usize) -> bool {
        if at / 64 >= self.words.len() {
            self.grow(at);
        }
        let (word, bit) = (&mut self.words[at / 64], 1 << (at % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[cold]
    fn grow(&mut self, at: usize) {
        self.words.resize((at / 64 + 1).next_multiple_of(8), 0);
    }

    #[inline(always)]
    pub fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// Forgets all, with room for so many places.
    pub fn clear_for(&mut self, places: usize) {
        self.words.clear();
        self.words.resize(places.div_ceil(64), 0);
    }

    /// The marked places below `len`, in order.
    pub fn iter(&self, len: usize) -> impl Iterator<Item = usize> {
        let bits = |(at, word): (usize, &u64)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(64 * at + bit)
            })
        };
        self.words.iter().enumerate().flat_map(bits).take_while(move |at| *at < len)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_a_set(places: BTreeSet<u16>, len in 0usize..70_000) {
            let mut marks = Marks::default();
            for at in &places {
                prop_assert!(marks.set((*at).into()));
                prop_assert!(!marks.set((*at).into()));
            }
            for at in 0..=u16::MAX {
                prop_assert_eq!(marks.has(at.into()), places.contains(&at));
            }
            let below: Vec<usize> = places.iter().map(|at| usize::from(*at)).filter(|at| *at < len).collect();
            prop_assert_eq!(marks.iter(len).collect::<Vec<_>>(), below);
        }
    }
}
