//! The settings of all services on one command line.
//!
//! A setting that only image-cache or only image-processor has keeps its name. One that both
//! have is prefixed with `cache-` or `processor-`, and those of the gateway with `gateway-`.
//! What is logged and where the data lies is said once.

use std::ffi::OsString;
use std::path::PathBuf;

use access::ServiceKeys;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};
use server::auth::AuthSettings;
use server::process::with_effective;
use server::settings::{self, CommandLine, Refused, checked};
use server::tls::TlsSettings;

const ENV_PREFIX: &str = "SAFELIGHT";
const DATA_DIR: &str = "data-dir";
const DEFAULT_DATA_DIR: &str = "./data";
const CACHE_PREFIX: &str = "cache-";
const PROCESSOR_PREFIX: &str = "processor-";
const GATEWAY: &str = "gateway";
const GATEWAY_PREFIX: &str = "gateway-";
/// Said once for the whole process.
const SHARED: [&str; 2] = ["log", "log-format"];
/// Follow from other settings: the folders from `--data-dir`, the URLs from where the
/// services listen.
const DERIVED: [&str; 4] = [DATA_DIR, "cache-url", "processor", "processor-dns"];

/// The settings of all services.
pub(crate) struct All {
    pub(crate) cache: image_cache::Settings,
    pub(crate) processor: image_processor::Settings,
    /// None if it is switched off.
    pub(crate) gateway: Option<gateway::Settings>,
    /// The effective settings as text.
    pub(crate) description: String,
}

/// Where a service's setting stands on the common command line.
struct Place {
    /// The flag of the service.
    long: String,
    /// The flag on the common command line.
    common: String,
}

impl All {
    /// The common command line.
    pub(crate) fn command() -> Command {
        let data_dir = Arg::new(DATA_DIR).help("Folder for all data").default_value(DEFAULT_DATA_DIR);
        let gateway = Arg::new(GATEWAY)
            .help("Serve everything at one address as well, that of --gateway-listen")
            .default_value("true")
            .value_parser(checked::<bool>())
            .action(ArgAction::Set)
            .value_name("true|false");
        let mut command = Command::new("serve").arg(common(data_dir, DATA_DIR)).arg(common(gateway, GATEWAY));
        let [cache, processor, gateway] = services();
        for (service, places) in [
            (&cache, places(&cache, &processor, CACHE_PREFIX)),
            (&processor, places(&processor, &cache, PROCESSOR_PREFIX)),
            (&gateway, places(&gateway, &gateway, GATEWAY_PREFIX)),
        ] {
            for place in places {
                let known = command.get_arguments().any(|arg| arg.get_id() == place.common.as_str());
                if let (false, Some(arg)) = (known, find(service, &place.long)) {
                    command = command.arg(common(arg.clone(), &place.common));
                }
            }
        }
        command
    }

    /// Reads the settings of all services, or says everything that is wrong with them.
    pub(crate) fn read(line: CommandLine) -> Result<Self, Refused> {
        let (matches, mut mistakes) = line.into_parts();
        let [cache, processor, gateway] = services();
        let cache_places = places(&cache, &processor, CACHE_PREFIX);
        let processor_places = places(&processor, &cache, PROCESSOR_PREFIX);
        let gateway_places = places(&gateway, &gateway, GATEWAY_PREFIX);
        let mut cache: image_cache::Settings = hand_on(cache, &cache_places, &matches)?;
        let mut processor: image_processor::Settings = hand_on(processor, &processor_places, &matches)?;
        let mut gateway: gateway::Settings = hand_on(gateway, &gateway_places, &matches)?;
        for http in [&mut cache.http, &mut processor.http] {
            http.internal = true;
        }
        // In one process the services need no file to know each other.
        if !cache.http.auth.is_open() && cache.http.auth.has_no_service_key() {
            let keys = random_service_keys()?;
            for auth in [&mut cache.http.auth, &mut processor.http.auth, &mut gateway.http.auth] {
                auth.service_keys = Some(keys.clone());
            }
        }
        let gateway = matches.get_one(GATEWAY).copied().unwrap_or(true).then_some(gateway);
        mistakes.extend(cache.mistakes());
        mistakes.extend(processor.mistakes());
        mistakes.extend(gateway.iter().flat_map(gateway::Settings::mistakes));
        if !mistakes.is_empty() {
            return Err(Refused::Mistakes(mistakes));
        }
        let data_dir = matches.get_one::<String>(DATA_DIR).map_or(DEFAULT_DATA_DIR, String::as_str);
        let data_dir = PathBuf::from(data_dir);
        cache.data_dir = data_dir.join("image-cache");
        processor.data_dir = data_dir.join("image-processor");
        let description = settings::describe(&Self::command(), &matches);
        let effective = [cache.effective(), processor.effective()].concat();
        let description = with_effective(description, effective);
        Ok(Self { cache, processor, gateway, description })
    }
}

fn random_service_keys() -> Result<ServiceKeys, Refused> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Refused::Mistakes(vec![format!("no random numbers for a service key: {error}")]))?;
    Ok(ServiceKeys::from_random(&random))
}

/// The settings of image-cache, image-processor and the gateway, as each has them by itself.
fn services() -> [Command; 3] {
    [
        settings::bare_command::<image_cache::Settings>(&image_cache::PROCESS),
        settings::bare_command::<image_processor::Settings>(&image_processor::PROCESS),
        settings::bare_command::<gateway::Settings>(&gateway::PROCESS),
    ]
}

/// The settings of one service on the common command line, with a prefix where the other
/// service has one of the same name.
fn places(service: &Command, other: &Command, prefix: &str) -> Vec<Place> {
    let flags = service.get_arguments().filter_map(Arg::get_long);
    flags
        .filter(|long| !DERIVED.contains(long) && !matches!(*long, "help" | "version"))
        .map(|long| {
            let prefixed = find(other, long).is_some() && !is_shared(long);
            let common = if prefixed { format!("{prefix}{long}") } else { long.to_owned() };
            Place { long: long.to_owned(), common }
        })
        .collect()
}

/// Whether a setting is said once for all services: what is logged, and who may use them.
fn is_shared(long: &str) -> bool {
    SHARED.contains(&long)
        || find(&AuthSettings::augment_args(Command::new("auth")), long).is_some()
        || find(&TlsSettings::augment_args(Command::new("tls")), long).is_some()
}

fn find<'a>(command: &'a Command, long: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(long))
}

/// The setting under its common name, with its environment variable.
fn common(arg: Arg, name: &str) -> Arg {
    let name = name.to_owned();
    let variable = settings::variable(ENV_PREFIX, &name);
    arg.id(name.clone()).long(name).env(variable).hide_env_values(true)
}

/// Reads one service's settings from what was said on the common command line.
fn hand_on<A: Args>(service: Command, places: &[Place], matches: &ArgMatches) -> Result<A, Refused> {
    let mut arguments = vec![OsString::from(service.get_name())];
    for place in places {
        let source = matches.value_source(&place.common);
        if matches!(source, None | Some(ValueSource::DefaultValue)) {
            continue;
        }
        for value in matches.get_raw(&place.common).into_iter().flatten() {
            let mut argument = OsString::from(format!("--{}=", place.long));
            argument.push(value);
            arguments.push(argument);
        }
    }
    // What is wrong in the values was found on the common command line, and there is a
    // default in its place here, so that what is wrong between settings is found as well.
    let (matches, _) = CommandLine::read(service, arguments)?.into_parts();
    A::from_arg_matches(&matches).map_err(Refused::Clap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<All, Refused> {
        let arguments = std::iter::once("serve").chain(arguments.iter().copied()).map(OsString::from);
        All::read(CommandLine::read(All::command(), arguments)?)
    }

    #[test]
    fn a_setting_reaches_the_service_that_it_is_for() {
        let all = read(&[
            "--cache-listen=127.0.0.1:1",
            "--processor-listen=127.0.0.1:2",
            "--gateway-listen=127.0.0.1:4",
            "--max-upload=1MiB",
            "--workers=3",
            "--data-dir=/tmp/x",
            "--log=debug",
        ]);
        let all = all.map_err(|refused| format!("{refused:?}")).unwrap();
        assert_eq!(all.cache.listen.port(), 1);
        assert_eq!(all.processor.listen.port(), 2);
        assert_eq!(all.gateway.as_ref().unwrap().listen.port(), 4);
        assert_eq!(all.cache.max_upload.bytes(), 1 << 20);
        assert_eq!(all.processor.workers, 3);
        assert_eq!(all.cache.data_dir, PathBuf::from("/tmp/x/image-cache"));
        assert_eq!(all.processor.data_dir, PathBuf::from("/tmp/x/image-processor"));
        assert_eq!((all.cache.logs.filter, all.processor.logs.filter), ("debug".into(), "debug".into()));
    }

    #[test]
    fn mistakes_for_all_services_are_reported_at_once() {
        let Err(Refused::Mistakes(mistakes)) =
            read(&["--cache-listen=x", "--memory-budget=y", "--gateway-listen=z"])
        else {
            panic!("wrong settings were taken");
        };
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    }

    #[test]
    fn the_gateway_can_be_switched_off() {
        let all = read(&["--gateway=false"]).map_err(|refused| format!("{refused:?}")).unwrap();
        assert!(all.gateway.is_none());
    }

    #[test]
    fn a_setting_that_both_have_needs_its_prefix() {
        assert!(matches!(read(&["--listen=127.0.0.1:1"]), Err(Refused::Clap(_))));
        assert!(
            matches!(read(&["--cache-url=http://a"]), Err(Refused::Clap(_))),
            "it follows from --cache-listen"
        );
    }
}
