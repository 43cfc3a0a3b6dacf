//! `terrace publish`

mod follow;

use std::io::Write;

use clap::Args as ClapArgs;

use super::context::Context;
use super::{Outcome, parse};
use crate::api::publish::{self as wire, PublishedName};
use crate::api::served::ItemChange;
use crate::model::{Environment, Error, Result};
use crate::ops::{Publication, PublishRequest, PublishedChange, Publisher};
use crate::report::publish as report;
use crate::sinks::{Credentials, Target};

/// Keep an environment in an etcd, a redis, or Kubernetes manifests.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "What is committed is published: PREFIX/ENVIRONMENT/KEY holds the item's YAML, and\nPREFIX/ENVIRONMENT/@commit the commit. Only what terrace published is changed or removed.\nManifests are ConfigMaps in DIR/ENVIRONMENT.\n\nUser and password: TERRACE_ETCD_USER and TERRACE_ETCD_PASSWORD, TERRACE_REDIS_USER and\nTERRACE_REDIS_PASSWORD, or the address. etcds:// and rediss:// speak TLS; authorities other\nthan the web's: TERRACE_ETCD_CA, TERRACE_REDIS_CA (PEM files).\n\nExamples:\n  terrace publish --env production --to etcd://etcd.example.com/config --dry-run\n  terrace publish --env staging --to 'redis://redis.example.com/0?prefix=config' --follow\n  terrace publish --env production --to kubernetes-manifest:deploy\n\nExit codes: 0 published, or nothing to do · 2 usage, secrets, or the store refuses ·\n3 a person must decide · 4 somebody else publishes there, or the store cannot be reached"
)]
pub(super) struct Args {
    /// The environment that is published
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    /// etcd://HOST/PREFIX, redis://HOST/DB?prefix=PREFIX (etcds:// and rediss:// over TLS), or
    /// kubernetes-manifest:DIR
    #[arg(long, value_name = "STORE")]
    to: String,
    /// The branch to publish, instead of the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Publish again whenever the branch changes, until Ctrl-C or SIGTERM
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Give each value a name of its own, KEY:PATH, instead of each item
    #[arg(long)]
    flat: bool,
    /// Publish secrets in clear as well
    #[arg(long)]
    allow_secrets: bool,
    /// Publish though the store holds no earlier commit of this branch
    #[arg(long)]
    accept_rewrite: bool,
    /// Remove all that was published when the environment has no items
    #[arg(long)]
    allow_empty: bool,
    /// text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let environment = parse::<Environment>(&args.env)?;
    let target = Target::parse(&args.to)?.from_folder(context.dir());
    let credentials = credentials(&target, context)?;
    let request = PublishRequest {
        environment,
        target: target.or_credentials(credentials),
        is_flat: args.flat,
        allow_secrets: args.allow_secrets,
        accept_rewrite: args.accept_rewrite,
        allow_empty: args.allow_empty,
    };
    let mut publisher = Publisher::new(context.workspace()?, args.branch.as_deref(), request)?;
    if args.follow {
        return follow::run(publisher, &args.format, context);
    }
    publisher.look()?;
    publisher.require_newest()?;
    let publication = publisher.publish(args.dry_run)?;
    let shown = shown(&publication, &publisher, args.dry_run);
    let mut out = context.screen(&args.format);
    match args.format.as_str() {
        "json" => wire::json(&shown, &mut out)?,
        _ => report::text(&shown, &context.view(), &mut out)?,
    }
    out.flush()?;
    Ok(0)
}

/// Who asks, by the process environment.
fn credentials(target: &Target, context: &Context) -> Result<Credentials> {
    let text = |name: &str| {
        let value = context.environment().get(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some(value)
    };
    let read = |name: String| {
        let file = context.dir().join(name);
        std::fs::read(&file).map_err(|error| Error::io("read", &file, &error))
    };
    let of = |store: &str| -> Result<Credentials> {
        Ok(Credentials {
            user: text(&format!("TERRACE_{store}_USER")),
            password: text(&format!("TERRACE_{store}_PASSWORD")),
            authorities: text(&format!("TERRACE_{store}_CA")).map(read).transpose()?,
        })
    };
    match target {
        Target::Etcd { .. } => of("ETCD"),
        Target::Redis { .. } => of("REDIS"),
        Target::Manifests(_) => Ok(Credentials::default()),
    }
}

/// A publication for the reports.
fn shown<'a>(publication: &'a Publication, publisher: &Publisher, dry_run: bool) -> wire::Publication<'a> {
    let name = |change: &'a PublishedChange| {
        let kind = match change {
            PublishedChange::Added(_) => ItemChange::Added,
            PublishedChange::Modified(_) => ItemChange::Modified,
            PublishedChange::Removed(_) => ItemChange::Removed,
        };
        PublishedName { name: change.name(), change: kind }
    };
    let request = publisher.request();
    let written = !dry_run && !publication.is_nothing;
    wire::Publication {
        version: 1,
        environment: request.environment,
        target: request.target.to_string(),
        from: publication.from.as_deref(),
        commit: publication.commit.as_str(),
        written,
        current: written || publication.is_nothing,
        completes: publication.completes,
        changes: publication.changes.iter().map(name).collect(),
        unchanged: publication.unchanged,
    }
}
