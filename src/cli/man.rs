//! The hidden `terrace man`: a page for each command and each page of the guide, for packages.

use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory};
use clap_mangen::roff::{Roff, roman};

use super::context::Context;
use super::{Cli, Outcome};
use crate::guide::{TOPICS, Topic};
use crate::model::Error;

/// Write the manual pages.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace man ~/.local/share/man/man1\n\nExit codes: 0 done · 2 the folder cannot be written"
)]
pub(super) struct Args {
    /// The folder; made when it is not there
    dir: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let dir = context.dir().join(&args.dir);
    let failed = |error: std::io::Error| Error::io("write", &dir, &error);
    std::fs::create_dir_all(&dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &dir).map_err(failed)?;
    for topic in TOPICS {
        let file = dir.join(format!("terrace-guide-{}.1", topic.name));
        std::fs::write(&file, page(&topic)).map_err(|error| Error::io("write", &file, &error))?;
    }
    context.remark(&format!("wrote the manual pages to {}", dir.display()));
    Ok(0)
}

/// A page of the guide as it is written, line by line.
fn page(topic: &Topic) -> String {
    let mut page = Roff::new();
    page.control("TH", [&*format!("terrace-guide-{}", topic.name), "1", "", "terrace"]);
    page.control("nf", []);
    for line in topic.text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.to_roff()
}
