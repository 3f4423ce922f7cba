//! What the records of a windowed aggregate's stream are: with a key or without, with late records beside them or without.

use super::Window;
use crate::batch::Data;
use crate::fused::Two;

/// How results and late records leave.
pub(crate) trait Form<K, V, Out>: Send + Sync {
    type Row: Data;

    fn result(window: Window, key: K, out: Out) -> Self::Row;
    /// `None`: a late record goes nowhere.
    fn late(key: K, value: V) -> Option<Self::Row>;
}

/// All records of a window together.
pub(crate) struct Whole;
pub(crate) struct WholeAndLate;
pub(crate) struct ByKey;
pub(crate) struct ByKeyAndLate;

impl<V: Data, Out: Data> Form<(), V, Out> for Whole {
    type Row = (Window, Out);

    fn result(window: Window, (): (), out: Out) -> Self::Row {
        (window, out)
    }
    fn late((): (), _: V) -> Option<Self::Row> {
        None
    }
}

impl<V: Data, Out: Data> Form<(), V, Out> for WholeAndLate {
    type Row = Two<(Window, Out), V>;

    fn result(window: Window, (): (), out: Out) -> Self::Row {
        Two::First((window, out))
    }
    fn late((): (), value: V) -> Option<Self::Row> {
        Some(Two::Second(value))
    }
}

impl<K: Data, V: Data, Out: Data> Form<K, V, Out> for ByKey {
    type Row = (Window, K, Out);

    fn result(window: Window, key: K, out: Out) -> Self::Row {
        (window, key, out)
    }
    fn late(_: K, _: V) -> Option<Self::Row> {
        None
    }
}

impl<K: Data, V: Data, Out: Data> Form<K, V, Out> for ByKeyAndLate {
    type Row = Two<(Window, K, Out), (K, V)>;

    fn result(window: Window, key: K, out: Out) -> Self::Row {
        Two::First((window, key, out))
    }
    fn late(key: K, value: V) -> Option<Self::Row> {
        Some(Two::Second((key, value)))
    }
}
