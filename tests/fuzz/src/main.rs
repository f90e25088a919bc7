//! libFuzzer's door to the targets: one program, the target is named by `MUSTER_FUZZ_TARGET`.
//!
//! What a target says by panicking, libFuzzer keeps as a file. Nothing is decided here.

#![no_main]
#![allow(dead_code, reason = "what seeds need stands beside the targets")]

#[path = "../targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

#[global_allocator]
static MEMORY: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

static CHOSEN: LazyLock<&'static targets::Target> = LazyLock::new(|| {
    let name = std::env::var("MUSTER_FUZZ_TARGET").unwrap_or_default();
    targets::TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target is called {name:?}"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    CHOSEN.hunt(data, || MEMORY.total_allocated());
});
