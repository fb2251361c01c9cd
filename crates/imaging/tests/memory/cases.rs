//! The cases: kinds of originals, sizes, and what is asked for.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use domain::plan::{Options, Plan, Source};
use imaging::{Limits, derive, describing_memory_bytes, probe, working_memory_bytes};

use crate::originals::{Content, Kind};

/// Sizes that take a second or less: 1 MP, and the longest row and column.
const SIZES: [(u32, u32); 1] = [(1155, 867)];
const THIN: [(u32, u32); 2] = [(30_000, 1), (1, 30_000)];
/// 4 MP, and photos of phones: 12 MP and 50 MP.
const LARGE: [(u32, u32); 3] = [(2309, 1733), (4032, 3024), (8192, 6144)];
/// An image for what is needed once, whatever the size.
const SMALL: (u32, u32) = (700, 520);

/// What is asked of an original.
#[derive(Clone)]
pub(crate) enum Work {
    Derive(&'static str),
    Describe,
    /// In the process of a case, which got it as a text.
    Text(String),
}

const DESCRIBE: &str = "describe";

impl Work {
    pub(crate) fn parse(text: &str) -> Self {
        if text == DESCRIBE { Self::Describe } else { Self::Text(text.to_owned()) }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Derive(query) => query,
            Self::Text(query) => query,
            Self::Describe => DESCRIBE,
        }
    }

    /// What the bytes are, and the plan; none to describe them.
    pub(crate) fn resolve(&self, original: &[u8]) -> (Source, Option<Plan>) {
        let source = probe(Cursor::new(original)).unwrap();
        if self.text() == DESCRIBE {
            return (source, None);
        }
        let pairs = self.text().split('&').filter_map(|pair| pair.split_once('='));
        let options = Options::parse(pairs).unwrap();
        (source, Some(Plan::resolve(&options, source, u64::MAX).unwrap()))
    }
}

/// One original and what is asked of it.
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) content: Content,
    pub(crate) size: (u32, u32),
    pub(crate) work: Work,
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let (width, height) = self.size;
        format!("{} {} {width}×{height} {}", self.kind.name(), self.content.name(), self.work.text())
    }

    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.size.0) * u64::from(self.size.1)
    }

    /// Whether what the encoder takes depends on what the picture shows: AV1 keeps what is left
    /// of every block, libwebp looks for matches in alpha, turned gray is written as colors, and the file is
    /// most of what a JPEG of high quality, or of gray, takes.
    pub(crate) fn depends_on_content(&self) -> bool {
        let query = self.work.text();
        let may_be_clear = matches!(self.kind, Kind::Gif) || Kind::ANIMATED.contains(&self.kind);
        let is_turned_gray =
            matches!(self.kind, Kind::JpegGray | Kind::PngGray) && query.contains("rotate=7");
        let is_gray = matches!(self.kind, Kind::JpegGray | Kind::PngGray);
        let is_large_file = query.contains("quality=100") || (is_gray && query == "format=jpeg");
        query.contains("avif") || may_be_clear || is_turned_gray || is_large_file
    }

    /// The file of the original, made when it is first asked for.
    pub(crate) fn file(&self, folder: &Path) -> PathBuf {
        self.kind.file(folder, self.content, self.size)
    }

    /// A small one of the same kind.
    pub(crate) fn small_file(&self, folder: &Path) -> PathBuf {
        self.kind.file(folder, self.content, SMALL)
    }

    /// The estimate for these bytes, and the one before they are there.
    pub(crate) fn estimates(&self, folder: &Path) -> (u64, u64) {
        let original = std::fs::read(self.file(folder)).unwrap();
        let (source, plan) = self.work.resolve(&original);
        let estimate = |original: Option<&[u8]>| match &plan {
            Some(plan) => working_memory_bytes(original, &source, plan),
            None => describing_memory_bytes(original, &source),
        };
        (estimate(Some(&original)), estimate(None))
    }
}

/// What every kind of original is tried with.
const OF_ALL: [&str; 8] = [
    "format=png",
    "format=jpeg",
    "format=webp",
    "format=jpeg&width=400",
    "format=jpeg&blur=5",
    "format=png&rotate=90",
    "format=webp&width=300&height=300&position=attention",
    "format=png&rotate=7",
];
/// What any kind will do for.
const OF_SOME: [&str; 32] = [
    "format=jpeg&progressive=true",
    "format=jpeg&quality=100",
    "format=jpeg&max_bytes=200000",
    "format=webp&lossless=true",
    "format=webp&quality=100",
    "format=gif",
    "format=tiff",
    "format=png&colors=64",
    "format=avif&width=1000",
    "format=jpeg&blur=1",
    "format=jpeg&blur=20",
    "format=png&blur=20",
    "format=jpeg&width=2000",
    "format=jpeg&width=1000",
    "format=jpeg&width=100",
    "format=jpeg&width=800&blur=5",
    "format=jpeg&width=300&height=300&position=entropy",
    "format=jpeg&rotate=7&width=800",
    "format=png&rotate=90&blur=20",
    "format=png&crop=100,100,500,400",
    "format=png&trim=10",
    "format=png&padding=100",
    "format=png&sharpen=2",
    "format=png&pixelate=10",
    "format=png&brightness=1.2&saturation=1.5",
    "format=png&normalize=true&sepia=true",
    "format=png&tint=teal",
    "format=png&threshold=128",
    "format=png&padding=100&extend=mirror",
    "format=png&flatten=red",
    "format=png&radius=max",
    "format=jpeg&radius=100&chroma=444",
];
const OF_THIN: [&str; 8] = [
    "format=png",
    "format=jpeg",
    "format=tiff",
    "format=png&colors=64",
    "format=png&blur=5",
    "format=png&rotate=90",
    "format=png&sharpen=2",
    "format=png&padding=10",
];
const OF_NOISE: [&str; 14] = [
    "format=jpeg&chroma=444",
    "format=png&blur=4",
    "format=png&pixelate=4",
    "format=jpeg&blur=2",
    "format=jpeg&blur=5",
    "format=png",
    "format=jpeg",
    "format=jpeg&quality=100",
    "format=webp",
    "format=webp&quality=100",
    "format=webp&lossless=true",
    "format=gif",
    "format=tiff",
    "format=png&colors=256",
];
const OF_ANIMATIONS: [&str; 5] =
    ["format=webp", "format=gif", "format=png", "format=webp&width=300", "format=png&frame=3"];

/// All cases, those that take long only if asked for.
pub(crate) fn all(with_large: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    let sizes: &[(u32, u32)] = if with_large { &[SIZES[0], LARGE[0], LARGE[1], LARGE[2]] } else { &SIZES };
    for &size in sizes {
        for kind in Kind::STILL.into_iter().filter(|kind| kind.takes(size)) {
            add(&mut cases, kind, Content::Photo, size, &OF_ALL);
            cases.push(Case { kind, content: Content::Photo, size, work: Work::Describe });
        }
        for kind in [Kind::Jpeg, Kind::Png, Kind::PngAlpha] {
            add(&mut cases, kind, Content::Photo, size, &OF_SOME);
        }
        for kind in [Kind::Png, Kind::PngAlpha, Kind::PngGray] {
            add(&mut cases, kind, Content::Noise, size, &OF_NOISE);
        }
    }
    for kind in Kind::ANIMATED {
        add(&mut cases, kind, Content::Photo, SIZES[0], &OF_ANIMATIONS);
    }
    for size in THIN {
        for kind in Kind::STILL.into_iter().filter(|kind| kind.takes(size)) {
            add(&mut cases, kind, Content::Photo, size, &OF_THIN);
        }
    }
    cases
}

fn add(cases: &mut Vec<Case>, kind: Kind, content: Content, size: (u32, u32), queries: &[&'static str]) {
    cases.extend(queries.iter().map(|query| Case { kind, content, size, work: Work::Derive(query) }));
}

/// An original made of another one.
pub(crate) fn derived(original: &[u8], query: &str) -> Vec<u8> {
    let (source, plan) = Work::parse(query).resolve(original);
    let limits = Limits::of_pixels(u64::MAX);
    derive(original, &source, &plan.unwrap(), &limits, &|| true).unwrap()
}
