//! Presets: options under a name, from a file of the operator's.
//!
//! ```toml
//! card = "width=300&height=200&format=auto"
//! avatar = "width=96&height=96&radius=max&format=webp"
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use domain::plan::{InvalidOption, OPTIONS, Options};
use domain::{InvalidName, Name};

/// The option that names a preset.
pub(crate) const PRESET: &str = "preset";
/// The largest file of presets, and the most of them.
const MAX_BYTES: u64 = 256 * 1024;
const MAX_PRESETS: usize = 1000;

/// Options under their names, and whether others may be asked for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Presets {
    by_name: BTreeMap<String, Vec<(String, String)>>,
    only: bool,
}

/// Why the options of a request are refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidPreset {
    #[error("there is no preset `{name}`; /presets lists those that there are")]
    Unknown { name: String },
    #[error("the option `preset` is given twice; give it once")]
    Repeated,
    #[error("the option `{option}` is part of the preset `{preset}`; give it in one place")]
    InPreset { option: &'static str, preset: String },
    #[error(
        "only presets can be asked for here, and `{option}` is none; add `preset` with one of those that /presets lists"
    )]
    Only { option: String },
    #[error(transparent)]
    Option(#[from] InvalidOption),
}

impl InvalidPreset {
    /// The option that is refused, and what it accepts.
    pub(crate) fn option_and_accepts(&self) -> (&str, String) {
        let presets = || "the name of a preset".to_owned();
        match self {
            Self::Unknown { .. } | Self::Repeated => (PRESET, presets()),
            Self::InPreset { option, .. } => (option, "nothing beside this preset".to_owned()),
            Self::Only { option } => (option, presets()),
            Self::Option(error) => (error.option(), error.accepts()),
        }
    }
}

impl Presets {
    /// Reads a file of presets; or says everything that is wrong with it.
    pub(crate) fn read(file: Option<&Path>, only: bool) -> Result<Self, Vec<String>> {
        let Some(file) = file else {
            return if only {
                Err(vec!["--presets-only needs --presets-file".to_owned()])
            } else {
                Ok(Self::default())
            };
        };
        let named = |mistake: String| format!("--presets-file {}: {mistake}", file.display());
        let text = read(file).map_err(|mistake| vec![named(mistake)])?;
        let presets = Self::parse(&text, only);
        presets.map_err(|mistakes| mistakes.into_iter().map(named).collect())
    }

    fn parse(text: &str, only: bool) -> Result<Self, Vec<String>> {
        let given: BTreeMap<String, String> =
            toml::from_str(text).map_err(|error| vec![error.to_string().replace('\n', " ")])?;
        let mut mistakes = Vec::new();
        if given.len() > MAX_PRESETS {
            mistakes.push(format!("there are {} presets; {MAX_PRESETS} are taken", given.len()));
        }
        let mut by_name = BTreeMap::new();
        for (name, query) in given {
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            match check(&name, &pairs) {
                Ok(()) => drop(by_name.insert(name, pairs)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(Self { by_name, only }) } else { Err(mistakes) }
    }

    /// The names, and the options of each as a query.
    pub(crate) fn all(&self) -> BTreeMap<String, String> {
        let query = |pairs: &Vec<(String, String)>| {
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        self.by_name.iter().map(|(name, pairs)| (name.clone(), query(pairs))).collect()
    }

    /// Reads the options of a request, of which one may name a preset.
    pub(crate) fn options<'a>(
        &self,
        query: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Options, InvalidPreset> {
        let (mut preset, mut others) = (None, Vec::new());
        for (name, value) in query {
            if name != PRESET {
                others.push((name, value));
            } else if preset.replace(value).is_some() {
                return Err(InvalidPreset::Repeated);
            }
        }
        if let Some((name, _)) = others.first().filter(|_| self.only) {
            return Err(InvalidPreset::Only { option: name.chars().take(64).collect() });
        }
        let Some(preset) = preset else { return Ok(Options::parse(others)?) };
        let unknown = || InvalidPreset::Unknown { name: preset.chars().take(64).collect() };
        let pairs = self.by_name.get(&*preset).ok_or_else(unknown)?;
        let spec =
            |name: &str| OPTIONS.iter().find(|spec| spec.names.contains(&name)).map(|spec| spec.name());
        for (name, _) in &others {
            let twice = spec(name).filter(|option| pairs.iter().any(|(name, _)| spec(name) == Some(option)));
            if let Some(option) = twice {
                return Err(InvalidPreset::InPreset { option, preset: preset.into_owned() });
            }
        }
        let of_preset = pairs.iter().map(|(name, value)| (Cow::from(name), Cow::from(value)));
        Ok(Options::parse(of_preset.chain(others))?)
    }
}

/// What is wrong with a preset, in a sentence.
fn check(name: &str, pairs: &[(String, String)]) -> Result<(), String> {
    Name::parse(name)
        .map_err(|error: InvalidName| format!("the name of a preset is not possible: {error}"))?;
    if pairs.is_empty() {
        return Err(format!("the preset `{name}` has no options"));
    }
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Options::parse(pairs).map(drop).map_err(|error| format!("the preset `{name}`: {error}"))
}

fn read(file: &Path) -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "it is the operator's file, and nothing is written")]
    let opened = std::fs::File::open(file);
    let mut text = String::new();
    let read = opened.and_then(|opened| opened.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(format!("larger than {MAX_BYTES} bytes")),
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presets(only: bool) -> Presets {
        Presets::parse("card = \"width=300&fit=cover&height=200\"\nsmall = \"w=10\"", only).unwrap()
    }

    fn options(presets: &Presets, query: &str) -> Result<Options, String> {
        presets.options(form_urlencoded::parse(query.as_bytes())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_preset_stands_for_its_options() {
        let whole = options(&presets(false), "width=300&fit=cover&height=200&format=webp");
        assert_eq!(options(&presets(false), "preset=card&format=webp"), whole);
        assert_eq!(options(&presets(false), "format=webp&preset=card"), whole);
        assert_eq!(presets(false).all()["small"], "w=10");
    }

    #[test]
    fn what_contradicts_a_preset_is_refused() {
        for (only, query, told) in [
            (false, "preset=cards", "there is no preset `cards`"),
            (false, "preset=card&preset=card", "given twice"),
            (false, "preset=small&width=20", "`width` is part of the preset `small`"),
            (false, "preset=card&sgima=1", "there is no option `sgima`"),
            (true, "width=300", "only presets can be asked for here"),
            (true, "preset=small&blur=2", "only presets"),
        ] {
            let error = options(&presets(only), query).unwrap_err();
            assert!(error.contains(told), "{query}: {error}");
        }
        assert!(options(&presets(true), "preset=small").is_ok());
        assert!(options(&presets(true), "").is_ok(), "no option is none that was not named");
    }

    #[test]
    fn everything_that_is_wrong_with_a_file_is_said() {
        let text = "a = \"width=0\"\nb = \"\"\n\"/\" = \"w=1\"\nc = \"fit=cover\"";
        let mistakes = Presets::parse(text, false).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
        assert!(Presets::parse("a = 5", false).is_err());
        assert!(Presets::read(None, true).is_err());
    }
}
