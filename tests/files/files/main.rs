//! Sources and sinks of JSON lines, CSV and Parquet.

mod bad_rows;

mod killed;
mod places;
mod restarts;
mod sinks;
mod sources;
