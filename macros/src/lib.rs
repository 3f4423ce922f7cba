//! The `stream!` macro of Millstream. Use it through the crate `millstream`.

mod ast;
mod check;
mod closure;
mod derive_key;
mod diag;
mod emit;
mod expand;
#[cfg(test)]
mod expansions;
mod fuse;
mod ir;
mod lower;
mod names;
mod operand;
mod parse;
mod suggest;
mod times;

use proc_macro::TokenStream;

/// A stream-processing pipeline, written as method chains and compiled to fused loops.
///
/// ```ignore
/// let pipeline = stream! { <WordCount>
///     let lines = source(text_files("data/*.txt"));
///     lines
///         .flat_map(|line| line.split_whitespace())
///         .map(|word| (word, 1u64))
///         .reduce_by_key(|a, b| a + b)
///         .print();
/// };
/// ```
///
/// The body is Rust syntax and means a dataflow graph:
///
/// - `let NAME = CHAIN;` binds a stream; `let (A, B) = …` the two of `split` or `try_map`; a chain on its own ends in an
///   output. `let s: Stream<T> = …` checks the item type.
/// - `source(EXPR)` makes a stream of any `Source`. `EXPR` is evaluated once, where the macro stands; so is every other
///   argument (`.filter(above(10))`, `.sink(out.clone())`), in text order, but for closures, which are inlined, and paths
///   of several parts (`.map(str::len)`), which are called in their place.
/// - A closure captures as closures do: by reference, or by value with `move`. One element-wise closure with `move` makes
///   its whole stage own what it captures; `stream!(move { … })` does so for all.
/// - `for _ in 0..n { s = s.map(f); }` repeats element-wise operators inside the stage.
/// - `<Name>` names the pipeline in plans, logs and checkpoints.
/// - `#![millstream(crate = path::to::millstream)]` as the first line names a renamed crate.
///
/// The value is a `Pipeline`. The methods are documented at `millstream::dsl::Stream`.
///
/// With the environment variable `MILLSTREAM_DUMP` set to a folder when the crate is compiled, each expansion
/// is written there as a file.
#[proc_macro]
pub fn stream(input: TokenStream) -> TokenStream {
    expand::stream(input.into()).into()
}

/// The editor's view of a pipeline, for the test that holds it to the operators. Not for use.
#[doc(hidden)]
#[proc_macro]
pub fn __facade(input: TokenStream) -> TokenStream {
    expand::facade(input.into()).into()
}

/// Makes a struct or enum of your own a `Key`: records can be grouped by it.
///
/// Every field must be a `Key` and the type `Clone + Eq + Send + 'static`. It has no lifetime parameters: a key that
/// leaves its stage is owned. `#[key(crate = path::to::millstream)]` names a renamed crate.
#[proc_macro_derive(Key, attributes(key))]
pub fn derive_key(input: TokenStream) -> TokenStream {
    derive_key::derive(input.into()).into()
}
