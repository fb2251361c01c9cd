//! What is the same in every process: its subcommands, its logs, its exit code.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

use crate::logs::{self, LogSettings};
use crate::memory::MemoryLimit;
use crate::settings::{self, CommandLine, DEFAULT_SUBCOMMAND, EXIT_CONFIG, Process, Refused};
use crate::stop;

/// Threads for files and pixels.
const BLOCKING_THREADS: usize = 64;
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// One service as a process.
pub struct Service<S> {
    /// Its names.
    pub process: Process,
    /// Its OpenAPI document.
    pub openapi: fn() -> OpenApi,
    /// What is wrong with settings that only make sense together; each in a sentence.
    pub check: fn(&S) -> Vec<String>,
    /// What those settings come to whose value depends on the machine, each in a sentence.
    pub effective: fn(&S) -> Vec<String>,
    /// Where its log settings are.
    pub logs: fn(&S) -> &LogSettings,
    /// Where it listens.
    pub listen: fn(&S) -> (SocketAddr, bool),
    /// Starts it and runs it until the token is cancelled.
    pub run: fn(S, CancellationToken) -> Running,
}

/// A service at work.
pub type Running = Pin<Box<dyn Future<Output = anyhow::Result<()>>>>;

impl<S: clap::Args> Service<S> {
    /// Runs the process as its command line says.
    pub fn main(&self) -> ExitCode {
        let refused = |refused| report(self.process.name, &refused);
        let (subcommand, line) = match CommandLine::of_process(self.command()) {
            Ok(read) => read,
            Err(error) => return refused(error),
        };
        match subcommand.as_str() {
            "openapi" => return print(&crate::docs::to_json(&(self.openapi)())),
            COMPLETIONS => return print_completions(self.command(), line.matches()),
            _ => {}
        }
        let (settings, matches) = match line.settings(self.check) {
            Ok(read) => read,
            Err(error) => return refused(error),
        };
        match subcommand.as_str() {
            "health" => {
                let (address, tls) = (self.listen)(&settings);
                exit(health(address, tls))
            }
            "config" => {
                let described = settings::describe(&settings::command::<S>(&self.process), &matches);
                print(&with_effective(described, (self.effective)(&settings)))
            }
            _ => {
                logs::start((self.logs)(&settings));
                exit(block_on(|stop| (self.run)(settings, stop)))
            }
        }
    }

    /// Its command line, with a subcommand for each thing that it can be asked to do.
    pub fn command(&self) -> Command {
        let Process { name, about, .. } = self.process;
        let settings = settings::command::<S>(&self.process);
        Command::new(name)
            .about(about)
            .version(env!("CARGO_PKG_VERSION"))
            // So that `--help` lists the settings too, which are those of `serve`.
            .flatten_help(true)
            .subcommand(serve_command(settings.clone()))
            .subcommand(health_command(settings.clone()))
            .subcommand(config_command(settings))
            .subcommand(Command::new("openapi").about("Print the OpenAPI document"))
            .subcommand(completions_command())
    }
}

/// Settings as text, and behind them as comments what they come to.
pub fn with_effective(mut described: String, sentences: Vec<String>) -> String {
    described.extend(sentences.into_iter().map(|sentence| format!("# {sentence}\n")));
    described
}

const COMPLETIONS: &str = "completions";

/// `serve`, with the settings that it takes.
pub fn serve_command(settings: Command) -> Command {
    settings.name(DEFAULT_SUBCOMMAND).about("Serve until SIGTERM or SIGINT (the default)")
}

/// `health`, which needs the settings only to know where to ask.
pub fn health_command(settings: Command) -> Command {
    like_serve(settings.name("health").about("Check that the running process is healthy; exit code 0 if so"))
}

/// `config`, which takes the settings to print them.
pub fn config_command(settings: Command) -> Command {
    like_serve(settings.name("config").about("Print the effective settings and where each comes from"))
}

/// A subcommand that takes the settings of `serve`, which are documented there.
fn like_serve(command: Command) -> Command {
    command.mut_args(|arg| arg.hide(true)).after_help("Takes the same settings as `serve`.")
}

/// `completions`, for the shells that clap knows.
pub fn completions_command() -> Command {
    let shell = Arg::new(SHELL)
        .value_name("SHELL")
        .required(true)
        .value_parser(clap::value_parser!(Shell))
        .help("The shell to complete in");
    Command::new(COMPLETIONS).about("Print a completion script for a shell").arg(shell)
}

const SHELL: &str = "shell";

/// Prints the completions of a command, for the shell that was named.
pub fn print_completions(mut command: Command, matches: &ArgMatches) -> ExitCode {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    if let Some(shell) = matches.get_one::<Shell>(SHELL) {
        clap_complete::generate(*shell, &mut command, name, &mut script);
    }
    print(&String::from_utf8_lossy(&script))
}

/// Runs until the future ends; its token is cancelled by SIGTERM or SIGINT.
///
/// # Errors
///
/// Those of the future, and when no runtime can be started.
pub fn block_on<F>(run: impl FnOnce(CancellationToken) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    free_at_once_if_small();
    use_small_pages();
    allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async { run(stop::on_signal().context("listen for signals")?).await })
}

/// Starts the program again, in this process, with an allocator that gives memory back as soon
/// as it is free, where there is little of it.
///
/// The allocator else keeps it for the next buffer, which is quicker, and in a container of
/// 512 MiB was what was missing. It reads its settings before `main`.
#[expect(clippy::disallowed_methods, reason = "the allocator has its settings there")]
fn free_at_once_if_small() {
    const LITTLE_BYTES: u64 = 2 << 30;
    const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";

    if std::env::var_os(PURGE_DELAY).is_some() || MemoryLimit::of_process().bytes > LITTLE_BYTES {
        return;
    }
    #[cfg(unix)]
    if let Ok(program) = std::env::current_exe() {
        use std::os::unix::process::CommandExt as _;
        let mut arguments = std::env::args_os();
        let mut command = std::process::Command::new(program);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        // It comes back only if it failed, and then the program goes on as it is.
        let error = command.args(arguments).env(PURGE_DELAY, "0").exec();
        log::warn!("start again with an allocator that gives memory back at once: {error}");
    }
}

/// Asks the kernel for memory in pages of 4 KiB only, never of 2 MiB.
///
/// Buffers here are large, many and short-lived. With huge pages every byte of 2 MiB is
/// cleared where a few KiB are used, which costs more time than the larger pages save, and
/// nearly doubles the memory of an idle process; `services/DECISIONS.md` has the figures.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        // A sandbox may forbid it. The process works all the same, only with more memory.
        log::debug!("ask for small pages: {error}");
    }
}

/// Raises the limit of open files to what the system allows: each connection is one, and
/// many systems begin with 1024.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        log::debug!("raise the limit of open files: {error}");
    }
}

/// Prints what was wrong with the settings. Exit code 78, or 0 after `--help`.
pub fn report(name: &str, refused: &Refused) -> ExitCode {
    match refused {
        Refused::Clap(error) => {
            // A closed standard output is no reason to fail.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(EXIT_CONFIG) } else { ExitCode::SUCCESS }
        }
        Refused::Mistakes(mistakes) => {
            let mut text = format!("{name}: {} wrong:\n", plural(mistakes.len()));
            for mistake in mistakes {
                text.push_str(&format!("  {mistake}\n"));
            }
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// Turns a result into an exit code, printing the error with its causes.
pub fn exit(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a text to standard output.
pub fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Asks the process that listens at `address` for its health, by TLS if it speaks that, so
/// that a container needs no curl. Whose certificate it has is not asked: it is asked at its
/// own address, and told nothing.
///
/// # Errors
///
/// When nothing answers within two seconds, or not with 200.
pub fn health(address: SocketAddr, tls: bool) -> anyhow::Result<()> {
    let scheme = if tls { "https" } else { "http" };
    let url = format!("{scheme}://{}{}", reachable(address), api::paths::HEALTH);
    let client =
        reqwest::Client::builder().no_proxy().timeout(HEALTH_TIMEOUT).tls_danger_accept_invalid_certs(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async { client.build()?.get(&url).send().await });
    let status = answer.with_context(|| format!("ask {url}"))?.status();
    anyhow::ensure!(status == reqwest::StatusCode::OK, "{url} answers {status}");
    Ok(())
}

/// The address at which a process that listens at `address` can be reached from this machine.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn plural(count: usize) -> String {
    if count == 1 { "1 setting is".to_owned() } else { format!("{count} settings are") }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_takes_no_huge_pages() {
        let mut status = String::new();
        block_on(|_| async {
            status = std::fs::read_to_string("/proc/self/status")?;
            Ok(())
        })
        .unwrap();
        assert!(status.contains("THP_enabled:\t0\n"), "{status}");
    }
}
