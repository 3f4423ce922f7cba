//! A stream joined as of its times with data that does not change: that is a stream too, with all it has in its first batch. What
//! is due comes out when the input ends.

use millstream::prelude::*;

use crate::case::Case;
use crate::cases::Check;
use crate::compare;
use crate::engines::Under;
use crate::value::Value;

pub fn check(case: &Case) -> Option<Check> {
    (case.op == "asof_join" && case.text("type") == "left").then_some(left as Check)
}

fn columns(row: Value) -> [Value; 3] {
    let Value::List(columns) = row else { panic!("{row} is no row") };
    columns.try_into().expect("a time, a symbol and a number")
}

/// `2026-06-29 10:00:07`, as a number that grows with it.
fn time(column: &Value) -> i64 {
    let numbers =
        column.text().split(['-', ' ', ':']).map(|part| part.parse::<i64>().expect("a part of a time"));
    1000 * std::iter::zip(numbers, [0, 12, 31, 24, 60, 60]).fold(0, |all, (n, base)| all * base + n)
}

fn left(case: &Case, under: Under) -> Result<(), String> {
    let of_static = |row: &serde_json::Value| Value::of(row);
    let quotes: Vec<Value> = case.params["static"].as_array().expect("rows").iter().map(of_static).collect();
    let (quotes, trades) =
        (queue([quotes]), queue(case.batches(1).into_iter().map(Option::unwrap_or_default)));
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream!(move {
        let timed_quotes = source(quotes).map(columns).event_time(|[t, _, _]| time(t), secs(0));
        let timed_trades = source(trades).map(columns).event_time(|[t, _, _]| time(t), secs(0));
        let quotes = timed_quotes.map(|[_, symbol, price]| (symbol.atom(), price));
        let trades = timed_trades.map(|[t, symbol, price]| (symbol.clone().atom(), [t, symbol, price]));
        let priced = trades.left_outer_join_as_of(quotes);
        priced.map(|(_, ([t, symbol, price], quote))| {
            Value::List(vec![t, symbol, price, quote.unwrap_or(Value::Null)])
        }).sink(sink);
    });
    under.run_every_second(pipeline).map_err(|error| error.to_string())?;
    compare::differ(case, &case.compare, vec![out.records()]).map_or(Ok(()), Err)
}
