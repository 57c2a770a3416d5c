//! Why a link cannot be made here, and the way out.

use std::fs;
use std::io;

use super::tun::DEVICE;

/// Returns why the device file cannot be opened, and the way out.
pub(super) fn device(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{DEVICE} is closed to this user: open it with `chmod 666 {DEVICE}` (as root)")
        }
        _ => format!(
            "cannot open {DEVICE} ({error}): load its module with `modprobe tun` (as root), or \
             start the container with --device {DEVICE}"
        ),
    }
}

/// The settings that forbid user namespaces, each with the value that does.
const SETTINGS: [(&str, &str, &str); 3] = [
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "10000"),
];

/// Returns why a namespace cannot be made or set up, and the way out.
pub(super) fn namespace(error: &io::Error) -> String {
    let setting = |name: &str| {
        fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/"))).unwrap_or_default()
    };
    let forbidding = SETTINGS.iter().find(|(name, value, _)| setting(name).trim() == *value);
    match forbidding {
        Some((name, _, better)) => format!(
            "this system forbids user namespaces ({error}): sysctl -w {name}={better} (as root)"
        ),
        None => format!(
            "this system forbids network namespaces ({error}): start a container with \
             --privileged, or run as root"
        ),
    }
}
