//! The one integration-test binary: a file per verb and per claim.

#![expect(clippy::print_stdout, reason = "tests print their tables")]

#[cfg(target_os = "linux")]
mod absence;
mod advice;
mod all_clear;
mod architecture;
mod blame;
mod branch_writes;
mod changes;
mod cli_ux;
mod completion;
mod crash_promote;
mod decision_world;
mod demo;
#[cfg(target_os = "linux")]
mod disk_full;
mod edit_cases;
mod edit_properties;
mod export;
mod external_readers;
#[cfg(target_os = "linux")]
mod faults;
mod fixtures;
mod formats;
mod fuzz;
mod generated;
mod guide;
mod history;
mod history_isolation;
mod hold;
mod hooks;
mod index;
mod infer;
mod injection;
mod keep_legacy;
mod kinds;
mod legacy;
mod library;
mod log;
mod merge_driver;
mod migrate_told;
mod patches;
mod plans;
mod planted_secrets;
mod processes;
mod promotions;
mod properties;
mod public_api;
#[cfg(all(unix, feature = "publish"))]
mod publish;
mod push;
mod random_kills;
mod reading;
mod real_repositories;
mod refusals;
mod remembered;
mod reshaped;
mod reshaped_any;
mod review;
mod review_judged;
mod rollback;
mod rules_on_real_files;
mod run;
mod schema;
mod screens;
#[cfg(feature = "server")]
mod serve;
mod set_edit;
mod set_insert;
mod shop;
mod signing;
mod slips;
mod sops;
mod supply_chain;
mod support;
mod take_over;
mod terminal;
mod transaction;
mod vscode;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod watch_terminal;
mod xml;
mod yaml_generators;
mod yaml_readers;
mod yaml_suite;
