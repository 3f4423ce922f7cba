//! What the tests share: nothing yet but the pages of the book. Every Rust sample in them, and in the README, is a
//! doctest of this crate, so `cargo test` compiles and runs them.

/// A module for each page, whose documentation it is.
macro_rules! pages {
    ($($name:ident: $file:literal,)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!($file)]
        mod $name {}
    )*};
}

pages! {
    readme: "../README.md",
    introduction: "../book/src/introduction.md",
    getting_started: "../book/src/getting-started.md",
    model: "../book/src/model.md",
    dsl: "../book/src/dsl.md",
    operators: "../book/src/operators.md",
    state: "../book/src/state.md",
    windows: "../book/src/windows.md",
    time: "../book/src/time.md",
    joins: "../book/src/joins.md",
    joins_latest: "../book/src/joins-latest.md",
    checkpoints: "../book/src/checkpoints.md",
    upgrading: "../book/src/upgrading.md",
    sources_and_sinks: "../book/src/sources-and-sinks.md",
    connectors: "../book/src/connectors.md",
    plans: "../book/src/plans.md",
    testing: "../book/src/testing.md",
    services: "../book/src/services.md",
    from_spark: "../book/src/from-spark.md",
    errors: "../book/src/errors.md",
    architecture: "../book/src/architecture.md",
}
