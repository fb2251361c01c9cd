//! How much memory the process may have, and the parts of it that budgets and caches get
//! where nobody sets them.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fmt, fs};

use crate::settings::ByteSize;

/// Where the kernel says what a process may have.
const ROOT: &str = "/";
/// What is taken for the limit where nothing says it.
const UNKNOWN_BYTES: u64 = 1 << 30;
/// From here on a limit of a control group means that there is none.
const NO_LIMIT_BYTES: u64 = 1 << 60;

/// An amount of memory, or `auto`, which is a part of what the process may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemorySize {
    /// A part of the process's limit.
    Auto,
    /// This much.
    Fixed(ByteSize),
}

/// What `auto` stands for: so many hundredths of the limit, and no more than so many bytes.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Hundredths of the process's limit.
    pub percent: u64,
    /// However much there is.
    pub max_bytes: u64,
}

impl MemorySize {
    /// The amount in bytes.
    pub fn bytes(self, limit: &MemoryLimit, part: Part) -> u64 {
        match self {
            Self::Auto => (limit.bytes / 100 * part.percent).min(part.max_bytes),
            Self::Fixed(size) => size.bytes(),
        }
    }
}

impl FromStr for MemorySize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let size = text.parse().map_err(|_| "it takes auto, or a size such as 64MiB, 1GiB or 4096")?;
        Ok(Self::Fixed(size))
    }
}

/// The memory that the process may have: the least of its control group's limits, those of
/// the groups around it, and the machine's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLimit {
    /// The limit in bytes.
    pub bytes: u64,
    /// Who says so: a file of the kernel.
    source: PathBuf,
}

impl MemoryLimit {
    /// The limit of this process.
    pub fn of_process() -> Self {
        Self::read(Path::new(ROOT))
    }

    /// The limit that the files below a root directory tell.
    fn read(root: &Path) -> Self {
        let machine = root.join("proc/meminfo");
        let total = fs::read_to_string(&machine).ok().and_then(|text| total_bytes(&text));
        let machine = total.map(|bytes| Self { bytes, source: machine.clone() });
        let least =
            groups(root).into_iter().filter_map(Self::of_group).chain(machine).min_by_key(|it| it.bytes);
        least.unwrap_or_else(|| Self { bytes: UNKNOWN_BYTES, source: PathBuf::from("a guess") })
    }

    fn of_group(source: PathBuf) -> Option<Self> {
        // `max` is no number, and means that the group sets no limit.
        let bytes = fs::read_to_string(&source).ok()?.trim().parse().ok()?;
        (bytes < NO_LIMIT_BYTES).then_some(Self { bytes, source })
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB by {}", self.bytes >> 20, self.source.display())
    }
}

/// The files with the limits of the process's control group and of those around it, of
/// version 2 and of version 1.
fn groups(root: &Path) -> Vec<PathBuf> {
    let mounted = root.join("sys/fs/cgroup");
    let mut files = Vec::new();
    let of_process = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    for line in of_process.lines() {
        // hierarchy:controllers:path
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mounted, file) = if controllers.is_empty() {
            (mounted.clone(), "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (mounted.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        // In a container the path may be the host's, and what is mounted the group itself.
        let group = Path::new(path.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| mounted.join(group).join(file)));
    }
    files
}

/// `MemTotal` of `/proc/meminfo`.
fn total_bytes(text: &str) -> Option<u64> {
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(total.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// The limit on a machine of 8 GiB with these files.
    #[expect(clippy::disallowed_methods, reason = "the test is the kernel here")]
    fn limit(files: &[(&str, &str)]) -> MemoryLimit {
        let root = tempfile::tempdir().unwrap();
        let meminfo = ("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
        for (path, text) in files.iter().chain([&meminfo]) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        MemoryLimit::read(root.path())
    }

    #[test]
    fn without_a_limit_it_is_the_machine() {
        assert_eq!(limit(&[]).bytes, 8 * GIB);
        let unlimited = [("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "max\n")];
        assert_eq!(limit(&unlimited).bytes, 8 * GIB);
        let v1 = [
            ("proc/self/cgroup", "3:memory:/\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ];
        assert_eq!(limit(&v1).bytes, 8 * GIB);
    }

    #[test]
    fn the_least_of_nested_groups_counts() {
        let found = limit(&[
            ("proc/self/cgroup", "0::/pod/box\n"),
            ("sys/fs/cgroup/pod/memory.max", "536870912\n"),
            ("sys/fs/cgroup/pod/box/memory.max", "1073741824\n"),
        ]);
        assert_eq!(found.bytes, GIB / 2);
        assert!(found.to_string().ends_with("/sys/fs/cgroup/pod/memory.max"), "{found}");
    }

    #[test]
    fn version_1_is_read_too() {
        let found = limit(&[
            ("proc/self/cgroup", "4:cpu,memory:/docker/1f\n1:name=systemd:/docker/1f\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n"),
        ]);
        assert_eq!(found.bytes, GIB / 4, "what is mounted in a container is its own group");
    }

    #[test]
    fn auto_is_a_part_of_the_limit_up_to_a_size() {
        let part = Part { percent: 40, max_bytes: GIB };
        let limit = |bytes| MemoryLimit { bytes, source: PathBuf::new() };
        let auto: MemorySize = "auto".parse().unwrap();
        assert_eq!(auto.bytes(&limit(100 << 20), part), 40 << 20);
        assert_eq!(auto.bytes(&limit(64 * GIB), part), GIB);
        let fixed: MemorySize = "7MiB".parse().unwrap();
        assert_eq!(fixed.bytes(&limit(GIB), part), 7 << 20);
        assert!("much".parse::<MemorySize>().unwrap_err().contains("auto"));
    }
}
