//! What can be done about an error or a finding, in the words of the API: its routes and fields.

use crate::model::Help;

/// The advice with our routes and fields.
pub(crate) fn say(help: &Help) -> String {
    help.worded(&words)
}

fn words(help: &Help) -> Option<String> {
    let text = match help {
        Help::ListItems => "GET …/items lists the items there are",
        Help::CreateItem => "PUT the item with `If-None-Match: *` to make it",
        Help::ShapeItem => {
            "a new item is created as a whole; say in `select` what is kept out, or give `value` in the plan"
        }
        Help::LeaveOut => {
            "nothing was committed; make this change by hand, or say `keep` of its path in `select`"
        }
        Help::WriteOut { key, environment, path } => {
            return Some(format!(
                "write out what {environment} reads at `{path}` first: PATCH …/{environment}/items/{key}; \
                 or say `keep` of it in `select`"
            ));
        }
        Help::DecideConflicts => "say of each such path in `select`: take, decline or keep",
        Help::DecideNew | Help::DecideRemovals => "say of each such path in `select`: take or keep",
        Help::Emptying => "say in `select` which paths go",
        Help::GiveValues(paths) => {
            let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
            return Some(format!("give `value` in the plan's lines of {}", paths.join(", ")));
        }
        Help::GiveOrLeaveOut => "give `value` in the plan's line, or say `keep` of the path in `select`",
        Help::GiveSecretOrExclude(line) => {
            return Some(format!(
                "give `value` in the plan's line, or say `keep` of the path in `select`; where it is no \
                 secret, say so under [secrets] in terrace.toml: {line}"
            ));
        }
        Help::SeePlan => "GET …/promotion answers the plan, in which the paths and commits stand",
        Help::PlanAnew => "nothing was committed; GET …/promotion answers the plan as it is now",
        Help::SetByItself => "leave it out of the plan, and PATCH it into the item",
        Help::SeeRollback => "send it with `?dry-run=true` and without `only` to see what it changes",
        Help::ChooseRollback => "name paths in `only`, or a commit in `to`",
        Help::WithoutChoice => "take it back without `only`",
        Help::RestoreRevision => "name in `to` the commit whose values shall come back",
        Help::FindPromotion(key, commit) => {
            return Some(format!(
                "GET …/history/{key} lists promotions; name in `to` the commit before {}",
                commit.short()
            ));
        }
        Help::TakeBackMerge(merge) => {
            return Some(format!(
                "name {} in `promotion`, to take back all that came with it",
                merge.short()
            ));
        }
        Help::AcceptDeletion => "send `\"delete\": true`",
        Help::AcceptErrors => "send `\"force\": true`",
        Help::CheckEnvironment(environment) => {
            return Some(format!("only items without errors leave; GET …/{environment}/findings has all"));
        }
        Help::OtherFormat { formats, or } => {
            let or = or.as_ref().map_or(String::new(), |or| format!(", or {or}"));
            return Some(format!("ask with `format` {formats}{or}"));
        }
        Help::WithoutFile { formats } => return Some(format!("ask with `format` {formats}")),
        Help::ListChanges(key) => return Some(format!("GET …/history/{key} has the paths that changed")),
        Help::TryEarlier => {
            "set here what should be tried before it is real; GET …/diff shows all that differs"
        }
        Help::SetValue { key, environment, path } => {
            return Some(format!(
                "no promotion brings it: give `{path}` with PATCH …/{environment}/items/{key}, or accept \
                 it with a waiver"
            ));
        }
        _ => return None,
    };
    Some(text.to_owned())
}
