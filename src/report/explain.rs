//! `terrace explain`, the guide's section on a rule, and the help of code scanning.

use std::fmt::Write;

use super::cell::Cell;
use super::columns::align;
use super::view::View;
use crate::guide::{PlanWord, Topic};
use crate::model::{Explanation, Rule};

/// The width that plain text is wrapped to.
const WIDTH: usize = 80;

/// Every rule in one line each, for a terminal.
#[must_use]
pub fn list(view: &View) -> String {
    let row = |rule: &Rule| {
        let what = Cell::new(rule.summary()).prose();
        vec![Cell::new(rule.id()), Cell::new(rule.severity().to_string()), what]
    };
    let rows: Vec<_> = Rule::ALL.iter().map(row).collect();
    align(&rows, view).into_iter().map(|line| line + "\n").collect()
}

/// Every page of the guide in one line each, for a terminal.
#[must_use]
pub fn topics(topics: &[Topic], view: &View) -> String {
    let row = |topic: &Topic| vec![Cell::new(topic.name), Cell::new(topic.title()).prose()];
    let rows: Vec<_> = topics.iter().map(row).collect();
    align(&rows, view).into_iter().map(|line| line + "\n").collect()
}

/// What a word of a plan says, for a terminal.
#[must_use]
pub fn word(word: &PlanWord, view: &View) -> String {
    let room = view.room().unwrap_or(WIDTH).min(WIDTH);
    let (meaning, change) = (wrapped(word.meaning, room), wrapped(word.change, room));
    format!("{} (in a plan)\n\n{meaning}\nTo have it otherwise:\n{change}", word.word)
}

/// What a rule is about, for a terminal.
#[must_use]
pub fn text(rule: Rule, view: &View) -> String {
    let room = view.room().unwrap_or(WIDTH).min(WIDTH);
    let wrapped = |text: &str| wrapped(text, room);
    let Explanation { what, why, mend, waive, waivable } = rule.explanation();
    let mut out = format!("{rule} ({})\n\n{}", rule.severity(), wrapped(what));
    for (label, text) in [("Why", why), ("How to mend it", mend), ("When to accept it", waive)] {
        let _ = write!(out, "\n{label}:\n{}", wrapped(text));
    }
    let example = waivable.example(rule);
    let _ = write!(out, "\nIn terrace.toml:\n");
    for line in example.lines() {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// All rules as the guide has them: a table, and a section each.
#[must_use]
pub fn reference() -> String {
    let row = |rule: &Rule| {
        let (anchor, severity, summary) = (anchor(*rule), rule.severity(), rule.summary());
        format!("| [`{rule}`](#{anchor}) | {severity} | {summary} |\n")
    };
    let rows: String = Rule::ALL.iter().map(row).collect();
    let sections: Vec<String> = Rule::ALL.iter().map(|rule| markdown(*rule)).collect();
    format!("| rule | weight | what it finds |\n|---|---|---|\n{rows}\n{}", sections.join("\n"))
}

/// What a rule is about, as a section of Markdown under the anchor of [`anchor`].
fn markdown(rule: Rule) -> String {
    let (anchor, severity) = (anchor(rule), rule.severity());
    format!("<a id=\"{anchor}\"></a>\n\n### `{rule}` ({severity})\n\n{}", body(rule))
}

/// The section's text alone, without HTML.
pub(super) fn body(rule: Rule) -> String {
    let Explanation { what, why, mend, waive, waivable } = rule.explanation();
    let example = waivable.example(rule);
    format!(
        "{what}\n\n**Why:** {why}\n\n**How to mend it:** {mend}\n\n\
         **When to accept it:** {waive}\n\n```toml\n# terrace.toml\n{example}```\n"
    )
}

/// Where the guide explains a rule.
fn anchor(rule: Rule) -> String {
    format!("rule-{rule}")
}

/// The address of a rule's section in the guide of a project that has its home at `repository`.
pub(super) fn address(repository: &str, rule: Rule) -> Option<String> {
    let is_web = repository.starts_with("https://");
    is_web.then(|| {
        format!("{}/blob/HEAD/src/guide/rules.md#{}", repository.trim_end_matches('/'), anchor(rule))
    })
}

/// `text` in indented lines of at most [`WIDTH`] columns, broken at blanks.
fn wrapped(text: &str, room: usize) -> String {
    let options = textwrap::Options::new(room)
        .initial_indent("  ")
        .subsequent_indent("  ")
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_reads_well() {
        insta::assert_snapshot!(text(Rule::ForeignHost, &View::default()), @r#"
        foreign-host (error)

          A value names a host that belongs to another environment: by
          `[isolation.hosts]` (an error), or because the name looks like one (a
          warning). A key that itself names that environment, a URL's path, links for
          people to read and well-known public hosts do not count, nor does somebody
          else's sandbox that development and staging share.

        Why:
          A production service that talks to a staging database, or the reverse, is the
          accident that separate environments are meant to rule out.

        How to mend it:
          Use this environment's own host. If the host is shared on purpose, take it out
          of `[isolation.hosts]`.

        When to accept it:
          Accept a host that is shared on purpose, and say why.

        In terrace.toml:
          [[waiver]]
          rule = "foreign-host"
          key = "payments"
          environment = "production"
          path = "signing.url"
          reason = "staging signing service on purpose"
          until = 2027-01-31
        "#);
    }

    #[test]
    fn an_explanation_has_its_anchor() {
        insta::assert_snapshot!(markdown(Rule::ExpiredWaiver), @r#"
        <a id="rule-expired-waiver"></a>

        ### `expired-waiver` (warning)

        A waiver in `terrace.toml` has passed its `until` date and no longer counts.

        **Why:** What was accepted for a time is open again, and somebody should decide rather than forget.

        **How to mend it:** Mend the finding and remove the waiver, or set a later date if the reason still holds.

        **When to accept it:** There is nothing to accept here: remove the waiver, or switch the rule off.

        ```toml
        # terrace.toml
        [rules]
        expired-waiver = "off"
        ```
        "#);
    }

    #[test]
    fn a_rule_has_an_address_where_the_project_has_a_home() {
        let found = |repository| address(repository, Rule::Schema);
        assert_eq!(
            found("https://example.com/t/").as_deref(),
            Some("https://example.com/t/blob/HEAD/src/guide/rules.md#rule-schema")
        );
        assert_eq!(found(""), None);
    }

    #[test]
    fn every_rule_is_listed_on_a_line_of_its_own() {
        let list = list(&View::default());
        assert_eq!(list.lines().count(), Rule::ALL.len());
        assert!(
            list.starts_with("syntax                error    The file cannot be read as YAML.\n"),
            "{list}"
        );
        let reference = reference();
        for rule in Rule::ALL {
            assert!(reference.contains(&format!("](#{}) | {}", anchor(*rule), rule.severity())), "{rule}");
            assert_eq!(reference.matches(&format!("<a id=\"{}\"></a>", anchor(*rule))).count(), 1, "{rule}");
        }
    }

    #[test]
    fn every_line_fits() {
        assert!(list(&View::default()).lines().all(|line| line.chars().count() <= 110));
        for rule in Rule::ALL {
            assert!(
                text(*rule, &View::default()).lines().all(|line| line.chars().count() <= WIDTH),
                "{rule}"
            );
        }
    }
}
