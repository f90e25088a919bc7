//! What the documents and units say is there, is there: commands, files, and examples that parse.

use std::collections::BTreeSet;

use muster_tests::{kept_files, root};

use crate::program::run;

/// Every `muster WORD` and `muster-gateway WORD` in documents and units.
fn commands() -> BTreeSet<(String, String)> {
    let documents = |path: &str| path.ends_with(".md") || path.starts_with("compose/");
    let files = kept_files().into_iter().filter(|file| documents(&file.path));
    let mut found = BTreeSet::new();
    for file in files {
        for program in ["muster", "muster-gateway"] {
            for start in ["`", "/usr/bin/"] {
                for rest in file.text.split(&format!("{start}{program} ")).skip(1) {
                    let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                    found.insert((program.to_owned(), word));
                }
            }
        }
    }
    found.retain(|(_, word)| !word.is_empty() && word != "help");
    found
}

#[test]
fn every_command_that_is_written_about() {
    let commands = commands();
    assert!(commands.contains(&("muster".to_owned(), "verify".to_owned())), "{commands:?}");
    for (program, word) in commands {
        let (code, said) = run(&program, &[&word, "--help"]);
        assert_eq!(code, 0, "`{program} {word}` is written about and is not there: {said}");
    }
}

#[test]
fn every_file_that_is_linked() {
    for file in kept_files().into_iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&file.path);
        for link in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let path = folder.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(path.exists(), "{} points to {link}, which is not there", file.path);
        }
    }
}

#[test]
fn the_shipped_configurations_are_good() {
    let example = root().join("compose/muster.example.toml").display().to_string();
    let (code, said) = run("muster", &["check-config", &example]);
    assert_eq!(code, 0, "{said}");
    let example = root().join("compose/gateway.example.toml").display().to_string();
    let (code, said) = run("muster-gateway", &["check-config", &example]);
    assert_eq!(code, 0, "{said}");
}
