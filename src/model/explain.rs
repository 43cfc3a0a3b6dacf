//! What each rule is about: the one source for `terrace explain`, the README and code scanning.

use super::Rule;

/// The documentation of a rule, in plain sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the rule finds.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// When it may be accepted.
    pub waive: &'static str,
    /// How it is accepted in `terrace.toml`.
    pub waivable: Waivable,
}

/// What a finding is accepted by, with an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waivable {
    /// A waiver for one value: an example of its path, and of a reason.
    Value(&'static str, &'static str),
    /// A waiver for one item: an example of a reason.
    Item(&'static str),
    /// A waiver for the rule alone, since no key names the file: an example of a reason.
    Rule(&'static str),
    /// Only the rule's level: it has no findings that one could accept one by one.
    Level,
}

impl Waivable {
    /// The lines of `terrace.toml` that accept a finding of `rule`.
    #[must_use]
    pub fn example(self, rule: Rule) -> String {
        let item = "key = \"payments\"\nenvironment = \"production\"\n";
        let (place, reason) = match self {
            Self::Value(path, reason) => (format!("{item}path = \"{path}\"\n"), reason),
            Self::Item(reason) => (item.to_owned(), reason),
            Self::Rule(reason) => (String::new(), reason),
            Self::Level => return format!("[rules]\n{rule} = \"off\"\n"),
        };
        format!("[[waiver]]\nrule = \"{rule}\"\n{place}reason = \"{reason}\"\nuntil = 2027-01-31\n")
    }
}

impl Rule {
    /// What the rule is about, why, and what to do.
    #[must_use]
    pub const fn explanation(self) -> Explanation {
        match self {
            Self::Syntax => Explanation {
                what: "The file cannot be read as YAML: it breaks the grammar, is not UTF-8, holds a NUL \
                       byte, or is larger than the limit.",
                why: "Nothing in a file that cannot be read is checked, compared or promoted, and the \
                      application that reads it will most likely fail too.",
                mend: "Correct the text at the position shown. A template belongs outside of \
                       `environments/`; a large file is split, or `[limits] file-bytes` is raised.",
                waive: "Accept it only for a file that other tools need where it is and that is never \
                        promoted.",
                waivable: Waivable::Item("a Jinja template until the service reads plain YAML"),
            },
            Self::Schema => Explanation {
                what: "A value breaks the JSON Schema of its item, or the schema itself cannot be used.",
                why: "The schema is what the application expects of its configuration; a value outside of \
                      it fails at start-up, or later and worse.",
                mend: "Choose a value that the schema allows. If the value is right, change the schema \
                       under `schemas/` in the same commit.",
                waive: "Accept a value that is outside of the schema for a while, for instance during a \
                        migration.",
                waivable: Waivable::Value("database.pool.size", "load test until the end of the month"),
            },
            Self::UnknownEnvironment => Explanation {
                what: "A folder below `environments/` is not one of development, staging, production.",
                why: "The set of environments is closed so that nothing can be promoted to, or read from, a \
                      place nobody thought of. A folder named `prod` would be ignored by every command.",
                mend: "Rename the folder to the environment it means, or move it out of `environments/`.",
                waive: "Accept it only for a folder that another tool insists on; Terrace reads nothing in \
                        it.",
                waivable: Waivable::Rule("environments/shared belongs to another tool"),
            },
            Self::InvalidKey => Explanation {
                what: "A file's path below its environment is not a key: segments of letters, digits, `.`, \
                       `_` and `-` that do not begin with `.` or `-`, ending in `.yaml`.",
                why: "A key must mean the same file on every system and in every command line, so a file \
                      with another name is no item and is not promoted.",
                mend: "Rename the file (`git mv`), in every environment that has it.",
                waive: "Accept it while a reader that expects the old name still exists.",
                waivable: Waivable::Rule("file names with blanks until the old importer is gone"),
            },
            Self::KeyCaseCollision => Explanation {
                what: "Two keys differ only in upper and lower case, such as `Payments` and `payments`.",
                why: "On macOS and Windows both are the same file, so a checkout there loses one of them.",
                mend: "Rename one of them, or merge them into one item.",
                waive: "Accept it where everybody works on case-sensitive file systems.",
                waivable: Waivable::Item("only built on Linux"),
            },
            Self::Symlink => Explanation {
                what: "A symbolic link, a submodule, a nested repository or a thing of another kind stands \
                       where an item, the policy, the schemas, the decisions or an environment should be.",
                why: "A link lets two environments share one file, and another repository's files are in no \
                      commit of this one. Terrace reads neither, so what stands there would be missing \
                      without a word.",
                mend: "Replace the link by a copy of what it leads to, and keep the files in this \
                       repository; then each environment has a value of its own.",
                waive: "Accept it for a link that another tool follows; Terrace still does not read it.",
                waivable: Waivable::Rule("links of the old deployment, removed with it"),
            },
            Self::DuplicateKey => Explanation {
                what: "One mapping holds the same key twice.",
                why: "YAML forbids it, and readers differ: some take the first value, some the last, some \
                      refuse the file.",
                mend: "Remove all but one of the entries; the message names the line of the other.",
                waive: "Accept it only where the one program that reads the file is known to take the value \
                        that is meant.",
                waivable: Waivable::Value(
                    "database.timeout",
                    "generated file, its reader takes the last one",
                ),
            },
            Self::ForeignHost => Explanation {
                what: "A value names a host that belongs to another environment: by `[isolation.hosts]` (an \
                       error), or because the name looks like one (a warning). A key that itself names that \
                       environment, a URL's path, links for people to read and well-known public hosts do \
                       not count, nor does somebody else's sandbox that development and staging share.",
                why: "A production service that talks to a staging database, or the reverse, is the \
                      accident that separate environments are meant to rule out.",
                mend: "Use this environment's own host. If the host is shared on purpose, take it out of \
                       `[isolation.hosts]`.",
                waive: "Accept a host that is shared on purpose, and say why.",
                waivable: Waivable::Value("signing.url", "staging signing service on purpose"),
            },
            Self::SharedSecret => Explanation {
                what: "Two environments hold the same literal secret.",
                why: "Whoever can read development then holds a production secret, and a leak in one \
                      environment is a leak in all.",
                mend: "Give each environment a secret of its own, and better a reference (`vault:…`, \
                       `${NAME}`) than a literal. Treat the shared one as leaked and replace it.",
                waive: "Accept a value that is no real secret, such as a public test key.",
                waivable: Waivable::Value("captcha.secret", "the provider's public test key"),
            },
            Self::LegacyDrift => Explanation {
                what: "A legacy file that `terrace migrate --keep-legacy` kept no longer has the values of \
                       its item.",
                why: "Readers of the old file and readers of the new one now run with different \
                      configuration.",
                mend: "Make the same change in both files; where the item was removed, remove the \
                       old file too. Once nobody reads the old file, end the \
                       transition with `terrace migrate --finish`.",
                waive: "Accept it while the two differ on purpose for a known time.",
                waivable: Waivable::Item("the old reader is frozen until it is switched off"),
            },
            Self::ConflictMarkers => Explanation {
                what: "The file holds the lines `<<<<<<<`, `=======` and `>>>>>>>` of a merge that nobody \
                       finished, or cannot be read and holds one of them, or of `|||||||`, that was left.",
                why: "It has two sides and no value: nothing in it can be checked, compared or promoted, and \
                      its readers fail or read a text that nobody wrote.",
                mend: "Decide for one of the sides, or write a third, and remove these lines.",
                waive: "There is hardly a reason to accept it; nothing of the file is read meanwhile.",
                waivable: Waivable::Item("example of a conflict, kept for a course"),
            },
            Self::BadDecision => Explanation {
                what: "A file below `.terrace/decisions/` cannot be read as decisions: conflict markers that \
                       were committed, say, or a link in its place.",
                why: "It says what an environment keeps for itself. Until it can be read, nobody knows what \
                      that is, and no promotion of its item is made, `--all` included.",
                mend: "Mend the file, or bring it back from git. It is written by `terrace hold` and \
                       `terrace promote --take target=…`, one file a decision.",
                waive: "A waiver silences the finding; promotions of the item stop all the same.",
                waivable: Waivable::Item("written by a newer terrace, read by it alone"),
            },
            Self::StrayFile => Explanation {
                what: "A file among the items is no item: it does not end in `.yaml`, lies directly in \
                       `environments/`, or is what `git mergetool` left of one.",
                why: "Nobody promotes or checks it, although it looks as if somebody did; `payments.yml` \
                      beside `payments.yaml` is a typical slip.",
                mend: "Rename it to `.yaml` if it is an item, otherwise move it out of `environments/`.",
                waive: "Accept notes and files of other tools that have to stay.",
                waivable: Waivable::Rule("a README in each environment"),
            },
            Self::EmptyItem => Explanation {
                what: "An item's file holds no value: it is empty, or has comments, a `---` or a null alone. An \
                       empty mapping or list is told where another environment has values for the item, or \
                       where the change that is reviewed took them away.",
                why: "A file that was emptied by accident, by a failed redirection or a merge, reads like one \
                      that never had values, and its application starts with its defaults.",
                mend: "Give the item its values again. Where this environment is to have none, remove the file, \
                       or write `{}` into it.",
                waive: "Accept an item that other environments alone have values for.",
                waivable: Waivable::Item("production takes the defaults"),
            },
            Self::PortableName => Explanation {
                what: "An item's key has a segment that Windows keeps for a device (`con`, `nul`, `com1`, with \
                       any ending), or a folder that ends in a dot.",
                why: "A clone there fails at this file, and with it everything that is checked out after it.",
                mend: "Rename the item with `git mv`, in every environment that has it.",
                waive: "Accept it where nobody clones to Windows.",
                waivable: Waivable::Item("only built on Linux"),
            },
            Self::SchemaLimits => Explanation {
                what: "A part of a schema is not checked: a pattern that needs look-around or \
                       back-references or is too large, a keyword that the schema's draft does not know \
                       (`dependencies` in 2020-12, `prefixItems` in draft 7) or that none does (`minimun`), or a \
                       format such as `idn-hostname` or `semver`. All else that the schema says holds; words of \
                       your own begin with `x-`.",
                why: "Matching such a pattern may take exponential time, so a value could stop every check, \
                      and a draft ignores what it does not know; either way a value that the application \
                      refuses may pass.",
                mend: "Write the pattern without look-around, or split it into several that a value must \
                       fit; write the keyword of the schema's own draft, or name the draft that has it in \
                       `$schema`.",
                waive: "Accept it for a schema that somebody else publishes.",
                waivable: Waivable::Item("the schema is the vendor's"),
            },
            Self::PlainSecret => Explanation {
                what: "A value whose name says that it is a secret is a literal, not a reference to a secret store; or a \
                       value or a key anywhere looks like a private key, an access token, a URL with a password, or a command that gives one. \
                       What SOPS or another tool encrypted (`ENC[…]`) is a reference.",
                why: "Everybody who can read the repository can read it, now and in its whole history. \
                      Terrace masks such values and never promotes them.",
                mend: "Put the secret into a store, write a reference (`vault:…`, `${NAME}`, `op://…`, \
                       `ENC[…]`), and replace the secret, since history keeps the old one.",
                waive: "Accept a value that only looks like a secret. If a path is none, add \
                        the path to `not` under `[secrets]`.",
                waivable: Waivable::Value("limits.token", "the size of a token bucket"),
            },
            Self::TypeMismatch => Explanation {
                what: "The same path has different types in different environments, such as a number in one \
                       and a string in another. Null, references, placeholders and quantities such as `500m` \
                       have no type of their own.",
                why: "An application that was tried with one type meets the other for the first time in \
                      production.",
                mend: "Write the value with the same type everywhere; often only quotes are missing or too \
                       many. A schema keeps it so.",
                waive: "Accept it where the application is made for both.",
                waivable: Waivable::Value("cache.ttl", "false switches the cache off"),
            },
            Self::AmbiguousScalar => Explanation {
                what: "YAML 1.1 and 1.2 readers read the value differently: `no`, `on`, `015`, `12:30:45`, \
                       `1_000`.",
                why: "Many tools still read YAML 1.1, so the same file means `false` to one program and the \
                      text `no` to another.",
                mend: "Put quotes around text, and write booleans as `true` or `false` and numbers in plain \
                       decimal.",
                waive: "Accept it where every reader of the file is known.",
                waivable: Waivable::Value("country", "read by a YAML 1.2 parser only"),
            },
            Self::HiddenCharacter => Explanation {
                what: "A character that cannot be seen changes what is read: U+2028, U+2029 and U+0085, which \
                       end the line for YAML 1.1 readers, so that the rest of it, of a comment too, becomes \
                       content; or a no-break, zero-width or bidirectional character in a key or where \
                       indentation is.",
                why: "A person who reviews the file sees something else than its readers read: `password` \
                      with such a character is another key, and an indented line may not be indented.",
                mend: "Type the line anew, or write the character as an escape between double quotes: \
                       \"\\u2028\".",
                waive: "Accept it where the character is meant, as between letters of a script that needs it.",
                waivable: Waivable::Value("labels", "a Persian word with a zero-width non-joiner"),
            },
            Self::ReaderDiffers => Explanation {
                what: "Common readers of YAML take this text differently, or refuse it: merged mappings that \
                       disagree, a block text that ends with the file and without a line feed or in blanks, a \
                       second byte order mark, `:` or `?` in a plain text within brackets, keys there that are \
                       broken over lines, tags such as `!!int 017`, tabs between tokens.",
                why: "Terrace reads it by YAML 1.2, and the application may read another value from the same \
                      bytes or fail at start-up.",
                mend: "Write it in the way that the help shows, on which all readers agree.",
                waive: "Accept it where every reader of the file is known.",
                waivable: Waivable::Item("read by a YAML 1.2 parser only"),
            },
            Self::SimilarKey => Explanation {
                what: "A key looks like one beside it, or like one that another environment has at the same \
                       place, mistyped: one letter too many, too few, another or swapped within a longer word, or \
                       the same letters in other case or with other separators. Of two keys the one is told that \
                       fewer environments have. Plural and other endings, short words, numbers and words that \
                       are used elsewhere are not told.",
                why: "An application ignores a key that it does not know, so `timout` sets nothing, and the \
                      default counts in this environment alone.",
                mend: "Spell the key as the others do: rename it where it stands.",
                waive: "Accept it where both keys are meant.",
                waivable: Waivable::Value("contact.contracts", "both are fields of the vendor's"),
            },
            Self::WideFolder => Explanation {
                what: "A folder of items has 5,000 entries or more; of several the widest is told.",
                why: "Git writes the list of a folder anew with each commit of one of its files, so every \
                      promotion gets slower and the repository larger, and people find nothing in it.",
                mend: "Part the folder into folders of up to 1,000 entries with `git mv`, in every environment \
                       alike; keys nest, and history goes on.",
                waive: "Accept it where the names are somebody else's.",
                waivable: Waivable::Rule("one item for each customer, named by the billing system"),
            },
            Self::UnsupportedYaml => Explanation {
                what: "The YAML is valid, but uses something that Terrace cannot address, such as a mapping \
                       as a key, or expands beyond its limits.",
                why: "Such values have no path, so they can be neither promoted nor held back one by one.",
                mend: "Write it in a plainer way: text as keys, and values in place of many nested aliases.",
                waive: "Accept it for an item that is only ever promoted as a whole.",
                waivable: Waivable::Item("complex keys are what the application reads"),
            },
            Self::ExpiredWaiver => Explanation {
                what: "A waiver in `terrace.toml` has passed its `until` date and no longer counts.",
                why: "What was accepted for a time is open again, and somebody should decide rather than \
                      forget.",
                mend: "Mend the finding and remove the waiver, or set a later date if the reason still \
                       holds.",
                waive: "There is nothing to accept here: remove the waiver, or switch the rule off.",
                waivable: Waivable::Level,
            },
            Self::UnusedWaiver => Explanation {
                what: "A waiver in `terrace.toml` accepts nothing: no finding matches its rule, key, \
                       environment and path.",
                why: "It was outlived by the configuration or never matched, and it would silently accept a \
                      finding to come.",
                mend: "Remove the waiver, or correct what it matches.",
                waive: "There is nothing to accept here: remove the waiver, or switch the rule off.",
                waivable: Waivable::Level,
            },
            Self::UnusedPin => unused(
                "A `[[pin]]` of `terrace.toml` fits no path of any item.",
                "What it was meant to hold back is promoted: a slip in its key or path is told by nothing else.",
            ),
            Self::UnusedHost => unused(
                "A host under `[isolation.hosts]` stands in no value of any environment.",
                "It guards nothing: with a slip in it, the host that was meant may stand in any environment.",
            ),
            Self::UnusedWord => unused(
                "A word under `[isolation] words` stands in no key and no value.",
                "It tells no environment's values apart: the word that was meant is not known.",
            ),
            Self::UnusedSecret => unused(
                "An entry of `[secrets]` fits no path or value of any item.",
                "The value that was meant is shown and promoted like any other, or masked though it is none.",
            ),
            Self::UnusedSchema => unused(
                "A `[[schema]]` of `terrace.toml` fits no key, or a `.schema.json` below `schemas/` describes \
                 no item and no other schema refers to it.",
                "The item that was meant is not checked by it.",
            ),
            Self::NoSchema => Explanation {
                what: "No JSON Schema describes the item. Where there are no schemas at all, that is said \
                       once.",
                why: "Without one, types and required keys are not checked, and a promotion cannot know \
                      which new keys the target needs.",
                mend: "Let `terrace schema infer` write a first one from the values, or map a shared one \
                       with `[[schema]]`.",
                waive: "Accept it for items that will never have one.",
                waivable: Waivable::Item("a list of names, nothing to check"),
            },
            Self::MissingItem => Explanation {
                what: "A later environment has an item that this one lacks.",
                why: "Configuration that only production has was never tried before it was real.",
                mend: "Create the item here too (`terrace set … --create`), so that its changes can be \
                       tried before they are promoted.",
                waive: "Accept items that belong to the later environment alone.",
                waivable: Waivable::Item("one item per production cluster"),
            },
            Self::MissingKey => Explanation {
                what: "A later environment has a key in an item that this one lacks; many keys of one \
                       mapping are told together, in the first environment that lacks them.",
                why: "A key that only production has was never tried before it was real.",
                mend: "Set the key here as well, with a value that suits this environment.",
                waive: "Accept keys that belong to the later environment alone.",
                waivable: Waivable::Value("replicas.failover", "only production has a second region"),
            },
            Self::MissingValue => Explanation {
                what: "This environment lacks a value that the one before it has and that is never \
                       promoted, because it is a secret or pinned.",
                why: "Everything else of the item was promoted, so it looks complete, and its reader finds \
                      nothing where it needs a value.",
                mend: "Give this environment a value of its own: `terrace set KEY PATH - --env ENVIRONMENT`.",
                waive: "Accept values that this environment does without.",
                waivable: Waivable::Value("smtp.password", "production sends through a relay"),
            },
            Self::SkippedPromotion => Explanation {
                what: "A review brings a value to production that never was in staging and is not set there \
                       in the same commit.",
                why: "It goes live without having been tried, and the next promotion from staging finds a \
                      conflict or a value it does not know.",
                mend: "Make the change in staging and promote it. If the value is production's own, nothing \
                       needs to be done.",
                waive: "Accept values that are production's own, or switch the notice off.",
                waivable: Waivable::Value("limits.rate", "set by on-call during incidents"),
            },
            Self::OvertakenPromotion => Explanation {
                what: "A review promotes a value that its source had, and has left since: it took it back and is \
                       again on a value from before, or it has gone on to another.",
                why: "What was tried and taken back there would go live here, or what is out of date already. \
                      Most often the branch is older than what happened to its source.",
                mend: "Bring the branch up to date and plan the promotion again, or leave the value as it is.",
                waive: "Accept it where the value was taken back for a reason that does not hold here.",
                waivable: Waivable::Value("cache.ttl", "staging's cache alone was too small for it"),
            },
            Self::OverwritesOwnValue => Explanation {
                what: "A review gives staging or production the value of the environment before it, at a path at \
                       which a promotion keeps what is there, or stops: a value of its own, a pinned one, a \
                       conflict. Removing what only this environment has counts too.",
                why: "A file that is copied from one environment over another loses whatever was set here on \
                      purpose, and looks like a promotion.",
                mend: "Take the value back in the change, and promote with `terrace promote`, which keeps it. If \
                       the source's value is meant, say so: `--take source=PATH`.",
                waive: "Accept it for a value that is meant to become the source's.",
                waivable: Waivable::Value("database.pool.size", "production follows staging from now on"),
            },
            Self::AgainstDecision => Explanation {
                what: "A review brings a value from the environment before at a path for which a recorded \
                       decision, alive before the change, says that this environment keeps its own.",
                why: "Somebody decided it and gave a reason, and nobody has released the decision.",
                mend: "Take the value back in the change, or ask who decided; `terrace hold --release` ends a \
                       decision.",
                waive: "Accept it when those who decided agree.",
                waivable: Waivable::Value(
                    "limits.rate",
                    "the load test is over, agreed with the platform team",
                ),
            },
            Self::PolicyWeakened => Explanation {
                what: "A review turns a rule down, adds to `not`, to references, to a limit or to what `run` \
                       allows, removes a pin, a host, a word, a secret path, a shared schema, a constraint of a \
                       schema or a living decision, or moves the configuration to another folder.",
                why: "What was protected before the change is not any more, and the same change may make use of \
                      it. The review judges the change by the old policy and schemas as well.",
                mend: "Leave the policy as it is, or change it in a pull request of its own, which its owners \
                       review.",
                waive: "No waiver accepts it, since a change could bring its own. It counts with \
                        `terrace review --fail-on policy` alone; the level is that of the policy before the change.",
                waivable: Waivable::Level,
            },
        }
    }
}

/// What is said of an entry that does nothing.
const fn unused(what: &'static str, why: &'static str) -> Explanation {
    Explanation {
        what,
        why,
        mend: "Correct what it matches, or remove it.",
        waive: "Accept it by the level of the rule, where it waits for what is to come.",
        waivable: Waivable::Level,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Policy, policy};

    #[test]
    fn every_example_does_what_it_says() {
        for rule in Rule::ALL {
            let text = rule.explanation().waivable.example(*rule);
            let policy = Policy::parse(&text, policy::FILE).expect(&text);
            match policy.waivers.first() {
                Some(waiver) => assert_eq!(waiver.rule, *rule),
                None => assert_eq!(policy.severity(*rule, rule.severity()), None, "{text}"),
            }
        }
    }

    #[test]
    fn every_explanation_is_one_to_three_sentences() {
        for rule in Rule::ALL {
            let Explanation { what, why, mend, waive, .. } = rule.explanation();
            for text in [what, why, mend, waive] {
                let sentences = text.matches(". ").count() + 1;
                assert!(text.ends_with('.') && sentences <= 3, "{rule}: {text}");
            }
        }
    }
}
