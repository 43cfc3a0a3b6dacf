//! The one integration-test binary: a file per verb and per claim.

#![expect(clippy::print_stdout, reason = "tests print their tables and say when they are skipped")]

mod architecture;
mod blame;
mod changes;
mod cli_ux;
mod completion;
mod demo;
mod door;
mod edit_cases;
mod edit_properties;
mod export;
mod fixtures;
mod formats;
mod generated;
mod history_isolation;
mod hold;
mod hooks;
mod index;
mod infer;
mod injection;
mod keep_legacy;
mod crash_promote;
mod legacy;
mod library;
mod log;
mod merge_driver;
mod decision_world;
mod plans;
mod promotions;
mod properties;
mod push;
mod external_readers;
mod reading;
mod real_repositories;
mod refusals;
mod review;
mod rollback;
mod rules_on_real_files;
mod run;
mod schema;
mod set_edit;
mod yaml_generators;
mod shop;
mod signing;
mod sops;
mod terminal;
mod vscode;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod watch_terminal;
mod support;
mod xml;
mod yaml_suite;
