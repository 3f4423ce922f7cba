//! Batches: what a stage reads.

/// Owned data that may cross an exchange: any `Send + 'static` type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't leave its stage: it may not go from thread to thread",
    label = "`{Self}` leaves its stage here",
    note = "records that are exchanged, kept or given to an output are `Send` and own what they hold: write `Arc` for `Rc`, `Mutex` for `RefCell`"
)]
pub trait Data: Send + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Data for T {}

/// A piece of one partition of one micro-batch.
///
/// A stage reads its items in one pass. They are borrowed from the batch where the data allows (`Lines` gives
/// `&str`) and owned where it must be so ([`Rows`]).
///
/// # Contract
/// - `items` is called once for each batch that a stage is given; what it yields is in source order.
/// - Data that turns out to be bad only while it is read (invalid UTF-8, say) is reported by `take_error` after
///   the pass, never by a panic.
pub trait Batch: Send + 'static {
    /// One record, as the first operator receives it.
    type Item<'a>;
    /// The pass over the records.
    type Iter<'a>: Iterator<Item = Self::Item<'a>>
    where
        Self: 'a;

    /// Starts the pass.
    fn items(&mut self) -> Self::Iter<'_>;

    /// What went wrong in the pass, if anything did.
    fn take_error(&mut self) -> Option<crate::BoxError> {
        None
    }
}

/// Owned records.
#[derive(Clone, Debug, Default)]
pub struct Rows<T> {
    rows: Vec<T>,
}

impl<T> Rows<T> {
    pub fn new(rows: Vec<T>) -> Self {
        Rows { rows }
    }
}

impl<T: Data> Batch for Rows<T> {
    type Item<'a> = T;
    type Iter<'a> = std::vec::Drain<'a, T>;

    fn items(&mut self) -> Self::Iter<'_> {
        self.rows.drain(..)
    }
}
