//! Legacy formats: flat YAML, JSON, TOML and .env files become plain YAML items.
