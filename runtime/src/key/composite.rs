//! References, `Option`s and tuples of keys.

use super::{Canonical, Key};

impl<K: Key + Clone> Key for &K {
    type Owned = K::Owned;
    type Slot = K::Slot;
    type Memo = K::Memo;
    type Probe<'p>
        = K::Probe<'p>
    where
        Self: 'p;

    #[inline(always)]
    fn probe(&self) -> K::Probe<'_> {
        (**self).probe()
    }
    #[inline(always)]
    fn same(probe: &K::Probe<'_>, slot: &K::Slot) -> bool {
        K::same(probe, slot)
    }
    fn into_slot(self) -> K::Slot {
        self.clone().into_slot()
    }
    fn from_slot(slot: K::Slot) -> K::Owned {
        K::from_slot(slot)
    }
    fn write(probe: &K::Probe<'_>, out: &mut Canonical) {
        K::write(probe, out);
    }
    fn write_slot(slot: &K::Slot, out: &mut Canonical) {
        K::write_slot(slot, out);
    }
    #[inline(always)]
    fn hash(probe: &K::Probe<'_>) -> u64 {
        K::hash(probe)
    }
    #[inline(always)]
    fn slot_hash(slot: &K::Slot) -> u64 {
        K::slot_hash(slot)
    }
}

impl<K: Key> Key for Option<K> {
    type Owned = Option<K::Owned>;
    type Slot = Option<K::Slot>;
    type Memo = u64;
    type Probe<'p>
        = Option<K::Probe<'p>>
    where
        Self: 'p;

    #[inline]
    fn probe(&self) -> Self::Probe<'_> {
        self.as_ref().map(K::probe)
    }
    #[inline]
    fn same(probe: &Self::Probe<'_>, slot: &Self::Slot) -> bool {
        match (probe, slot) {
            (Some(probe), Some(slot)) => K::same(probe, slot),
            (None, None) => true,
            _ => false,
        }
    }
    #[inline]
    fn into_slot(self) -> Self::Slot {
        self.map(K::into_slot)
    }
    fn from_slot(slot: Self::Slot) -> Self::Owned {
        slot.map(K::from_slot)
    }
    fn write(probe: &Self::Probe<'_>, out: &mut Canonical) {
        out.raw(&[u8::from(probe.is_some())]);
        if let Some(probe) = probe {
            K::write(probe, out);
        }
    }
    fn write_slot(slot: &Self::Slot, out: &mut Canonical) {
        out.raw(&[u8::from(slot.is_some())]);
        if let Some(slot) = slot {
            K::write_slot(slot, out);
        }
    }
}

macro_rules! tuple_key {
    ($($name:ident $probe:ident $slot:ident),+) => {
        #[allow(non_snake_case, reason = "one name serves as type and as binding")]
        impl<$($name: Key),+> Key for ($($name,)+) {
            type Owned = ($($name::Owned,)+);
            type Slot = ($($name::Slot,)+);
            type Memo = u64;
            type Probe<'p>
                = ($($name::Probe<'p>,)+)
            where
                Self: 'p;

            #[inline]
            fn probe(&self) -> Self::Probe<'_> {
                let ($($name,)+) = self;
                ($($name.probe(),)+)
            }
            #[inline]
            fn same(($($probe,)+): &Self::Probe<'_>, ($($slot,)+): &Self::Slot) -> bool {
                $($name::same($probe, $slot))&&+
            }
            #[inline]
            fn into_slot(self) -> Self::Slot {
                let ($($name,)+) = self;
                ($($name.into_slot(),)+)
            }
            fn from_slot(($($slot,)+): Self::Slot) -> Self::Owned {
                ($($name::from_slot($slot),)+)
            }
            #[inline]
            fn write(($($probe,)+): &Self::Probe<'_>, out: &mut Canonical) {
                $($name::write($probe, out);)+
            }
            #[inline]
            fn write_slot(($($slot,)+): &Self::Slot, out: &mut Canonical) {
                $($name::write_slot($slot, out);)+
            }
        }
    };
}

tuple_key!(A a x);
tuple_key!(A a x, B b y);
tuple_key!(A a x, B b y, C c z);
tuple_key!(A a x, B b y, C c z, D d u);
tuple_key!(A a x, B b y, C c z, D d u, E e v);
tuple_key!(A a x, B b y, C c z, D d u, E e v, F f w);
