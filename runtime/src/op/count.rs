//! `count`: one number a tick.

use std::any::Any;

use super::open;
use crate::BoxError;
use crate::batch::Rows;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct Sum;

impl HeadOperator for Sum {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let total: u64 = inputs.into_iter().flatten().map(open::<u64>).sum();
        Ok(Box::new(Rows::new(vec![total])))
    }
}
