//! The table of routes. What is not in it does not exist at the gateway.

use api::paths;

/// Which service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// image-cache.
    Cache,
    /// One of the image-processors.
    Processor,
    /// image-processor if the query has options, image-cache if it has none.
    ByOptions,
}

/// What a request may cost and how it is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing changes; it may be asked a second time.
    Read,
    /// A small body, which is read whole first; it is sent once.
    Change,
    /// A body that is streamed; it is sent once.
    Upload,
    /// An answer without an end.
    Events,
}

/// One row: some methods of one path.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) pattern: &'static str,
    pub(crate) methods: &'static [&'static str],
    pub(crate) target: Target,
    pub(crate) class: Class,
}

const GET: &[&str] = &["GET", "HEAD"];

const fn row(pattern: &'static str, methods: &'static [&'static str], target: Target, class: Class) -> Row {
    Row { pattern, methods, target, class }
}

/// Every route, those of one path one after the other.
pub(crate) static TABLE: &[Row] = &[
    row(paths::IMAGES, GET, Target::Cache, Class::Read),
    row(paths::IMAGES, &["POST"], Target::Cache, Class::Upload),
    row(paths::IMAGE, GET, Target::ByOptions, Class::Read),
    row(paths::IMAGE, &["PATCH", "DELETE"], Target::Cache, Class::Change),
    row(paths::IMAGE_LINKS, &["POST", "DELETE"], Target::Cache, Class::Change),
    // What image-processor has under this name, too, is its description.
    row(paths::IMAGE_INFO, GET, Target::Cache, Class::Read),
    row(paths::IMAGE_DESCRIPTION, GET, Target::Processor, Class::Read),
    row(paths::BLURRED_IMAGE, GET, Target::Processor, Class::Read),
    row(paths::ALBUMS, GET, Target::Cache, Class::Read),
    row(paths::ALBUMS, &["POST"], Target::Cache, Class::Change),
    row(paths::ALBUM, &["PATCH", "DELETE"], Target::Cache, Class::Change),
    row(paths::ALBUM_LINKS, &["POST", "DELETE"], Target::Cache, Class::Change),
    row(paths::ALBUM_IMAGES, GET, Target::Cache, Class::Read),
    row(paths::ALBUM_IMAGES, &["POST"], Target::Cache, Class::Upload),
    row(paths::ALBUM_IMAGE, GET, Target::ByOptions, Class::Read),
    row(paths::ALBUM_IMAGE, &["PUT"], Target::Cache, Class::Upload),
    row(paths::ALBUM_IMAGE, &["PATCH", "DELETE"], Target::Cache, Class::Change),
    row(paths::ALBUM_IMAGE_INFO, GET, Target::Cache, Class::Read),
    row(paths::ALBUM_IMAGE_DESCRIPTION, GET, Target::Processor, Class::Read),
    row(paths::PRESETS, GET, Target::Processor, Class::Read),
    row(paths::KEYS, GET, Target::Cache, Class::Read),
    row(paths::KEYS, &["POST"], Target::Cache, Class::Change),
    row(paths::KEY, &["DELETE"], Target::Cache, Class::Change),
    row(paths::EVENTS, GET, Target::Cache, Class::Events),
];
