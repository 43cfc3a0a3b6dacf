//! The write door, judged by plain git.

mod child;
mod commits;
mod conversions;
mod kills;
mod kinds;
mod races;
mod refusals;
mod world;
