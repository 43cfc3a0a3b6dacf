//! The guards that tests take out, one at a time, to see that something notices.
//!
//! Without the feature `mutations` nothing of this is left in the program: [`off`] is `false`.

/// A check that keeps environments, rights or secrets apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Only the exact name of an environment is one.
    EnvironmentName,
    /// No segment of a key is empty, begins with `.` or has other letters.
    KeySegments,
    /// A link is no item.
    LinkIsNoItem,
    /// Nothing is promoted past an environment.
    PromotionOrder,
    /// A header names no other environment than the address.
    EnvironmentHeader,
    /// Parameters are known.
    QueryNames,
    /// A token is known by its digest.
    TokenDigest,
    /// A token ends with its last day.
    TokenExpiry,
    /// A request bears one token.
    TokenOnce,
    /// A token is for its environments alone.
    TokenEnvironments,
    /// What is counted is told of a token's environments alone.
    MetricsScope,
    /// A token allows what it says.
    TokenVerbs,
    /// Who is not signed in sees no page.
    SignIn,
    /// The page answers to names of its own alone.
    HostName,
    /// No page of another site changes anything.
    OwnOrigin,
    /// Who promotes may read where it comes from.
    PromotionSource,
    /// Who compares may read both sides.
    ComparedSide,
    /// Only commits that lead to the served branch are read.
    ReachableRevision,
    /// A write says what it expects.
    PreconditionNamed,
    /// The tag of a write is that of the item.
    PreconditionTag,
    /// The file is what was expected when it is committed.
    ExpectedFile,
    /// A tag is of its environment.
    TagEnvironment,
    /// A mask is no value where no secret stands.
    MaskIsNoValue,
    /// Secrets are masked.
    SecretsMasked,
    /// A text with secrets is for who may see them.
    SecretsAsText,
    /// Who may not see secrets writes none.
    SecretsWritten,
    /// A plan is for the environment of the address.
    PlanTarget,
    /// A promotion to production is confirmed.
    PlanConfirmed,
    /// A plan rests on the files as they are.
    PlanFiles,
    /// What a plan says is what the repository says.
    PlanText,
    /// A broken state is not served.
    LastGood,
    /// What a change weakens is told.
    Weakened,
    /// A change is judged by the policy of its base too.
    BasePolicy,
    /// The client takes an answer for what it asked alone.
    ClientAnswer,
    /// The client writes with tags of its environment alone.
    ClientTag,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 35] = [
        Self::EnvironmentName,
        Self::KeySegments,
        Self::LinkIsNoItem,
        Self::PromotionOrder,
        Self::EnvironmentHeader,
        Self::QueryNames,
        Self::TokenDigest,
        Self::TokenExpiry,
        Self::TokenOnce,
        Self::TokenEnvironments,
        Self::MetricsScope,
        Self::TokenVerbs,
        Self::SignIn,
        Self::HostName,
        Self::OwnOrigin,
        Self::PromotionSource,
        Self::ComparedSide,
        Self::ReachableRevision,
        Self::PreconditionNamed,
        Self::PreconditionTag,
        Self::ExpectedFile,
        Self::TagEnvironment,
        Self::MaskIsNoValue,
        Self::SecretsMasked,
        Self::SecretsAsText,
        Self::SecretsWritten,
        Self::PlanTarget,
        Self::PlanConfirmed,
        Self::PlanFiles,
        Self::PlanText,
        Self::LastGood,
        Self::Weakened,
        Self::BasePolicy,
        Self::ClientAnswer,
        Self::ClientTag,
    ];
}

/// Whether a test took this guard out, by its name in `TERRACE_MUTATION`.
#[cfg(feature = "mutations")]
pub(crate) fn off(guard: Guard) -> bool {
    static OFF: std::sync::OnceLock<Option<Guard>> = std::sync::OnceLock::new();
    let named = || {
        let wanted = std::env::var_os("TERRACE_MUTATION")?;
        Guard::ALL.into_iter().find(|guard| wanted.to_str() == Some(&format!("{guard:?}")))
    };
    *OFF.get_or_init(named) == Some(guard)
}

/// Every guard stands in every program that is not a test.
#[cfg(not(feature = "mutations"))]
pub(crate) const fn off(_guard: Guard) -> bool {
    false
}
