//! Every screen and every refusal, as files. `TRYCMD=overwrite cargo test -p sim-cli` writes them anew.

use std::path::Path;

#[test]
fn screens() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    std::env::set_current_dir(tests.join("inputs")).expect("the folder of the inputs");
    // What is read from the environment of whoever runs the tests must not show.
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .case(tests.join("screens/*.trycmd"))
        .run();
}
