//! Topics of Kafka. With the feature `kafka`. Without a broker of your own, with one that this starts:
//!
//! ```text
//! tests/kafka/broker.sh start                     prints its address; needs Java 17, and `mvn` the first time
//! tests/kafka/broker.sh topic lines
//! echo "to be or not to be" | tests/kafka/broker.sh write lines
//! cargo run --release -p millstream-examples --features kafka -- kafka_word_count 127.0.0.1:19092
//! tests/kafka/broker.sh stop
//! ```
//!
//! They run until Ctrl-C. What goes wrong meanwhile is told on stderr.

pub mod capture;
pub mod copy;
pub mod word_count;

use millstream::BoxError;

use crate::Example;

pub const EXAMPLES: [Example; 3] = [word_count::EXAMPLE, capture::EXAMPLE, copy::EXAMPLE];

/// Those that are given, and for the others the defaults.
fn arguments<'a, const N: usize>(
    given: &'a [String],
    defaults: [&'static str; N],
) -> Result<[&'a str; N], BoxError> {
    if given.len() > N {
        return Err(format!("there are {} arguments, and {N} at most are known", given.len()).into());
    }
    let mut all: [&str; N] = defaults;
    all.iter_mut().zip(given).for_each(|(to, from)| *to = from);
    Ok(all)
}

/// Shows warnings, such as that a broker does not answer.
pub fn show_warnings() {
    let to = tracing_subscriber::fmt().with_writer(std::io::stderr).without_time().with_target(false);
    to.with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
}

#[test]
fn arguments_that_are_not_given_have_defaults() {
    let given = ["a".to_string()];
    assert_eq!(arguments(&given, ["x", "y"]).expect("one is enough"), ["a", "y"]);
    assert!(arguments(&given, []).is_err());
}
