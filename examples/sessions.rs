//! The sessions of visitors: a session is over when nothing came from its visitor for a while.
//!
//! ```text
//! … -- sessions
//! ```

use std::time::Duration;

use millstream::BoxError;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::Queue;
use serde::{Deserialize, Serialize};

use crate::{Example, Shown};

pub const EXAMPLE: Example = Example {
    name: "sessions",
    about: "sessions of visitors, shown when their time is out",
    plan: Some(|| sessions(visits(), secs(3), Shown(|_| String::new())).plan()),
    run,
};

/// A visitor and a page.
type Visit = (&'static str, &'static str);

/// What is known of a session, and what is shown when it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub pages: Vec<String>,
}

/// The closure is called for each visit, and once more when the time is out: then without a page, and the state is gone behind it.
pub fn sessions(
    input: Queue<Visit>,
    idle: Duration,
    out: impl Sink<(String, Session)> + 'static,
) -> Pipeline<'static> {
    stream!(move {
        let visits = source(input);
        let sessions = visits.map_with_state(
            |visitor: &String, page, session: &mut State<Session>| match page {
                Some(page) => {
                    session.get_or_insert_with(Session::default).pages.push(page.to_string());
                    None
                }
                None => Some((visitor.clone(), session.get().cloned().unwrap_or_default())),
            },
            StateSpec::new().timeout(idle),
        );
        sessions.sink(out);
    })
    .named("Sessions")
}

/// A day at a small shop: an element is what one tick brings.
fn visits() -> Queue<Visit> {
    queue([
        vec![("ana", "/"), ("bob", "/")],
        vec![("ana", "/mills")],
        vec![("bob", "/water")],
        vec![("ana", "/mills/3")],
        vec![],
        vec![],
        vec![],
        vec![("ana", "/")],
        vec![],
        vec![],
        vec![],
    ])
}

fn run(_: &[String]) -> Result<(), BoxError> {
    let tick = millis(300);
    let out =
        Shown(|(visitor, session): (String, Session)| format!("{visitor}: {}", session.pages.join(", ")));
    Ok(Engine::local().batch_interval(tick).run(sessions(visits(), 3 * tick, out))?)
}

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    #[test]
    fn a_session_is_over_three_seconds_behind_its_last_page_and_the_next_one_begins_anew() {
        let out = MemorySink::new();
        Engine::test().run(sessions(visits(), secs(3), out.clone())).expect("it runs");
        let over: Vec<(usize, String, Vec<String>)> = out
            .batches()
            .into_iter()
            .enumerate()
            .flat_map(|(tick, over)| over.into_iter().map(move |(who, session)| (tick, who, session.pages)))
            .collect();
        let session = |tick, who: &str, pages: &[&str]| {
            (tick, who.to_string(), pages.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(
            over,
            [
                session(5, "bob", &["/", "/water"]),
                session(6, "ana", &["/", "/mills", "/mills/3"]),
                session(10, "ana", &["/"]),
            ]
        );
    }

    #[test]
    fn a_restart_changes_nothing() {
        restarts_change_nothing(|out| sessions(visits(), secs(3), out));
    }
}
