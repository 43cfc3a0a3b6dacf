//! `terrace explain`

use std::io::Write;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use crate::guide::{PLAN_WORDS, PlanWord, TOPICS, Topic};
use crate::model::{Error, Rule, closest};
use crate::report::explain;

/// Say what a rule or a word of a plan means, or print a page of the guide.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace explain foreign-host    a rule: what, why, how to mend or accept it\n  terrace explain behind          a word of a plan\n  terrace explain promotion       a page of the guide\n  terrace explain                 lists them all\n\nExit codes: 0 done · 2 no such rule, word or page"
)]
pub(super) struct Args {
    /// A rule, a word of a plan, or a page of the guide
    #[arg(value_name = "RULE | WORD | TOPIC")]
    about: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let view = context.view();
    let Some(about) = args.about.as_deref() else {
        let mut out = context.pages("text");
        writeln!(out, "Rules\n")?;
        write!(out, "{}", explain::list(&view))?;
        writeln!(out, "\nWords of a plan: {}", PLAN_WORDS.map(|known| known.word).join(", "))?;
        writeln!(out, "\nPages of the guide\n")?;
        write!(out, "{}", explain::topics(&TOPICS, &view))?;
        return Ok(0);
    };
    if let Ok(rule) = about.parse::<Rule>() {
        write!(context.pages("text"), "{}", explain::text(rule, &view))?;
    } else if let Some(word) = PlanWord::named(about) {
        write!(context.pages("text"), "{}", explain::word(&word, &view))?;
    } else if let Some(topic) = Topic::named(about) {
        write!(context.pages("text"), "{}", topic.text)?;
    } else {
        return Err(no_such(about).into());
    }
    Ok(0)
}

fn no_such(about: &str) -> Error {
    let rules = Rule::ALL.iter().map(|rule| rule.id());
    let names = rules.chain(PLAN_WORDS.map(|known| known.word)).chain(TOPICS.map(|topic| topic.name));
    let near = closest(about, names).map_or_else(String::new, |name| format!("did you mean `{name}`? "));
    let quoted = about.escape_debug();
    Error::usage(format!("`{quoted}` is no rule, no word of a plan and no page of the guide"))
        .with_help(format!("{near}`terrace explain` lists them"))
}
