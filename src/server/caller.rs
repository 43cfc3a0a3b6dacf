//! Who asks, and what they may do.

use headers::authorization::{Basic, Bearer};
use headers::{Authorization, HeaderMapExt};
use http::{HeaderMap, HeaderName, header};

use super::problem::{Problem, ProblemKind};
use super::tokens::{Token, Verb};
use crate::guards::{self, Guard};
use crate::model::{Environment, EnvironmentSet};
use crate::store::transaction::Person;

/// Where clients that know nothing of bearers put a token.
const TOKEN_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-config-token"), HeaderName::from_static("x-api-key")];

/// Who asks: given once for a request, asked by every route.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    name: String,
    /// Nothing for the local user: git's configuration says who they are.
    email: Option<String>,
    environments: Vec<Environment>,
    allow: Vec<Verb>,
    /// What is kept of the token that they bear.
    proof: Option<String>,
}

impl Caller {
    /// Somebody on this machine, where no tokens are asked for: reads, and sees no secrets.
    pub(super) fn local() -> Self {
        Self { allow: vec![Verb::Read, Verb::Metrics], ..Self::owner() }
    }

    /// Who started the server, or somebody on this machine where it was opened to all of them: may do
    /// everything, as git's configuration names them.
    pub(super) fn owner() -> Self {
        let (environments, allow) = (Environment::ALL.to_vec(), Verb::ALL.to_vec());
        Self { name: String::new(), email: None, environments, allow, proof: None }
    }

    /// Somebody who did not say who they are, and may do nothing.
    pub(super) const fn stranger() -> Self {
        Self { name: String::new(), email: None, environments: Vec::new(), allow: Vec::new(), proof: None }
    }

    /// Who holds a token.
    pub(super) fn of(token: &Token) -> Self {
        let Token { name, email, environments, allow, sha256, .. } = token;
        let (environments, allow) = (environments.clone(), allow.clone());
        let (email, proof) = (Some(email.clone()), Some(sha256.clone()));
        Self { name: name.clone(), email, environments, allow, proof }
    }

    /// The same without the right to see secrets: what looks at a page shows none.
    pub(super) fn without_secrets(mut self) -> Self {
        self.allow.retain(|verb| *verb != Verb::Secrets);
        self
    }

    /// What is kept of the token that they bear, where they bear one.
    pub(super) fn proof(&self) -> Option<&str> {
        self.proof.as_deref()
    }

    /// Whether they may still do all that they might, as they are known now.
    pub(super) fn is_within(&self, now: &Self) -> bool {
        self.environments.iter().all(|it| now.environments.contains(it))
            && self.allow.iter().all(|it| now.allow.contains(it))
    }

    /// Whether they are known by no token.
    pub(super) const fn is_local(&self) -> bool {
        self.email.is_none()
    }

    /// What they are called in the log; nothing for the local user.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn may(&self, verb: Verb) -> bool {
        self.allow.contains(&verb) || guards::off(Guard::TokenVerbs)
    }

    /// Whether they may read an environment.
    pub(super) fn may_read(&self, environment: Environment) -> bool {
        let is_its = self.environments.contains(&environment) || guards::off(Guard::TokenEnvironments);
        self.may(Verb::Read) && is_its
    }

    /// The environments that they are told of: those of their token, whatever it allows there.
    pub(super) fn told_of(&self) -> EnvironmentSet {
        if guards::off(Guard::MetricsScope) {
            return EnvironmentSet::ALL;
        }
        self.environments.iter().copied().collect()
    }

    /// Whether they may read every environment, so that nothing of what spans them is left out.
    pub(super) fn may_read_all(&self) -> bool {
        Environment::ALL.into_iter().all(|environment| self.may_read(environment))
    }

    /// Whether values are shown to them that are secret.
    pub(super) fn may_read_secrets(&self) -> bool {
        self.may(Verb::Secrets)
    }

    /// Refuses who may not read an environment, in words that are the same whatever is there.
    pub(super) fn require_read(&self, environment: Environment) -> Result<(), Problem> {
        if self.may_read(environment) { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses who may not do something that is of no environment.
    pub(super) fn require(&self, verb: Verb) -> Result<(), Problem> {
        if self.may(verb) { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses who may not do something in an environment, in words that are the same whatever is there.
    pub(super) fn require_in(&self, verb: Verb, environment: Environment) -> Result<(), Problem> {
        self.require_read(environment)?;
        self.require(verb)
    }

    /// The environments that they may read.
    pub(super) fn readable(&self) -> EnvironmentSet {
        Environment::ALL.into_iter().filter(|environment| self.may_read(*environment)).collect()
    }

    /// Who they are as the author of a commit; git's configuration says it without.
    pub(super) fn person(&self) -> Option<Person> {
        let email = self.email.clone()?;
        Some(Person { name: Some(self.name.clone()), email: Some(email), time: None })
    }

    /// Refuses a text that would hold a secret.
    pub(super) fn require_secrets(&self, holds_secrets: bool) -> Result<(), Problem> {
        if !holds_secrets || self.may_read_secrets() || guards::off(Guard::SecretsAsText) {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::SecretsNotAllowed, "the text would hold a secret")
            .with_help("ask for JSON, where secrets are masked, or for single values that are none"))
    }
}

fn forbidden() -> Problem {
    Problem::new(ProblemKind::Forbidden, "the token does not allow it")
        .with_help("use a token that is made for this environment, and for what is asked")
}

/// The token that a request bears: as a bearer, as the password of a user, or in a header of its own.
///
/// # Errors
/// When it bears several that are not the same.
pub(super) fn borne(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut found: Vec<String> = Vec::new();
    found.extend(headers.typed_get::<Authorization<Bearer>>().map(|it| it.token().to_owned()));
    found.extend(headers.typed_get::<Authorization<Basic>>().map(|it| it.password().to_owned()));
    for name in &TOKEN_HEADERS {
        let values = headers.get_all(name).iter();
        found.extend(values.filter_map(|value| value.to_str().ok()).map(str::to_owned));
    }
    let has_more = headers.get_all(header::AUTHORIZATION).iter().count() > 1;
    found.dedup();
    if (found.len() > 1 || has_more) && !guards::off(Guard::TokenOnce) {
        return Err(unauthorized("the request bears several tokens"));
    }
    Ok(found.pop())
}

/// The problem of who is not known.
pub(super) fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthorized, detail)
        .with_help("send `Authorization: Bearer TOKEN`; whoever runs the server makes one")
        .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"terrace\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_in_one_place() {
        for (headers, expected) in [
            (&[][..], Some(None)),
            (&[("authorization", "Bearer a")], Some(Some("a"))),
            (&[("authorization", "Basic dTph")], Some(Some("a"))),
            (&[("authorization", "Negotiate a")], Some(None)),
            (&[("x-config-token", "a")], Some(Some("a"))),
            (&[("x-api-key", "a"), ("authorization", "Bearer a")], Some(Some("a"))),
            (&[("x-api-key", "b"), ("authorization", "Bearer a")], None),
            (&[("authorization", "Bearer a"), ("authorization", "Bearer b")], None),
        ] {
            let parse = |(name, value): &(&str, &str)| {
                let name = name.parse::<HeaderName>().expect("a name");
                (name, value.parse().expect("a value"))
            };
            let mut map = HeaderMap::new();
            for (name, value) in headers.iter().map(parse) {
                map.append(name, value);
            }
            let found = borne(&map).ok();
            assert_eq!(found, expected.map(|token| token.map(str::to_owned)), "{headers:?}");
        }
    }
}
