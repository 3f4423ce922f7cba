//! `millstream-kafka`: transactions of a Kafka cluster that nobody ends, listed and aborted.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use millstream::BoxError;
use millstream::kafka::Transactions;

const USAGE: &str = "\
Usage: millstream-kafka BOOTSTRAP [--set KEY=VALUE]… list [--all]
       millstream-kafka BOOTSTRAP [--set KEY=VALUE]… abort ID

list    shows the transactions that are open, for how long, and after how long the broker aborts them by
        itself: consumers that read what is committed wait behind them. --all: every transactional id.
abort   ends what is open under a transactional id, and shuts its producer out. A pipeline that still runs
        with it stops, and its next start goes on. A start of the pipeline does the same for its own sinks.

--set   a setting of librdkafka, such as security.protocol=sasl_plaintext. One whose value is @NAME is read
        from the environment variable NAME: so that no password is seen in a list of processes.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments, &mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `false`: these arguments mean nothing.
fn run(arguments: &[String], out: &mut dyn Write) -> Result<bool, BoxError> {
    let Some((bootstrap, mut rest)) = arguments.split_first() else { return Ok(false) };
    let mut cluster = Transactions::at(bootstrap);
    while let [flag, setting, behind @ ..] = rest {
        if flag != "--set" {
            break;
        }
        let Some((key, value)) = setting.split_once('=') else { return Ok(false) };
        cluster = match value.strip_prefix('@') {
            Some(name) => cluster.set(key, &std::env::var(name).map_err(|_| format!("`{name}` is not set"))?),
            None => cluster.set(key, value),
        };
        rest = behind;
    }
    match rest.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => list(&cluster, false, out)?,
        ["list", "--all"] => list(&cluster, true, out)?,
        ["abort", id] => {
            cluster.abort(id)?;
            writeln!(out, "nothing is open under `{id}` any more")?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn list(cluster: &Transactions, all: bool, out: &mut dyn Write) -> Result<(), BoxError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as i64;
    let mut shown = 0;
    for transaction in cluster.list()?.into_iter().filter(|t| all || t.is_open()) {
        let age = transaction
            .started
            .map_or(String::new(), |at| format!(", began {} s ago", (now - at.millis()).max(0) / 1000));
        let (id, state, timeout) = (&transaction.id, transaction.state, transaction.timeout.as_secs());
        writeln!(out, "{id}: {state}{age}, time-out {timeout} s")?;
        shown += 1;
    }
    if shown == 0 {
        writeln!(out, "{}", if all { "no transactional id is known" } else { "no transaction is open" })?;
    }
    Ok(())
}
