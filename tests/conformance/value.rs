//! Records as the data has them: of any shape.

use std::fmt;

use millstream::Key;

/// What JSON can say, but for objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    List(Vec<Value>),
}

/// A key: Spark's cases group by numbers and by words, now and then in one stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Key)]
pub enum Atom {
    Int(i64),
    Text(String),
}

impl Value {
    /// What a record of the data is; floats are no record of any case that runs as a pipeline.
    pub fn of(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Number(n) => Value::Int(n.as_i64().expect("a whole number")),
            serde_json::Value::String(s) => Value::Text(s.clone()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Value::of).collect()),
            other => panic!("no record is {other}"),
        }
    }

    pub fn int(&self) -> i64 {
        if let Value::Int(n) = self { *n } else { panic!("{self} is no number") }
    }

    pub fn text(&self) -> &str {
        if let Value::Text(text) = self { text } else { panic!("{self} is no text") }
    }

    pub fn atom(self) -> Atom {
        match self {
            Value::Int(n) => Atom::Int(n),
            Value::Text(text) => Atom::Text(text),
            other => panic!("{other} is no key"),
        }
    }

    /// A list of two, as a keyed record.
    pub fn pair(self) -> (Atom, Value) {
        let Value::List(items) = self else { panic!("{self} is no pair") };
        let [key, value] = <[Value; 2]>::try_from(items).expect("a pair has two parts");
        (key.atom(), value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Value {
        Value::Int(i64::try_from(n).expect("counts are small"))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<Atom> for Value {
    fn from(atom: Atom) -> Value {
        match atom {
            Atom::Int(n) => Value::Int(n),
            Atom::Text(text) => Value::Text(text),
        }
    }
}

impl<A: Into<Value>, B: Into<Value>> From<(A, B)> for Value {
    fn from((a, b): (A, B)) -> Value {
        Value::List(vec![a.into(), b.into()])
    }
}

impl<A: Into<Value>> From<Vec<A>> for Value {
    fn from(items: Vec<A>) -> Value {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

impl<A: Into<Value>> From<Option<A>> for Value {
    fn from(item: Option<A>) -> Value {
        item.map_or(Value::Null, Into::into)
    }
}
