//! JSON Schemas of items: inferred, resolved within the repository, and validated against.
