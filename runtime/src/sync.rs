//! The lock of the standard library; in tests one that counts, by thread, so that a test can say that no record takes
//! one.

#[cfg(test)]
pub(crate) use counted::{Mutex, locks};
#[cfg(not(test))]
pub(crate) use std::sync::Mutex;

#[cfg(test)]
mod counted {
    use std::cell::Cell;
    use std::sync::{LockResult, MutexGuard};

    thread_local! {
        static LOCKS: Cell<u64> = const { Cell::new(0) };
    }

    /// How many locks this thread has taken.
    pub(crate) fn locks() -> u64 {
        LOCKS.get()
    }

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Mutex(std::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            LOCKS.set(LOCKS.get() + 1);
            self.0.lock()
        }
    }
}
