//! How much memory entries may take: what `--max-memory` says, else half of what this process may
//! have, which is the machine's or, where that is less, its control group's.
//!
//! Not here: holding anything to it (`gather`, the explorer's store).

use std::fs;
use std::path::Path;

/// Where the machine does not tell how much it has.
const UNTOLD: u64 = 2 << 30;

/// What `--max-memory` says, else half of what there is; bytes.
pub fn allowed(said: Option<u64>) -> u64 {
    said.unwrap_or_else(half_of_machine)
}

/// Half of the memory that this process may have, bytes.
fn half_of_machine() -> u64 {
    let groups = fs::read_to_string("/proc/self/cgroup").ok();
    let group = groups.and_then(|groups| of_group(&groups, |file| fs::read_to_string(file).ok()));
    of_machine().into_iter().chain(group).min().map_or(UNTOLD, |all| all / 2)
}

#[cfg(target_os = "linux")]
fn of_machine() -> Option<u64> {
    total(&fs::read_to_string("/proc/meminfo").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn of_machine() -> Option<u64> {
    let told = std::process::Command::new("/usr/sbin/sysctl").args(["-n", "hw.memsize"]).output().ok()?;
    String::from_utf8(told.stdout).ok()?.trim().parse().ok()
}

/// The total of a `/proc/meminfo`, bytes.
#[cfg(any(target_os = "linux", test))]
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The lowest limit, in bytes, of the control groups that a `/proc/self/cgroup` names and of those
/// around them: of version 2 (`0::/path`) and of version 1 (`N:memory:/path`). A group that is not
/// limited says `max`, or a number larger than any machine's memory.
fn of_group(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return Vec::new(),
        };
        let of = |group: &Path| {
            let inside = group.strip_prefix("/").unwrap_or(group);
            read(&Path::new(root).join(inside).join(file))?.trim().parse().ok()
        };
        Path::new(path).ancestors().filter_map(of).collect::<Vec<u64>>()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_memory() {
        assert_eq!(total("MemTotal:       16314420 kB\nMemFree: 1 kB\n"), Some(16_314_420 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert!(half_of_machine() > 0);
        assert_eq!(allowed(Some(5)), 5);
    }

    #[test]
    fn the_lowest_limit_of_the_groups_around_counts() {
        let of = |groups: &str, files: &[(&str, &str)]| {
            of_group(groups, |path| {
                let found = files.iter().find(|(file, _)| Path::new(file) == path);
                found.map(|(_, text)| format!("{text}\n"))
            })
        };
        let files = [
            ("/sys/fs/cgroup/memory.max", "max"),
            ("/sys/fs/cgroup/a/memory.max", "1000"),
            ("/sys/fs/cgroup/a/b/memory.max", "3000"),
            ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "500"),
        ];
        assert_eq!(of("0::/a/b\n", &files), Some(1000));
        assert_eq!(of("0::/\n", &files), None);
        assert_eq!(of("5:cpu,memory:/a\n4:pids:/a/b\n0::/\n", &files), Some(500));
        assert_eq!(of("", &files), None);
        assert_eq!(of("nonsense\n0::\n", &files), None);
    }
}
