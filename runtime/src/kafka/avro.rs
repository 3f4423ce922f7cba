//! Avro: payloads by a schema that is given, or by those of a registry.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use schema_registry_converter::blocking::avro::AvroDecoder;
use schema_registry_converter::blocking::schema_registry::SrSettings;
use schema_registry_converter::error::SRCError;
use serde::de::DeserializeOwned;

use super::decode::Decode;
use super::message::Message;
use crate::BoxError;

/// The payload as Avro, read into a type of serde's. With the feature `avro`. Fails for what is none, also where there is no
/// payload.
///
/// The type takes the place of the reader's schema: fields are found by name, those that it lacks are passed over, and
/// `#[serde(default)]` stands for those that were not written.
///
/// # Cost
/// Records own what they hold. With a registry each schema is fetched once, by the task that first meets it, which waits.
///
/// ```
/// use millstream::kafka::Avro;
/// use serde::Deserialize;
///
/// #[derive(Clone, Deserialize)]
/// struct Reading {
///     sensor: String,
///     value: f64,
/// }
///
/// // As Confluent's serializers write it: the number of a schema, and then the record.
/// let decoder = Avro::<Reading>::registry("http://localhost:8081").login("reader", "password");
/// assert_eq!(format!("{decoder:?}"), "Avro(registry http://localhost:8081)");
///
/// // Bare records, all by one schema.
/// let schema = r#"{"type": "record", "name": "Reading", "fields": [
///     {"name": "sensor", "type": "string"}, {"name": "value", "type": "double"}]}"#;
/// let decoder = Avro::<Reading>::schema(schema)?;
/// # Ok::<(), millstream::BoxError>(())
/// ```
pub struct Avro<T> {
    by: By,
    record: PhantomData<fn() -> T>,
}

enum By {
    Schema(Box<Schema>),
    Registry(Box<Registry>),
}

struct Registry {
    url: String,
    login: Option<(String, String)>,
    timeout: Duration,
    /// Since the first message.
    client: OnceLock<Result<AvroDecoder, String>>,
}

/// Between two questions to a registry that does not answer.
const PAUSE: Duration = Duration::from_millis(200);

impl<T> Avro<T> {
    /// Payloads that were all written by this schema, given as JSON, and hold nothing else.
    ///
    /// # Errors
    /// If it is no schema of Avro's.
    pub fn schema(schema: &str) -> Result<Self, BoxError> {
        let schema =
            Schema::parse_str(schema).map_err(|error| format!("this is no schema of Avro's: {error}"))?;
        Ok(Avro { by: By::Schema(Box::new(schema)), record: PhantomData })
    }

    /// Payloads in Confluent's form: a zero byte, the number of the schema that wrote it, in 4 bytes, and the record. Schemas
    /// are asked for at a schema registry, by this URL; `https` takes the feature `avro-tls`. Nothing is asked before
    /// the first message.
    ///
    /// A registry that does not answer is asked again, for [`timeout`](Avro::timeout); then decoding fails. In a `try_map` the
    /// message goes with the bad ones then: so let the timeout be long there.
    pub fn registry(url: &str) -> Self {
        let registry = Registry {
            url: url.to_string(),
            login: None,
            timeout: Duration::from_secs(30),
            client: OnceLock::new(),
        };
        Avro { by: By::Registry(Box::new(registry)), record: PhantomData }
    }

    /// By which name and password (of Confluent's cloud: key and secret) the registry is asked. Never shown.
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        if let By::Registry(registry) = &mut self.by {
            registry.login = Some((user.to_string(), password.to_string()));
        }
        self
    }

    /// How long a registry may not answer. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let By::Registry(registry) = &mut self.by {
            registry.timeout = timeout;
        }
        self
    }
}

impl<T> fmt::Debug for Avro<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Schema(schema) => {
                write!(f, "Avro({})", schema.name().map_or("schema".into(), ToString::to_string))
            }
            By::Registry(registry) => write!(f, "Avro(registry {})", registry.shown()),
        }
    }
}

impl<T: DeserializeOwned> Avro<T> {
    fn record(&self, payload: &[u8]) -> Result<T, BoxError> {
        match &self.by {
            By::Schema(schema) => {
                let mut rest = payload;
                let record = GenericDatumReader::builder(schema).build()?.read_deser(&mut rest)?;
                if !rest.is_empty() {
                    return Err(format!("{} bytes are left behind the record", rest.len()).into());
                }
                Ok(record)
            }
            By::Registry(registry) => {
                let value = registry.value(payload)?;
                Ok(apache_avro::from_value(&value)?)
            }
        }
    }
}

impl Registry {
    /// Without what may be a secret.
    fn shown(&self) -> String {
        match url::Url::parse(&self.url) {
            Ok(url) => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                let path = url.path().trim_end_matches('/');
                format!("{}://{}{port}{path}", url.scheme(), url.host_str().unwrap_or_default())
            }
            Err(_) => "at what is no URL".to_string(),
        }
    }

    fn connect(&self) -> Result<AvroDecoder, String> {
        let url =
            url::Url::parse(&self.url).map_err(|error| format!("the registry's URL is none: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the registry's URL has a login in it: give it by `.login(user, password)`".into());
        }
        // It would be a part of what the client says when it fails.
        if url.query().is_some() || url.fragment().is_some() {
            return Err(
                "the registry's URL has something behind its path: write it without `?` and `#`".into()
            );
        }
        if url.scheme() == "https" && !cfg!(feature = "avro-tls") {
            let shown = self.shown();
            return Err(format!(
                "the schema registry at {shown} needs the feature `avro-tls`: `cargo add millstream --features avro-tls`"
            ));
        }
        let mut settings = SrSettings::new_builder(self.url.trim_end_matches('/').to_string());
        settings.set_timeout(self.timeout);
        if let Some((user, password)) = &self.login {
            settings.set_basic_authorization(user, Some(password));
        }
        let settings = settings.build().map_err(|error| self.told(&error))?;
        Ok(AvroDecoder::new(settings))
    }

    fn value(&self, payload: &[u8]) -> Result<apache_avro::types::Value, BoxError> {
        if payload.len() < 5 || payload[0] != 0 {
            return Err("it does not begin with a zero byte and the number of a schema".into());
        }
        let client = self.client.get_or_init(|| self.connect()).as_ref().map_err(Clone::clone)?;
        let until = Instant::now() + self.timeout;
        loop {
            match client.decode(Some(payload)) {
                Ok(decoded) => return Ok(decoded.value),
                Err(error) if error.retriable && Instant::now() < until => std::thread::sleep(PAUSE),
                Err(error) => return Err(self.told(&error).into()),
            }
        }
    }

    fn told(&self, error: &SRCError) -> String {
        let cause = error.cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default();
        let told = format!("by the schema registry at {}: {}{cause}", self.shown(), error.error);
        match &self.login {
            Some((_, password)) if !password.is_empty() => told.replace(password.as_str(), "***"),
            _ => told,
        }
    }
}

impl<T: DeserializeOwned + 'static> Decode for Avro<T> {
    type Item<'a> = T;

    fn decode<'a>(&self, message: Message<'a>) -> Result<T, BoxError> {
        self.record(message.payload().ok_or("it has no payload")?)
    }
}

#[cfg(test)]
mod tests;
