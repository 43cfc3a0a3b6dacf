//! Helm charts: what of one is configuration, and what is the chart itself.

use std::collections::HashSet;

use crate::formats::read::file_name;

/// The folders that are charts, relative to the git root; the root itself is empty.
pub(super) struct Charts<'a>(HashSet<&'a str>);

impl<'a> Charts<'a> {
    /// The charts whose manifests are among these files.
    pub(super) fn among(files: impl Iterator<Item = &'a str>) -> Self {
        let manifests = files.filter(|file| ["Chart.yaml", "Chart.yml"].contains(&file_name(file)));
        Self(manifests.map(|file| file.rsplit_once('/').map_or("", |(folder, _)| folder)).collect())
    }

    /// What a file of a chart is, where it is none of its values.
    pub(super) fn part(&self, file: &str) -> Option<&'static str> {
        let ends = file.match_indices('/').map(|(at, _)| at);
        let folders = std::iter::once(("", file))
            .chain(ends.filter_map(|at| Some((file.get(..at)?, file.get(at + 1..)?))));
        folders.filter(|(folder, _)| self.0.contains(folder)).find_map(|(_, below)| {
            match below.split_once('/')?.0 {
                "templates" => Some("a part of a Helm chart's templates"),
                "crds" => Some("a resource definition of a Helm chart"),
                "charts" => Some("a chart that a Helm chart brings along"),
                "ci" | "tests" => Some("a test of a Helm chart"),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_chart_only_values_are_configuration() {
        let charts =
            Charts::among(["a/web/Chart.yaml", "a/web/charts/db/Chart.yaml", "b/values.yaml"].into_iter());
        for (file, expected) in [
            ("a/web/templates/cm.yaml", "a part of a Helm chart's templates"),
            ("a/web/templates/sub/cm.yaml", "a part of a Helm chart's templates"),
            ("a/web/crds/one.yaml", "a resource definition of a Helm chart"),
            ("a/web/charts/db/values.yaml", "a chart that a Helm chart brings along"),
            ("a/web/charts/db/templates/cm.yaml", "a chart that a Helm chart brings along"),
            ("a/web/ci/small-values.yaml", "a test of a Helm chart"),
            ("a/web/values.yaml", ""),
            ("a/web/values/prod.yaml", ""),
            ("a/web/templates.yaml", ""),
            ("a/website/templates/x.yaml", ""),
            ("b/templates/x.yaml", ""),
            ("templates/x.yaml", ""),
        ] {
            assert_eq!(charts.part(file).unwrap_or_default(), expected, "{file}");
        }
        let top = Charts::among(["Chart.yaml"].into_iter());
        assert_eq!(top.part("crds/x.yaml"), Some("a resource definition of a Helm chart"));
        assert_eq!(top.part("values.yaml"), None);
    }
}
