//! How much memory a command may take where `--max-memory` says nothing: half of the machine's.

/// Where the machine does not tell how much it has.
const UNTOLD: u64 = 2 << 30;

/// Half of the machine's memory, bytes.
pub fn half_of_machine() -> u64 {
    of_machine().map_or(UNTOLD, |all| all / 2)
}

#[cfg(target_os = "linux")]
fn of_machine() -> Option<u64> {
    total(&std::fs::read_to_string("/proc/meminfo").ok()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_memory() {
        assert_eq!(total("MemTotal:       16314420 kB\nMemFree: 1 kB\n"), Some(16_314_420 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert!(half_of_machine() > 0);
    }
}
