//! Code that must not compile fails with a message that says what to write, and code that must compile does.
//! `ui/README.md` explains the files.

#[test]
fn misuse_does_not_compile_and_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/**/fail/*.rs");
    cases.pass("ui/**/pass/*.rs");
}
