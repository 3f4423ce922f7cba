//! What can be seen of a running pipeline from outside: in a backtrace, in logs.

mod frames;
mod recorder;
mod spans;
