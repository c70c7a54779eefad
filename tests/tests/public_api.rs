//! `tests/public-api.txt` lists every public item of `ws-runtime` with all features, so that each change of the API is seen in
//! a review. `BLESS=1 .ci/public-api` writes it anew.

use std::{env, fs, path::Path};

#[test]
#[ignore = "rustdoc writes what this reads: run `.ci/public-api`"]
fn the_public_api_is_the_one_that_was_reviewed() {
    let json = env::var("RUSTDOC_JSON").expect("RUSTDOC_JSON is the path of what rustdoc wrote");
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap()
        .to_string();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("public-api.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &api).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let added = api.lines().filter(|line| !reviewed.lines().any(|known| known == *line));
    let removed = reviewed.lines().filter(|line| !api.lines().any(|known| known == *line));
    assert!(
        reviewed == api,
        "the public API changed: BLESS=1 .ci/public-api, and a line in CHANGELOG.md\nadded: {:#?}\nremoved: {:#?}",
        added.collect::<Vec<_>>(),
        removed.collect::<Vec<_>>()
    );
}
