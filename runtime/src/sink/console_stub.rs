use super::*;
pub struct ConsoleSink<T>(usize, std::marker::PhantomData<fn(T)>);
impl<T> ConsoleSink<T> {
    pub fn new(n: usize) -> Self {
        ConsoleSink(n, std::marker::PhantomData)
    }
}
impl<T: std::fmt::Debug> Sink<T> for ConsoleSink<T> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "print", detail: self.0.to_string(), delivery: Delivery::AtLeastOnce }
    }
    fn write(&mut self, _p: usize, batch: Vec<T>) -> Result<(), BoxError> {
        for b in batch {
            println!("{b:?}");
        }
        Ok(())
    }
}
