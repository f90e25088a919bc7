//! Shared helpers of the house's tests.
