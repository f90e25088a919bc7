//! The house's own rules, held by a test.
