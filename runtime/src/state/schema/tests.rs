//! Schemas of sample types, and values of them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::parse::parse;
use super::{Tree, differences, to_json, trace};

fn text<T: DeserializeOwned>() -> String {
    let tree = trace::<T>();
    let text = tree.to_string();
    assert_eq!(parse(&text).unwrap_or_else(|why| panic!("{why}")), tree, "{text}");
    text
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Point(i32, i64);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct User {
    name: String,
    #[serde(rename = "e-mail")]
    mail: Option<String>,
    #[serde(skip)]
    #[allow(dead_code, reason = "it is not written")]
    cache: u8,
    tags: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Mood {
    Unknown,
    Happy(u8),
    Torn(i16, String),
    Calm { since: u64, by: Option<User> },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Tree2 {
    Node(Box<Tree2>, Box<Tree2>),
    Named { name: String, mood: Mood, children: Vec<Tree2> },
    Leaf(Mood),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Linked {
    value: u64,
    next: Option<Box<Linked>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    more: bool,
}

#[test]
fn types_are_read_off() {
    assert_eq!(text::<u64>(), "u64");
    assert_eq!(text::<(u8, i128, char, bool, f32)>(), "(u8, i128, char, bool, f32)");
    assert_eq!(text::<((), Unit, Meters)>(), "((), (), f64)");
    assert_eq!(text::<[u8; 4]>(), "[u8; 4]");
    assert_eq!(text::<(u16,)>(), "tuple(u16)");
    assert_eq!(text::<Point>(), "(i32, i64)");
    assert_eq!(text::<HashMap<String, Vec<Option<u8>>>>(), "map<str, seq<option<u8>>>");
    assert_eq!(text::<User>(), r#"{name: str, "e-mail": option<str>, tags: seq<str>}"#);
    assert_eq!(
        text::<Mood>(),
        r#"enum {Unknown, Happy(u8), Torn(i16, str), Calm{since: u64, by: option<{name: str, "e-mail": option<str>, tags: seq<str>}>}}"#
    );
    assert_eq!(
        text::<(Page<u8>, Page<String>)>(),
        "({items: seq<u8>, more: bool}, {items: seq<str>, more: bool})"
    );
    assert_eq!(text::<Result<u8, String>>(), "enum {Ok(u8), Err(str)}");
    assert_eq!(text::<(Duration, NonZeroU16)>(), "({secs: u64, nanos: u32}, u16)");
    assert_eq!(text::<IpAddr>(), "enum {V4([u8; 4]), V6([u8; 16])}");
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only their shape matters")]
enum Ping {
    Over(Pong),
}
#[derive(Deserialize)]
#[allow(dead_code, reason = "only their shape matters")]
enum Pong {
    Back(Box<Ping>),
    Out,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only their shape matters")]
struct Nested(Vec<Nested>);

#[derive(Deserialize)]
#[allow(dead_code, reason = "only their shape matters")]
struct Endless(Box<Endless>);

#[test]
fn types_that_hold_themselves_end() {
    assert_eq!(text::<Linked>(), "@1 = {value: u64, next: option<@1>}");
    assert_eq!(
        text::<(Linked, Linked)>(),
        "(@1 = {value: u64, next: option<@1>}, @2 = {value: u64, next: option<@2>})"
    );
    let tree = text::<Tree2>();
    assert!(
        tree.starts_with("@1 = enum {Node(@1, @1), Named{name: str, mood: enum {Unknown, Happy(u8)"),
        "{tree}"
    );
    assert!(tree.contains("children: seq<@1>}, Leaf(enum {Unknown"), "{tree}");
    assert_eq!(text::<Ping>(), "@1 = enum {Over(enum {Back(@1), Out})}");
    assert_eq!(text::<Nested>(), "@1 = seq<@1>");
    assert!(text::<Endless>().starts_with("opaque "));
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only their shape matters")]
enum Any {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Percent;
impl TryFrom<String> for Percent {
    type Error = String;
    fn try_from(text: String) -> Result<Percent, String> {
        if text.contains('%') { Ok(Percent) } else { Err("nothing of a hundred".into()) }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "(u8, String)")]
struct Dated;
impl TryFrom<(u8, String)> for Dated {
    type Error = String;
    fn try_from((_, text): (u8, String)) -> Result<Dated, String> {
        if text.ends_with("T00:00:00Z") { Ok(Dated) } else { Err("no time".into()) }
    }
}

#[test]
fn what_can_not_be_read_off_has_its_name() {
    assert_eq!(text::<Any>(), r#"opaque "millstream::state::schema::tests::Any""#);
    assert!(text::<(u8, Percent)>().starts_with("opaque "));
    // Values that are refused are followed by others.
    assert_eq!(text::<Vec<Dated>>(), "seq<(u8, str)>");
}

/// Two versions of one type, each in a module of its own: so their names in the text, if they had any, would be the same.
macro_rules! versions {
    ($($test:ident: $old:item => $new:item $(, $line:literal)+;)+) => {$(
        #[test]
        fn $test() {
            mod old {
                use super::*;
                #[derive(Serialize, Deserialize)]
                #[allow(dead_code, reason = "only their shape matters")]
                $old
            }
            mod new {
                use super::*;
                #[derive(Serialize, Deserialize)]
                #[allow(dead_code, reason = "only their shape matters")]
                $new
            }
            let (old, new) = (trace::<old::It>(), trace::<new::It>());
            assert_ne!(old.to_string(), new.to_string());
            assert_eq!(differences("state", &old, &new), [$($line),+]);
            assert_eq!(differences("state", &old, &old), Vec::<String>::new());
        }
    )+};
}

versions! {
    a_field_that_was_added_shows: pub struct It { a: u8 } => pub struct It { a: u8, b: u8 }, "state.b: is new";
    a_field_that_was_removed_shows: pub struct It { a: u8, b: u8 } => pub struct It { b: u8 }, "state.a: is gone";
    fields_that_were_swapped_show: pub struct It { a: u8, b: u8 } => pub struct It { b: u8, a: u8 },
        "state: the order was a, b, and is b, a";
    a_field_that_was_renamed_shows: pub struct It { a: u8 } => pub struct It { z: u8 },
        "state.a: is gone", "state.z: is new";
    a_field_that_was_widened_shows: pub struct It { a: (u32, Vec<u32>) } => pub struct It { a: (u32, Vec<u64>) },
        "state.a.1: was u32, is u64";
    a_field_of_another_sign_shows: pub struct It { a: u64 } => pub struct It { a: i64 }, "state.a: was u64, is i64";
    a_variant_that_was_inserted_shows: pub enum It { A, C } => pub enum It { A, B(u8), C }, "state.B: is new";
    variants_that_were_swapped_show: pub enum It { A, C } => pub enum It { C, A },
        "state: the order was A, C, and is C, A";
    a_variant_that_holds_more_shows: pub enum It { A(u8), C } => pub enum It { A(u8, u8), C },
        "state.A: holds something else";
    a_field_of_a_variant_shows: pub enum It { A { x: u8 } } => pub enum It { A { x: u16 } },
        "state.A.x: was u8, is u16";
    parts_that_were_swapped_show: pub struct It(u8, u16); => pub struct It(u16, u8);,
        "state.0: was u8, is u16", "state.1: was u16, is u8";
    what_became_an_option_shows: pub struct It { a: u8 } => pub struct It { a: Option<u8> },
        "state.a: was u8, is option<u8>";
    what_lies_deep_shows: pub struct It { a: BTreeMap<u8, Option<Box<It>>>, b: [u8; 3] } =>
        pub struct It { a: BTreeMap<u16, Option<Box<It>>>, b: [u8; 4] },
        "the keys of state.a: was u8, is u16", "state.b: was [u8; 3], is [u8; 4]";
}

fn is_as_serde_json<T: Serialize + DeserializeOwned>(value: &T) {
    let bytes = postcard::to_io(value, Vec::new()).expect("it can be written");
    // By way of text, as a checkpoint has it.
    let tree = parse(&text::<T>()).expect("a tree");
    let json = to_json(&tree, &bytes).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(json, serde_json::to_string(value).expect("JSON"));
}

fn moods() -> impl Strategy<Value = Mood> {
    let user = (any::<String>(), any::<Option<String>>(), any::<Vec<String>>());
    let user = user.prop_map(|(name, mail, tags)| User { name, mail, cache: 0, tags });
    prop_oneof![
        Just(Mood::Unknown),
        any::<u8>().prop_map(Mood::Happy),
        any::<(i16, String)>().prop_map(|(n, text)| Mood::Torn(n, text)),
        (any::<u64>(), prop::option::of(user)).prop_map(|(since, by)| Mood::Calm { since, by }),
    ]
}

fn trees() -> impl Strategy<Value = Tree2> {
    moods().prop_map(Tree2::Leaf).prop_recursive(4, 12, 3, |inner| {
        let children = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (inner.clone(), inner).prop_map(|(a, b)| Tree2::Node(Box::new(a), Box::new(b))),
            (any::<String>(), moods(), children).prop_map(|(name, mood, children)| Tree2::Named {
                name,
                mood,
                children
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_are_shown_as_serde_json_shows_them(
        tree in trees(),
        numbers: (u8, i16, u32, i64, u128, bool, char),
        floats: (f32, f64),
        maps: (BTreeMap<u64, i8>, BTreeMap<String, Vec<Option<u16>>>, BTreeMap<char, ()>),
    ) {
        is_as_serde_json(&tree);
        is_as_serde_json(&numbers);
        is_as_serde_json(&maps);
        is_as_serde_json(&(Unit, Meters(0.5), Point(1, -2), (7u8,), [1u8; 3]));
        // How floats are written may differ, not which ones they are.
        let bytes = postcard::to_io(&floats, Vec::new()).expect("it can be written");
        let json = to_json(&trace::<(f32, f64)>(), &bytes).expect("JSON");
        let (short, long) = json.trim_matches(['[', ']']).split_once(',').expect("two floats");
        prop_assert_eq!((short.parse(), long.parse()), (Ok(floats.0), Ok(floats.1)), "{}", json);
    }

    #[test]
    fn no_bytes_and_no_text_make_it_panic(bytes: Vec<u8>, noise in "[@=<>(){};:, \\\\\"a-z0-9]{0,40}") {
        drop(to_json(&trace::<(Tree2, u8)>(), &bytes));
        drop(parse(&noise));
    }
}

#[test]
fn what_is_cut_off_or_opaque_is_an_error() {
    assert!(to_json(&trace::<(u8, String)>(), &[1, 5, b'a']).is_err());
    assert!(to_json(&trace::<u8>(), &[1, 2]).is_err());
    assert!(to_json(&trace::<Mood>(), &[9]).is_err());
    let error = to_json(&Tree::Opaque("Any".into()), &[1]).expect_err("nobody knows").to_string();
    assert!(error.contains("`Any`"), "{error}");
}
