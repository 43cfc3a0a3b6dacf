//! What can be done about an error or a finding, in the words of the page: what to press or to look at.

use crate::model::Help;

/// The advice for who looks at the page.
pub(super) fn say(help: &Help) -> String {
    help.worded(&words)
}

fn words(help: &Help) -> Option<String> {
    let text = match help {
        Help::ListItems => "the overview has the items there are",
        Help::LeaveOut => "nothing was committed; make this change by hand, or keep the value in its line",
        Help::DecideConflicts => "choose in each such line what the target gets, and load the plan again",
        Help::DecideNew | Help::DecideRemovals => "choose in each such line whether it is taken",
        Help::GiveValues(paths) => {
            let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
            return Some(format!("write a value into the lines of {}", paths.join(", ")));
        }
        Help::GiveOrLeaveOut => "write a value into its line, or keep the one there is",
        Help::SeePlan => "load the plan again; the paths and commits stand in it",
        Help::PlanAnew => "nothing was committed; load the plan again, and decide anew",
        Help::SetByItself => "keep it in its line, and edit the value by itself",
        Help::ChooseRollback | Help::RestoreRevision => "choose in the item's history what shall come back",
        Help::CheckEnvironment(_) => "only items without errors leave; see the findings",
        Help::TryEarlier => "edit the item to try here what is to be real later; the pipeline has both sides",
        Help::SetValue { .. } => "no promotion brings it: edit the item here, or accept it with a waiver",
        _ => return None,
    };
    Some(text.to_owned())
}
