//! State is dropped as the watermark passes.
