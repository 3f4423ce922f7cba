//! What every client of librdkafka here has in common: its settings, what it says, and how its errors are told.

use std::fmt;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::metadata::Metadata;
use rdkafka::producer::ProducerContext;
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::BoxError;
use crate::sync::Mutex;

/// Where the brokers are, and the settings that were given for them.
///
/// Logins are settings: one that is put before an address, as in a URL, is dropped, so that nobody sees it.
#[derive(Clone)]
pub(super) struct Settings {
    pub bootstrap: String,
    given: Vec<(String, String)>,
}

/// Only what may be seen.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bootstrap)
    }
}

impl Settings {
    pub fn new(bootstrap: &str) -> Settings {
        let addresses: Vec<String> = bootstrap.split(',').map(without_login).collect();
        Settings { bootstrap: addresses.join(","), given: Vec::new() }
    }

    pub fn set(&mut self, key: &str, value: &str) {
        self.given.push((key.to_string(), value.to_string()));
    }

    /// Those of ours first, so that a given one replaces it; but for `fixed` ones, which can't be given.
    pub fn config(
        &self,
        ours: &[(&str, &str)],
        fixed: &[(&str, &str)],
        reserved: &[(&str, &str)],
    ) -> Result<ClientConfig, BoxError> {
        let mut config = ClientConfig::new();
        for (key, value) in ours {
            config.set(*key, *value);
        }
        for (key, value) in &self.given {
            let taken = reserved.iter().find(|(name, _)| name == key).map(|(_, instead)| *instead);
            let taken = taken.or(fixed.iter().any(|(name, _)| name == key).then_some(""));
            match taken {
                Some("") => {
                    return Err(format!("`{key}` can't be set: exactly-once relies on what it is").into());
                }
                Some(instead) => return Err(format!("`{key}` is set by {instead}").into()),
                None => config.set(key, value),
            };
        }
        config.set("bootstrap.servers", &self.bootstrap);
        for (key, value) in fixed {
            config.set(*key, *value);
        }
        Ok(config)
    }

    pub fn context(&self) -> Context {
        let hidden = self.given.iter().filter(|(key, value)| is_secret(key) && !value.is_empty());
        Context(Arc::new(Heard {
            bootstrap: self.bootstrap.clone(),
            secrets: hidden.map(|(_, value)| value.clone()).collect(),
            last: Mutex::default(),
        }))
    }
}

/// `scheme://name:password@host:port`, without the name and the password.
fn without_login(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
            format!("{scheme}{host}")
        }
        None => address.to_string(),
    }
}

/// Whether the value of a setting may never be seen.
fn is_secret(key: &str) -> bool {
    ["password", "secret", "token", "pem", "jaas", "oauthbearer.config", "assertion"]
        .iter()
        .any(|part| key.contains(part))
}

/// What librdkafka tells of a client, without secrets: goes to `tracing`, and into errors.
#[derive(Clone)]
pub(super) struct Context(Arc<Heard>);

struct Heard {
    bootstrap: String,
    secrets: Vec<String>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    /// What went wrong last, in librdkafka's words.
    trouble: Option<(RDKafkaErrorCode, String)>,
    /// What was logged last, and when: that no broker answers is heard many times a second.
    told: Option<(String, Instant)>,
    /// The first message that could not be delivered, since it was asked for.
    undelivered: Option<String>,
}

/// After how long a warning that is the same is logged again.
const SAY_AGAIN: Duration = Duration::from_secs(10);

impl Context {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.0.last.lock().expect("nothing panics while this is locked")
    }

    /// Without the values of secret settings.
    pub fn without_secrets(&self, text: &str) -> String {
        self.0.secrets.iter().fold(text.to_string(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    pub fn bootstrap(&self) -> &str {
        &self.0.bootstrap
    }

    /// Whether the broker has refused the login.
    pub fn is_refused(&self) -> bool {
        matches!(
            self.last().trouble,
            Some((RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed, _))
        )
    }

    pub fn undelivered(&self) -> Option<String> {
        self.last().undelivered.take()
    }

    /// An error in our words, with what to do.
    pub fn explain(&self, doing: &str, error: &KafkaError) -> BoxError {
        let bootstrap = &self.0.bootstrap;
        let heard = self.last().trouble.clone().map(|(code, reason)| (code, format!(" ({reason})")));
        let reason = heard.as_ref().map_or("", |(_, reason)| reason);
        if self.is_refused() {
            return format!(
                "{doing}: the broker at {bootstrap} refuses the login{reason}: check what is `set` as \
                 `sasl.username`, `sasl.password`, `sasl.mechanisms` and `security.protocol`"
            )
            .into();
        }
        let code = error.rdkafka_error_code();
        match code {
            Some(code) if is_connection(code) => format!(
                "{doing}: no broker answers at {bootstrap}{reason}: start it, correct the address, or wait longer \
                 with `connect_timeout`; if it is there, see whether it wants a `security.protocol`, which is `set`"
            )
            .into(),
            _ => match error {
                KafkaError::ClientConfig(_, why, key, _) => {
                    let (why, feature) = (self.without_secrets(why), feature(why));
                    format!("librdkafka refuses the setting `{key}`: {why}{feature}").into()
                }
                _ => {
                    let (error, feature) = (self.without_secrets(&error.to_string()), feature(&error.to_string()));
                    format!("{doing}: {error}{reason}{feature}").into()
                }
            },
        }
    }
}

/// What to do if librdkafka lacks what only OpenSSL brings.
fn feature(why: &str) -> &'static str {
    let lacks = ["not available at build time", "recompile librdkafka"].iter().any(|part| why.contains(part));
    if lacks && !cfg!(feature = "kafka-ssl") {
        "; it needs the feature `kafka-ssl`: `cargo add millstream --features kafka-ssl`"
    } else {
        ""
    }
}

/// Whether it means that a broker can't be reached, now.
pub(super) fn is_connection(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{
        AllBrokersDown, BrokerTransportFailure, MessageTimedOut, OperationTimedOut, RequestTimedOut, Resolve,
        TimedOutQueue,
    };
    matches!(
        code,
        AllBrokersDown
            | BrokerTransportFailure
            | MessageTimedOut
            | OperationTimedOut
            | RequestTimedOut
            | Resolve
            | TimedOutQueue
    )
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        let text = self.without_secrets(text);
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                tracing::warn!(target: "millstream::kafka", facility, "{text}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "millstream::kafka", facility, "{text}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: "millstream::kafka", facility, "{text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        if code == RDKafkaErrorCode::PartitionEOF {
            return;
        }
        let reason = self.without_secrets(reason);
        let mut last = self.last();
        let now = Instant::now();
        if last.told.as_ref().is_none_or(|(told, at)| *told != reason || now - *at >= SAY_AGAIN) {
            tracing::warn!(target: "millstream::kafka", "{reason}");
            last.told = Some((reason.clone(), now));
        }
        // That no broker is there is also said after each refused login; the reason is the better one.
        let refused = matches!(last.trouble, Some((RDKafkaErrorCode::Authentication, _)));
        if !(refused && is_connection(code)) {
            last.trouble = Some((code, reason));
        }
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: Result<(), KafkaError>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            let error = self.without_secrets(&error.to_string());
            tracing::warn!(target: "millstream::kafka", "offsets are not committed to the group: {error}");
        }
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let error = self.without_secrets(&error.to_string());
            self.last().undelivered.get_or_insert(error);
        }
    }
}

pub(super) type Client = BaseConsumer<Context>;

/// What of a cluster is there: of the topic, or of all. Tries again until the deadline.
pub(super) fn metadata(
    client: &Client,
    topic: Option<&str>,
    doing: &str,
    until: Instant,
) -> Result<Metadata, BoxError> {
    let context = client.context();
    loop {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        let error = match client.fetch_metadata(topic, left.min(Duration::from_secs(1))) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error,
        };
        // What the client has to say comes only when it is asked.
        while let Some(Err(_)) = client.poll(Duration::from_millis(10)) {}
        if context.is_refused() || Instant::now() >= until {
            return Err(context.explain(doing, &error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_an_address_is_dropped() {
        let settings = Settings::new("one:9092,me:secret@two:9092,SASL_SSL://me:secret@three:9093");
        let shown = format!("{settings:?}");
        assert_eq!(shown, "one:9092,two:9092,SASL_SSL://three:9093");
    }

    #[test]
    fn what_is_heard_again_and_again_is_logged_once_in_a_while() {
        let context = Settings::new("one:9092").context();
        let hears = |reason: &str| {
            context.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), reason);
            context.last().told.clone().expect("something is told")
        };
        let first = hears("1/1 brokers are down");
        assert_eq!(hears("1/1 brokers are down"), first);
        assert_eq!(hears("2/2 brokers are down").0, "2/2 brokers are down");
    }

    /// What a client can't be made with. (No broker is asked.)
    fn refused(settings: &[(&str, &str)]) -> Option<String> {
        let mut all = Settings::new("127.0.0.1:1");
        settings.iter().for_each(|(key, value)| all.set(key, value));
        let context = all.context();
        let made: Result<Client, _> =
            all.config(&[], &[], &[]).expect("it may be set").create_with_context(context.clone());
        made.err().map(|error| context.explain("a client can't be made", &error).to_string())
    }

    #[test]
    fn what_needs_openssl_says_which_feature() {
        let tls = refused(&[("security.protocol", "ssl")]);
        let scram = refused(&[
            ("security.protocol", "sasl_plaintext"),
            ("sasl.mechanisms", "SCRAM-SHA-512"),
            ("sasl.username", "me"),
            ("sasl.password", "a-secret"),
        ]);
        if cfg!(feature = "kafka-ssl") {
            assert_eq!((tls, scram), (None, None));
        } else {
            for told in [tls, scram] {
                let told = told.expect("there is no OpenSSL");
                assert!(told.contains("--features kafka-ssl") && !told.contains("a-secret"), "{told}");
            }
        }
        // And without it nothing of the kind is said.
        let told = refused(&[("security.protocol", "no such")]).expect("there is none");
        assert!(told.contains("`security.protocol`") && !told.contains("kafka-ssl"), "{told}");
    }

    #[test]
    fn values_of_secret_settings_are_taken_out() {
        let mut settings = Settings::new("one:9092");
        let secret = [
            "sasl.password",
            "ssl.key.password",
            "ssl.key.pem",
            "ssl.keystore.password",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.oauthbearer.assertion.private.key.pem",
        ];
        for (n, key) in secret.iter().enumerate() {
            settings.set(key, &format!("secret{n}!"));
        }
        settings.set("sasl.username", "me");
        let all: String = (0..secret.len()).map(|n| format!("secret{n}! ")).collect();
        let shown = settings.context().without_secrets(&format!("{all}me"));
        assert_eq!(shown, format!("{}me", "*** ".repeat(secret.len())));
        assert_eq!(format!("{settings:?}"), "one:9092");
    }
}
