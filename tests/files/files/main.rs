//! Sources and sinks of JSON lines, CSV and Parquet.

mod bad_rows;

mod places;
mod sinks;
mod sources;
