//! The colours of people's output.
//!
//! A colour only says what the words beside it already say, so [`Styles::plain`] loses nothing.
//! Whether a terminal wants colours is the caller's to know.

use anstyle::{AnsiColor, Effects, Style};

use crate::model::Severity;

/// One style per meaning; written as `{style}text{style:#}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Styles {
    /// An error, a conflict, a stop.
    pub error: Style,
    /// A warning.
    pub warning: Style,
    /// A notice.
    pub notice: Style,
    /// What matters first: headings, messages.
    pub strong: Style,
    /// What is said besides.
    pub faint: Style,
    /// Lines and arrows that hold a picture together.
    pub frame: Style,
    /// What comes in.
    pub added: Style,
    /// What goes away.
    pub removed: Style,
    /// What becomes something else.
    pub modified: Style,
}

impl Styles {
    /// No colours at all.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// The sixteen colours that every theme of a terminal defines.
    #[must_use]
    pub const fn coloured() -> Self {
        let bold = Style::new().effects(Effects::BOLD);
        Self {
            error: AnsiColor::Red.on_default().effects(Effects::BOLD),
            warning: AnsiColor::Yellow.on_default().effects(Effects::BOLD),
            notice: AnsiColor::Cyan.on_default().effects(Effects::BOLD),
            strong: bold,
            faint: Style::new().effects(Effects::DIMMED),
            frame: AnsiColor::Blue.on_default(),
            added: AnsiColor::Green.on_default(),
            removed: AnsiColor::Red.on_default(),
            modified: AnsiColor::Yellow.on_default(),
        }
    }

    /// The style of a severity.
    #[must_use]
    pub const fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Notice => self.notice,
        }
    }
}
