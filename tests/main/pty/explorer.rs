//! The explorer in a real terminal.

use super::stand_in::start_with;

#[test]
fn try_it() {
    let path = std::env::var("TRY").unwrap();
    let mut pty = start_with(&format!("file:{path}"), 120, 36);
    pty.wait_for("of");
    std::thread::sleep(std::time::Duration::from_secs(2));
    pty.keys("?");
    std::thread::sleep(std::time::Duration::from_secs(1));
    pty.keys("\x1b");
    std::thread::sleep(std::time::Duration::from_secs(1));
    pty.keys("q");
    println!("status {}", pty.wait());
    println!("{}", String::from_utf8_lossy(pty.bytes()));
}
