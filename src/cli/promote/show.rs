//! Prints what a promotion would do.

use std::io::Write;

use super::Work;
use crate::cli::{Failure, plan_file};
use crate::engine::promotion::{LeftAlone, PlanEntry, Reason};
use crate::model::{Hop, Key};
use crate::ops::{self, Prepared};
use crate::report::sanitize::{clean, cut};
use crate::report::{View, plan};
use crate::secrets::mask::{Mask, Reveal};
use crate::secrets::{exclusion, is_secret_step, shown_path};

impl Work<'_> {
    /// Prints the plans, and what becomes of whole items.
    pub(super) fn show(&self, prepared: &Prepared, terms: (Hop, Option<&str>)) -> Result<(), Failure> {
        let Self { args, context, planner, .. } = *self;
        let mask = planner.configuration.mask(Reveal::asked(args.show_secrets));
        let mut out = context.screen(args.format());
        if args.format() == "json" {
            plan_file::json(prepared, &mask, terms, &mut out)?;
            out.flush()?;
            return Ok(());
        }
        let view = context.view();
        let globs = args.globs()?;
        let all = args.all || !globs.is_empty();
        let plans = plan_file::masked(prepared, &mask);
        for plan in plans.iter().filter(|plan| !all || plan::acts(plan) || view.verbose) {
            if all {
                plan::brief(plan, &view, &mut out)?;
            } else {
                plan::text(plan, &view, &mut out)?;
            }
            if let Some(comments) = prepared.left_comments.get(&plan.key) {
                writeln!(out, "comments left out: {}", clean(&mask.comments(comments)))?;
            }
            writeln!(out)?;
        }
        show_items(prepared, terms.0, (&view, &mask), &mut out)?;
        if let Some(note) = not_a_secret(prepared) {
            writeln!(out, "{note}\n")?;
        }
        if all {
            let is_meant = |key: &&Key| args.all || globs.iter().any(|glob| glob.is_match(key));
            let only_in_source =
                prepared.left.iter().filter(|(_, left)| *left == LeftAlone::OnlyInSource).count();
            let totals = plan::Totals {
                items: planner.configuration.snapshot().keys().into_iter().filter(is_meant).count(),
                created: prepared.creations.len(),
                only_in_source,
                target: terms.0.target(),
            };
            writeln!(out, "{}", totals.sentence(&plans))?;
        }
        out.flush()?;
        Ok(())
    }
}

/// What an item is under its old name, and how the target gets the new one with all that is its own.
fn rename_first(from: &Key, key: &Key, hop: Hop) -> String {
    let [old, new] = [from, key].map(|key| key.file(hop.target()));
    format!(
        "was {from} in {}, and {} still has that: to keep its own values, git mv {old} {new}, commit, and promote",
        hop.source(),
        hop.target()
    )
}

/// What to write where the first of the secrets that are left is none.
fn not_a_secret(prepared: &Prepared) -> Option<String> {
    let is_named = |line: &PlanEntry| !line.path.segments.iter().any(is_secret_step);
    let kept = |line: &&PlanEntry| line.reason == Reason::Secret && !line.is_taken() && is_named(line);
    let path = prepared.plans.iter().flat_map(|plan| &plan.lines).find(kept).map(|line| &line.path)?;
    let path = clean(&exclusion(path)).into_owned();
    Some(format!("where it is no secret: {path} under [secrets] in terrace.toml"))
}

/// Prints what becomes of whole items.
fn show_items(
    prepared: &Prepared,
    hop: Hop,
    (view, mask): (&View, &Mask<'_>),
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let target = hop.target();
    for creation in &prepared.creations {
        writeln!(out, "{}   new item in {target}", creation.key)?;
        if let Some(from) = &creation.was {
            writeln!(out, "  look    it {}", rename_first(from, &creation.key, hop))?;
        }
        for (path, value) in &creation.given {
            let (path, value) = (shown_path(path), mask.value(path, value).to_string());
            writeln!(out, "  set     {}   {}   as given", clean(&path), cut(&value, 60))?;
        }
        for path in &creation.left_out {
            let why = if creation.to_give.contains(path) {
                format!("pinned or secret; {target} needs its own")
            } else {
                "as asked for".to_owned()
            };
            writeln!(out, "  left    {}   {why}", clean(&shown_path(path)))?;
        }
        if !creation.to_give.is_empty() {
            let to = format!("--to {target}");
            let given = creation.to_give.iter().map(|path| format!("--set '{}=…'", clean(&shown_path(path))));
            let given: Vec<String> = given.collect();
            let words = ["terrace", "promote", creation.key.as_str(), &to];
            let words: Vec<&str> = words.into_iter().chain(given.iter().map(String::as_str)).collect();
            writeln!(out, "{}", view.command("  to give them: ", &words))?;
        }
        if !creation.left_comments.is_empty() {
            writeln!(out, "  comments left out: {}", clean(&mask.comments(&creation.left_comments)))?;
        }
        for (path, environment) in &creation.foreign {
            writeln!(
                out,
                "  look    {}   names {environment}; {target} may need its own",
                clean(&shown_path(path))
            )?;
        }
        writeln!(out)?;
    }
    for key in &prepared.deletions {
        writeln!(out, "{key}   deleted in {target}\n")?;
    }
    let only_in_source = prepared.left.iter().filter(|(_, left)| *left == LeftAlone::OnlyInSource);
    let only_in_source: Vec<&str> = only_in_source.map(|(key, _)| key.as_str()).collect();
    if !only_in_source.is_empty() {
        writeln!(out, "not in {target} yet (--create): {}", view.names(&only_in_source))?;
    }
    for (key, left) in &prepared.left {
        let why = match left {
            LeftAlone::OnlyInSource => continue,
            LeftAlone::Deleted => {
                format!("is deleted in {}: terrace promote {key} --to {target} --delete", hop.source())
            }
            LeftAlone::Renamed(from) => rename_first(from, key, hop),
            LeftAlone::Encrypted(file) => format!("left alone: {}", clean(&file.to_string())),
            LeftAlone::Shared(path) => {
                let path = clean(&shown_path(path)).into_owned();
                format!(
                    "left alone: `{path}` is read through an alias that others use: terrace promote {key} --to {target}"
                )
            }
            LeftAlone::Unreadable(why) | LeftAlone::Unwritable(why) => format!("left alone: {}", clean(why)),
            LeftAlone::Refused(finding) => format!("left alone: {}", clean(&ops::refusal(finding))),
        };
        writeln!(out, "{key}   {why}")?;
    }
    Ok(())
}
