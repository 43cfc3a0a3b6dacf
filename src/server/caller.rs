//! Who asks, and what they may do.

use super::problem::{Problem, ProblemKind};
use crate::model::Environment;

/// Who asks: given once for a request, asked by every route.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    readable: Vec<Environment>,
    may_read_secrets: bool,
}

impl Caller {
    /// Somebody on this machine, where no tokens are asked for: reads, and sees no secrets.
    pub(super) fn local() -> Self {
        Self { readable: Environment::ALL.to_vec(), may_read_secrets: false }
    }

    /// Whether they may read an environment.
    pub(super) fn may_read(&self, environment: Environment) -> bool {
        self.readable.contains(&environment)
    }

    /// Whether they may read every environment, so that nothing of what spans them is left out.
    pub(super) fn may_read_all(&self) -> bool {
        Environment::ALL.into_iter().all(|environment| self.may_read(environment))
    }

    /// Whether values are shown to them that are secret.
    pub(super) const fn may_read_secrets(&self) -> bool {
        self.may_read_secrets
    }

    /// Refuses who may not read an environment, in words that are the same whatever is there.
    pub(super) fn require_read(&self, environment: Environment) -> Result<(), Problem> {
        if self.may_read(environment) {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::Forbidden, "the token does not allow it"))
    }

    /// Refuses a text that would hold a secret.
    pub(super) fn require_secrets(&self, holds_secrets: bool) -> Result<(), Problem> {
        if !holds_secrets || self.may_read_secrets {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::SecretsNotAllowed, "the text would hold a secret")
            .with_help("ask for JSON, where secrets are masked, or for single values that are none"))
    }
}
