//! Values of every kind of type that a message may have, for the test that schemas and TypeScript's types tell the truth.
//!
//! `sampled write SEED COUNT` prints random values of each type as serde writes them, with the schemas and the client of an app
//! that has an endpoint for each type. `sampled read` reads values of each type, and prints which of them are refused.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::{NonZeroI32, NonZeroU8},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ws_runtime::{
    App, Router, WebSocket,
    description::EndpointDescription,
    rooms::{Recovery, Tracked},
    routes, websocket,
};

/// Random numbers (splitmix64), and how deep in a value the next one is.
struct Random {
    state: u64,
    depth: u32,
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or(0)
    }

    /// Returns how many elements a collection has: none, far from the root.
    fn count(&mut self) -> usize {
        if self.depth > 4 { 0 } else { self.below(4) }
    }
}

/// A type with random values.
trait Sample: Sized {
    fn sample(random: &mut Random) -> Self;
}

/// Declares a type and its random values. Far from the root, an enum is its last variant, so that values end.
macro_rules! sampled {
    ($(#[$meta:meta])* struct $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        $(#[$meta])*
        struct $name { $($(#[$about])* $field: $type,)* }

        impl Sample for $name {
            fn sample(random: &mut Random) -> Self {
                random.depth += 1;
                let value = Self { $($field: Sample::sample(random),)* };
                random.depth -= 1;
                value
            }
        }
    };
    ($(#[$meta:meta])* struct $name:ident($($type:ty),*);) => {
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        $(#[$meta])*
        struct $name($($type),*);

        impl Sample for $name {
            fn sample(random: &mut Random) -> Self {
                random.depth += 1;
                let value = Self($(<$type>::sample(random)),*);
                random.depth -= 1;
                value
            }
        }
    };
    ($(#[$meta:meta])* enum $name:ident {
        $($(#[$about:meta])* $variant:ident $(($($type:ty),*))? $({ $($field:ident: $of:ty),* })?,)*
    }) => {
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        $(#[$meta])*
        enum $name { $($(#[$about])* $variant $(($($type),*))? $({ $($field: $of),* })?,)* }

        impl Sample for $name {
            #[allow(unused_variables)] // Units need no random numbers.
            fn sample(random: &mut Random) -> Self {
                let variants: &[fn(&mut Random) -> Self] = &[$(
                    |random| Self::$variant $(($(<$type>::sample(random)),*))? $({ $($field: <$of>::sample(random)),* })?
                ),*];
                let last = variants.len() - 1;
                let chosen = if random.depth > 6 { last } else { random.below(variants.len()) };
                random.depth += 1;
                let value = variants[chosen](random);
                random.depth -= 1;
                value
            }
        }
    };
}

/// Declares an endpoint for each type, and what is done with its values.
macro_rules! endpoints {
    ($($name:ident: $type:ty,)*) => {
        $(#[websocket("/types")]
        async fn $name(mut ws: WebSocket<$type, $type>) {
            let _ = ws.recv().await;
        })*

        fn app() -> App {
            App::new()$(.nest(concat!("/", stringify!($name)), Router::new().routes(routes![$name])))*
        }

        fn write(random: &mut Random, count: usize) -> serde_json::Result<BTreeMap<&'static str, Vec<String>>> {
            let mut values = BTreeMap::new();
            $(
                let texts = (0..count).map(|_| serde_json::to_string(&<$type>::sample(random)));
                values.insert(stringify!($name), texts.collect::<Result<_, _>>()?);
            )*
            Ok(values)
        }

        /// Returns why a value is refused.
        fn read(name: &str, value: &str) -> Option<String> {
            match name {
                $(stringify!($name) => serde_json::from_str::<$type>(value).err().map(|error| error.to_string()),)*
                _ => Some("there is no such type".to_owned()),
            }
        }
    };
}

endpoints! {
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    wrapped: Wrapped,
    tree: Tree,
    egg: Egg,
    numbers: Numbers,
    texts: Texts,
    collections: Collections,
    defaults: Defaults,
    flattened: Flattened,
    open: Open,
    strict: Strict,
    tuple: (u8, Option<String>, (bool,), [Kind; 2]),
    map: BTreeMap<String, Vec<Option<Kind>>>,
    optional: Option<External>,
    unit: (),
    tracked: Tracked<Internal>,
}

sampled! {
    /// A kind of thing.
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        VerySmall,
        /// Has a comment, which changes its schema.
        Large,
        #[serde(rename = "with \"quotes\" and \\")]
        Odd,
    }
}

sampled! {
    enum External {
        Unit,
        Newtype(Kind),
        Of(Box<External>),
        Tuple(u8, String),
        Empty(),
        Struct { id: u32, of: Option<Box<External>> },
    }
}

sampled! {
    #[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
    enum Internal {
        SetKind { new_kind: Kind, old_kinds: Vec<Kind> },
        Newtype(Named),
        Map(BTreeMap<String, u8>),
        Leave,
    }
}

sampled! {
    #[serde(tag = "kind", content = "content")]
    enum Adjacent {
        Newtype(Vec<Kind>),
        Tuple(bool, f64),
        Struct { name: String },
        Optional(Option<u8>),
        Unit,
    }
}

sampled! {
    #[serde(untagged)]
    enum Untagged {
        Number(i64),
        Text(String),
        List(Vec<Untagged>),
        Pair(bool, u8),
        Struct { named: Named },
        Nothing,
    }
}

sampled! {
    /// Its type begins with itself.
    struct Wrapped(Option<Box<Wrapped>>);
}

sampled! {
    struct Tree(BTreeMap<String, Tree>);
}

sampled! {
    #[serde(untagged)]
    enum Egg {
        Laid(Box<Hen>),
        Painted(String),
        Nest(Vec<Egg>),
    }
}

sampled! {
    #[serde(untagged)]
    enum Hen {
        Hatched(Box<Egg>),
        Bought { cents: u32, with: Option<Box<Hen>> },
    }
}

sampled! {
    struct Named {
        name: String,
        #[serde(default)]
        nick_name: Option<String>,
    }
}

sampled! {
    struct Numbers {
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        u128: u128,
        usize: usize,
        i8: i8,
        i16: i16,
        i32: i32,
        i64: i64,
        i128: i128,
        f32: f32,
        f64: f64,
        positive: NonZeroU8,
        not_zero: NonZeroI32,
    }
}

sampled! {
    struct Texts {
        string: String,
        char: char,
        ip: IpAddr,
        v4: Ipv4Addr,
        v6: Ipv6Addr,
        #[serde(rename = "with-dash \"and\" quotes")]
        renamed: String,
    }
}

sampled! {
    struct Collections {
        by_number: HashMap<u32, Named>,
        by_signed: BTreeMap<i8, bool>,
        by_name: BTreeMap<String, Option<Kind>>,
        set: BTreeSet<u8>,
        matrix: [[f32; 2]; 2],
        bytes: [u8; 20],
        nested: Vec<Vec<(u8, Named)>>,
        results: Vec<Result<u8, String>>,
        twice: Option<Option<u8>>,
        boxed: Box<Named>,
        duration: Duration,
        unit: (),
        any: Value,
    }
}

sampled! {
    #[serde(rename_all = "camelCase")]
    struct Defaults {
        #[serde(default)]
        with_default: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<Kind>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        empty: Vec<u8>,
        #[serde(skip)]
        _skipped: u8,
        #[serde(rename(serialize = "written", deserialize = "read"))]
        two_names: bool,
        #[serde(alias = "other")]
        aliased: String,
    }
}

sampled! {
    struct Flattened {
        id: u32,
        #[serde(flatten)]
        named: Named,
        #[serde(flatten)]
        adjacent: Adjacent,
    }
}

sampled! {
    struct Open {
        id: u32,
        #[serde(flatten)]
        more: BTreeMap<String, u8>,
    }
}

sampled! {
    #[serde(deny_unknown_fields)]
    struct Strict {
        only: Option<bool>,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", seed, count] => {
            let mut random = Random { state: seed.parse()?, depth: 0 };
            let app = app();
            let description = app.describe();
            let of = |endpoint: &EndpointDescription| json!({ "writes": endpoint.sends.schema, "reads": endpoint.receives.schema });
            let types: BTreeMap<_, _> =
                description.endpoints.iter().map(|endpoint| (endpoint.name.clone(), of(endpoint))).collect();
            let values = write(&mut random, count.parse()?)?;
            let all = json!({
                "types": types, "values": values, "schemas": description.schemas, "typescript": app.typescript(),
            });
            println!("{all}");
        }
        ["read"] => {
            let values: BTreeMap<String, Vec<String>> = serde_json::from_reader(io::stdin())?;
            for (name, values) in &values {
                for value in values {
                    if let Some(why) = read(name, value) {
                        println!("{name}: {why}: {value}");
                    }
                }
            }
        }
        _ => return Err("`write SEED COUNT` or `read`".into()),
    }
    Ok(())
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Sample for $type {
            fn sample(random: &mut Random) -> Self {
                match random.below(4) {
                    0 => Self::MIN,
                    1 => Self::MAX,
                    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // Any value will do.
                    #[allow(clippy::cast_lossless)]
                    _ => random.next() as Self,
                }
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128);

macro_rules! made_of {
    ($($type:ty, $from:ty, $make:expr;)*) => {$(
        impl Sample for $type {
            fn sample(random: &mut Random) -> Self {
                $make(<$from>::sample(random))
            }
        }
    )*};
}

made_of! {
    bool, u8, |number| number % 2 == 0;
    f32, i16, |number| f32::from(number) / 8.0;
    f64, i32, |number| f64::from(number) / 8.0;
    NonZeroU8, u8, |number| Self::new(number).unwrap_or(Self::MIN);
    NonZeroI32, i32, |number| Self::new(number).unwrap_or(Self::MAX);
    Ipv4Addr, [u8; 4], Self::from;
    Ipv6Addr, [u8; 16], Self::from;
    Duration, (u32, u16), |(secs, nanos): (u32, u16)| Self::new(secs.into(), nanos.into());
    Value, Untagged, |value| json!(value);
}

impl Sample for () {
    fn sample(_: &mut Random) -> Self {}
}

impl Sample for char {
    fn sample(random: &mut Random) -> Self {
        const ODD: [char; 8] = ['\0', '"', '\\', '\n', '\u{7f}', 'ä', '\u{2028}', '🦀'];
        match random.below(3) {
            0 => ODD[random.below(ODD.len())],
            _ => char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0)),
        }
    }
}

impl Sample for String {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(5)).map(|_| char::sample(random)).collect()
    }
}

impl Sample for IpAddr {
    fn sample(random: &mut Random) -> Self {
        if bool::sample(random) { Ipv4Addr::sample(random).into() } else { Ipv6Addr::sample(random).into() }
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(random: &mut Random) -> Self {
        (random.count() > 0).then(|| T::sample(random))
    }
}

impl<T: Sample, E: Sample> Sample for Result<T, E> {
    fn sample(random: &mut Random) -> Self {
        if bool::sample(random) { Ok(T::sample(random)) } else { Err(E::sample(random)) }
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(random: &mut Random) -> Self {
        Self::new(T::sample(random))
    }
}

impl<T: Sample> Sample for Tracked<T> {
    fn sample(random: &mut Random) -> Self {
        let position = "1f0e3dad99908345-42.7".parse().ok().filter(|_| bool::sample(random));
        match random.below(3) {
            0 => Self::Joined { position, recovery: Recovery::Recovered { missed: random.next() } },
            _ => Self::Message { position, message: T::sample(random) },
        }
    }
}

impl<T: Sample, const N: usize> Sample for [T; N] {
    fn sample(random: &mut Random) -> Self {
        std::array::from_fn(|_| T::sample(random))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(random: &mut Random) -> Self {
        random.depth += 1;
        let value = (0..random.count()).map(|_| T::sample(random)).collect();
        random.depth -= 1;
        value
    }
}

impl<T: Sample + Ord> Sample for BTreeSet<T> {
    fn sample(random: &mut Random) -> Self {
        Vec::<T>::sample(random).into_iter().collect()
    }
}

impl<K: Sample + Ord, V: Sample> Sample for BTreeMap<K, V> {
    fn sample(random: &mut Random) -> Self {
        Vec::<(K, V)>::sample(random).into_iter().collect()
    }
}

impl<K: Sample + Eq + std::hash::Hash, V: Sample> Sample for HashMap<K, V> {
    fn sample(random: &mut Random) -> Self {
        Vec::<(K, V)>::sample(random).into_iter().collect()
    }
}

macro_rules! tuples {
    ($($($part:ident)*;)*) => {$(
        impl<$($part: Sample),*> Sample for ($($part,)*) {
            fn sample(random: &mut Random) -> Self {
                ($($part::sample(random),)*)
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
}
