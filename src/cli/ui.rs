//! `terrace ui`

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use super::serve::options;
use super::serve_log::{Format, Level, start, tell};
use crate::server::{self, Options, ServeEvent};

/// Look at the configuration, and change it, in a browser.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Starts a server for this machine alone, at a free port, and opens its page; ends with Ctrl-C.\nThe link opens once; who has it writes as git's configuration names them.\n\nExamples:\n  terrace ui\n  terrace ui --no-browser\n\nExit codes: 0 ended by Ctrl-C or SIGTERM · 2 no configuration, or no such branch"
)]
pub(super) struct Args {
    /// The branch to show, instead of the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// The folder with the configuration, from the top of the repository
    #[arg(long, value_name = "DIR")]
    root: Option<String>,
    /// Print the address, and open nothing
    #[arg(long)]
    no_browser: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (branch, root) = (args.branch.clone(), args.root.clone());
    let options = Options { branch, root, ..options(listen, context)? };
    let opens = !args.no_browser;
    start(Level::Warn, Format::Text);
    let log = move |event: &ServeEvent| {
        // Nobody reads it any more; the server goes on.
        let _ = match event {
            ServeEvent::Listening { address, once, .. } => open(*address, once.as_deref(), opens),
            event => tell(event, true),
        };
    };
    server::serve(context.workspace()?, &options, Arc::new(log))?;
    Ok(0)
}

/// Says where the page is, and opens it.
fn open(address: SocketAddr, once: Option<&str>, opens: bool) -> io::Result<()> {
    let once = once.map_or_else(String::new, |once| format!("?once={once}"));
    let page = format!("http://{address}/ui/{once}");
    let mut out = io::stdout().lock();
    writeln!(out, "open {page}")?;
    writeln!(out, "the link opens once; Ctrl-C ends it")?;
    out.flush()?;
    if opens {
        browser(page);
    }
    Ok(())
}

/// Asks the system's browser to show a page; where there is none, the address was printed.
fn browser(page: String) {
    let has_screen = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !has_screen {
        return;
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // It may stay for as long as the browser does.
    std::thread::spawn(move || command.status());
}
