//! `auditty completions` and `auditty man`.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Arguments;

/// Completions for a shell.
pub fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    // Generated into memory: the generator panics where it cannot write, a closed pipe among that.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "auditty", &mut text);
    out.write_all(&text)
}

/// The man page, of the program and behind it of each command.
pub fn man(out: &mut dyn Write) -> io::Result<()> {
    let mut command = Arguments::command();
    command.build();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let page = clap_mangen::Man::new(inner.clone());
        writeln!(text, ".SH \"AUDITTY {}\"", inner.get_name().to_uppercase())?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
    }
    out.write_all(&text)
}
