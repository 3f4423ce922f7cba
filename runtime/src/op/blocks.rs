//! Results that are made while they are read: a block at a time, so that an operator's output is never there as a
//! whole.

use crate::batch::Batch;

/// About how many results a block has, where the operator can choose: they stay in the nearest cache.
pub(crate) const BLOCK: usize = 512;

/// An operator at work on one partition of one tick.
pub trait ByBlock: Send + 'static {
    type Out;

    /// Appends some results to `block`, which is empty; none only when there are no more.
    fn next_block(&mut self, block: &mut Vec<Self::Out>);
}

/// See the module.
#[derive(Debug)]
pub struct Blocks<W>(pub(crate) W);

impl<W: ByBlock> Batch for Blocks<W> {
    type Item<'a> = W::Out;
    type Iter<'a> = Items<'a, W>;

    fn items(&mut self) -> Items<'_, W> {
        Items { work: &mut self.0, block: Vec::new().into_iter(), room: 0 }
    }
}

/// The pass over a [`Blocks`].
pub struct Items<'a, W: ByBlock> {
    work: &'a mut W,
    block: std::vec::IntoIter<W::Out>,
    /// How many results the block before had: the next one has about as many. Where there are none at all, nothing is allocated.
    room: usize,
}

impl<W: ByBlock> Items<'_, W> {
    #[inline(never)]
    fn refill(&mut self) -> Option<W::Out> {
        let mut block = Vec::with_capacity(self.room);
        self.work.next_block(&mut block);
        self.room = block.len();
        self.block = block.into_iter();
        self.block.next()
    }
}

impl<W: ByBlock> Iterator for Items<'_, W> {
    type Item = W::Out;

    #[inline(always)]
    fn next(&mut self) -> Option<W::Out> {
        match self.block.next() {
            Some(result) => Some(result),
            None => self.refill(),
        }
    }
}
