//! The contents of messages. All of them are made before anything is measured, and are the same each time.

use std::fmt::Write;

/// What the payload of a message consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    /// The alphabet, repeated.
    Letters,
    /// Words of several languages, with characters of one to four bytes.
    Words,
    /// JSON as the server of a chat sends it.
    Json,
}

/// From this size on, JSON has all the members that it can have.
const FULL_JSON: usize = 896;

impl Payload {
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "letters" => Ok(Self::Letters),
            "words" => Ok(Self::Words),
            "json" => Ok(Self::Json),
            other => Err(format!("there is no payload `{other}`")),
        }
    }

    /// Returns the smallest size of such a payload, in bytes.
    pub(crate) fn smallest(self) -> usize {
        match self {
            Self::Letters | Self::Words => 0,
            Self::Json => 192,
        }
    }

    /// Returns a text of exactly this many bytes. Each number has a text of its own, except that letters are always the same.
    pub(crate) fn text(self, size: usize, number: u64) -> String {
        let mut random = Random(number);
        match self {
            Self::Letters => ('a'..='z').cycle().take(size).collect(),
            Self::Words => words(size, &mut random),
            Self::Json if size < FULL_JSON => short_json(size, number, &mut random),
            Self::Json => full_json(size, number, &mut random),
        }
    }
}

fn words(size: usize, random: &mut Random) -> String {
    let mut text = String::with_capacity(size);
    loop {
        let word = random.of(&WORDS);
        if text.len() + word.len() + 1 > size {
            break;
        }
        text.push_str(word);
        text.push(' ');
    }
    while text.len() < size {
        text.push('.');
    }
    text
}

fn short_json(size: usize, number: u64, random: &mut Random) -> String {
    let head = format!(
        r#"{{"type":"message","id":{},"room":{},"from":{{"id":{},"name":"{}"}},"at":"{}","text":""#,
        7_410_000 + number,
        random.of(&ROOMS),
        random.below(90_000),
        random.of(&NAMES),
        time(random),
    );
    let tail = "\"}";
    let text = words(size - head.len() - tail.len(), random);
    head + &text + tail
}

fn full_json(size: usize, number: u64, random: &mut Random) -> String {
    let head = format!(
        r#"{{"type":"message.created","seq":{},"id":"{:016x}","room":{{"id":{},"name":{},"members":{}}},"author":{{"id":{},"name":"{}","status":"{}","avatar":"/avatars/{:08x}.png"}},"sent_at":"{}","#,
        7_410_000 + number,
        random.next(),
        random.below(500),
        random.of(&ROOMS),
        random.below(4000),
        random.below(90_000),
        random.of(&NAMES),
        random.of(&["online", "away", "busy"]),
        random.below(u64::from(u32::MAX)),
        time(random),
    );
    let mut tail = String::from(r#"","mentions":["#);
    for index in 0..random.below(3) {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(tail, r#"{comma}{{"id":{},"name":"{}"}}"#, random.below(90_000), random.of(&NAMES));
    }
    let _ = write!(
        tail,
        r#"],"reactions":[{{"emoji":"{}","count":{},"by":[{},{},{}]}}],"attachment":{{"kind":"image","name":"IMG_{}.jpg","bytes":{},"width":{},"height":{}}},"reply_to":"{:016x}","position":{{"lat":{:.5},"lon":{:.5}}},"edited":{},"pinned":false,"thread":null}}"#,
        random.of(&["👍", "❤️", "😂", "🎉"]),
        random.below(40),
        random.below(90_000),
        random.below(90_000),
        random.below(90_000),
        random.below(10_000),
        random.below(4_000_000),
        random.below(4000),
        random.below(3000),
        random.next(),
        random.below(9_000_000) as f64 / 1e5,
        random.below(18_000_000) as f64 / 1e5,
        random.below(2) == 1,
    );
    let opening = r#""text":""#;
    let text = words(size - head.len() - opening.len() - tail.len(), random);
    head + opening + &text + &tail
}

fn time(random: &mut Random) -> String {
    let (day, hour) = (1 + random.below(28), random.below(24));
    let (minute, second, milli) = (random.below(60), random.below(60), random.below(1000));
    format!("2026-11-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// `SplitMix64`, which is good enough for texts and pauses, and produces the same numbers each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, which must not be 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap_or_default();
        choices[index]
    }
}

/// These include their quotes, so they are complete JSON values.
const ROOMS: [&str; 6] =
    [r#""general""#, r#""support""#, r#""random""#, r#""build""#, r#""music""#, r#""café""#];

const NAMES: [&str; 16] = [
    "Amelie Laurent",
    "Jonas Weber",
    "Priya Raman",
    "Łukasz Nowak",
    "Mei Lin",
    "Omar Haddad",
    "Sofía Ortega",
    "Kwame Mensah",
    "Ingrid Dahl",
    "Yuki Tanaka",
    "Ana Souza",
    "Petr Novák",
    "Olga Ivanova",
    "Tom Baker",
    "Zoë de Vries",
    "Ravi Patel",
];

const WORDS: [&str; 72] = [
    "the",
    "a",
    "we",
    "you",
    "they",
    "it",
    "is",
    "was",
    "have",
    "had",
    "would",
    "could",
    "should",
    "not",
    "and",
    "but",
    "because",
    "when",
    "where",
    "before",
    "after",
    "tomorrow",
    "yesterday",
    "today",
    "build",
    "server",
    "client",
    "message",
    "connection",
    "release",
    "branch",
    "review",
    "merge",
    "deploy",
    "rollback",
    "customer",
    "ticket",
    "meeting",
    "lunch",
    "coffee",
    "train",
    "weather",
    "weekend",
    "photo",
    "music",
    "please",
    "thanks",
    "sorry",
    "great",
    "maybe",
    "really",
    "again",
    "together",
    "quickly",
    "looking",
    "waiting",
    "sending",
    "reading",
    "writing",
    "about",
    "für",
    "über",
    "naïve",
    "señor",
    "été",
    "привет",
    "спасибо",
    "こんにちは",
    "你好",
    "안녕",
    "😀",
    "🚀",
];
