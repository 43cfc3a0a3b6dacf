//! Look and feel: tables that fit, colours that are wanted, help that helps.
#![cfg(unix)]
