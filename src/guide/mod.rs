//! The guide: one page a subject, the same text in the documentation, in `terrace explain` and in the
//! manual pages.
//!
//! A page is a Markdown file of this folder; nothing here knows how it is shown.

/// A page of the guide.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The word that names it.
    pub name: &'static str,
    /// Its text, Markdown.
    pub text: &'static str,
}

impl Topic {
    /// What it is about: the page's first heading.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The page of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TOPICS.into_iter().find(|topic| topic.name == name)
    }
}

macro_rules! pages {
    ($($name:ident),*) => {
        $(
            #[doc = include_str!(concat!(stringify!($name), ".md"))]
            pub mod $name {}
        )*

        /// All pages, in the order in which one would read them.
        pub const TOPICS: [Topic; [$(stringify!($name)),*].len()] = [$(
            Topic { name: stringify!($name), text: include_str!(concat!(stringify!($name), ".md")) },
        )*];
    };
}

pages!(
    layout, promotion, adopting, review, git, editing, processes, server, scale, page, rust, systems,
    publishing, policy, rules, limits, security
);

/// A word of a plan or of `status`.
#[derive(Clone, Copy, Debug)]
pub struct PlanWord {
    /// The word.
    pub word: &'static str,
    /// What it says of a value.
    pub meaning: &'static str,
    /// What to do where it should be otherwise.
    pub change: &'static str,
}

impl PlanWord {
    /// What a word means, however it is written.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        PLAN_WORDS.into_iter().find(|known| known.word.eq_ignore_ascii_case(word))
    }
}

/// The words of plans.
pub const PLAN_WORDS: [PlanWord; 19] = [
    PlanWord {
        word: "take",
        meaning: "The source changed and the target did not: the change moves on with this promotion.",
        change: "terrace promote KEY --to E --except PATH leaves it; terrace hold KEY PATH --env E --reason R keeps the target's value for longer.",
    },
    PlanWord {
        word: "ask",
        meaning: "People decide: it is new to the target, the source calls it otherwise now, or the source removed what the target has a value of its own for.",
        change: "terrace promote KEY --to E asks on a terminal; --with-new and --with-removals say yes, --without-new and --without-removals say no and remember that; --take source=PATH takes one.",
    },
    PlanWord {
        word: "new",
        meaning: "The target never had it, so people decide.",
        change: "terrace promote KEY --to E --with-new takes what is new, --without-new leaves it and remembers that; --take source=PATH takes one.",
    },
    PlanWord {
        word: "removed",
        meaning: "The source removed what the target has a value of its own for, so people decide.",
        change: "terrace promote KEY --to E --with-removals removes it, --without-removals keeps it and remembers that.",
    },
    PlanWord {
        word: "renamed",
        meaning: "The source calls it otherwise now; the target's own value goes along under the new name.",
        change: "It is decided as what is new: --with-new, --without-new, or --take source=PATH.",
    },
    PlanWord {
        word: "STOP",
        meaning: "Nothing is committed until somebody decides: both environments changed the value since they were equal (a conflict), or the history that would tell is cut off (unknown).",
        change: "terrace promote KEY --to E --take source=PATH, --take target=PATH, or --set PATH=VALUE; --skip-undecided leaves it for later.",
    },
    PlanWord {
        word: "conflict",
        meaning: "Both environments changed it since they were equal. Nothing is committed until somebody decides.",
        change: "terrace promote KEY --to E --take source=PATH, --take target=PATH, or --set PATH=VALUE.",
    },
    PlanWord {
        word: "unknown",
        meaning: "The history of this clone is cut off before the value can be judged.",
        change: "git fetch --unshallow.",
    },
    PlanWord {
        word: "waits",
        meaning: "It would move on, but this promotion was told to leave it, by --only, --except, --change or an answer.",
        change: "terrace promote KEY --to E without that choice takes it.",
    },
    PlanWord {
        word: "offered",
        meaning: "It differs because the source changed, but promotions have been leaving it: it is taken only by name.",
        change: "terrace promote KEY --to E --only PATH.",
    },
    PlanWord {
        word: "kept",
        meaning: "The target has its own value and the source has not changed, or the value names an environment.",
        change: "terrace promote KEY --to E --take source=PATH writes the source's value all the same.",
    },
    PlanWord {
        word: "keep",
        meaning: "The target keeps its value because this promotion decides so, and the decision is recorded with it.",
        change: "terrace hold --release KEY PATH --env E takes the decision back.",
    },
    PlanWord {
        word: "set",
        meaning: "The target gets a value of its own that was given with the promotion.",
        change: "terrace promote KEY --to E without --set PATH=VALUE.",
    },
    PlanWord {
        word: "look",
        meaning: "A new item brings a value that names another environment; the target may need its own.",
        change: "terrace set KEY PATH VALUE --env E, or terrace promote KEY --to E --create --set PATH=VALUE from the beginning.",
    },
    PlanWord {
        word: "left",
        meaning: "A new item begins without it: it is pinned or a secret, which each environment has for itself, or it was to be left. In a rollback: --only did not name it.",
        change: "terrace promote KEY --to E --create --set PATH=VALUE gives it, or terrace set KEY PATH VALUE --env E later.",
    },
    PlanWord {
        word: "behind",
        meaning: "The target is on a value that the source has left, because it was rolled back: it stays until the source changes again.",
        change: "terrace promote KEY --to E --take source=PATH promotes it again.",
    },
    PlanWord {
        word: "pinned",
        meaning: "terrace.toml says that this path is never promoted.",
        change: "Take the [[pin]] out of terrace.toml, or give the target its value: terrace set KEY PATH VALUE --env E.",
    },
    PlanWord {
        word: "declined",
        meaning: "Somebody decided that the target keeps its value, and the decision still counts.",
        change: "terrace hold --release KEY PATH --env E.",
    },
    PlanWord {
        word: "left-out",
        meaning: "It is new in the source, and people have been leaving it out for long.",
        change: "terrace promote KEY --to E --only PATH takes it.",
    },
];
