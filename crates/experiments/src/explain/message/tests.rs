//! What is answered to messages that people paste.

use super::*;

fn explained(text: &str) -> MessageReport {
    explain(text).unwrap_or_else(|| panic!("nothing in {text}"))
}

#[test]
fn a_container_of_yarn_is_answered_with_the_figures_of_its_message() {
    let text = "Container killed by YARN for exceeding memory limits. 16.9 GB of 16 GB physical memory used. \
                Consider boosting spark.yarn.executor.memoryOverhead.";
    let report = explained(text);
    assert_eq!(report.root.failure, Some(FailureKind::ContainerLimit));
    assert!(report.answer.verdict.contains("16.9 GiB, 921.6 MiB above its limit of 16.0 GiB"), "{report:?}");
    // 16 GiB = 14894 + 1490; 922 were missing; a tenth of 17306 is 1730.
    assert_eq!(report.answer.settings[0].setting, "spark.executor.memoryOverhead=4142m or more");
    assert!(report.answer.settings[0].why.contains("1490 + 922 that were missing + 1730"), "{report:?}");
    assert!(report.answer.means_not[0].contains("spark.executor.memory is too small"));
}

#[test]
fn a_limit_that_no_heap_fits_in_is_answered_without_arithmetic() {
    let text = "Container killed by YARN for exceeding physical memory limits. 300 MB of 200 MB physical memory used.";
    assert_eq!(explained(text).answer.settings[0].setting, "spark.executor.memoryOverhead, more");
    let odd = "Container killed by YARN for exceeding memory limits. 1 GB of 2 GB physical memory used.";
    assert!(explained(odd).answer.verdict.contains("-104"), "less than its limit is no excess");
}

#[test]
fn the_thread_tells_whose_heap_is_full() {
    let executor = "Lost task 3.0 in stage 1.0: java.lang.OutOfMemoryError: Java heap space";
    assert_eq!(explained(executor).root.failure, Some(FailureKind::ExecutorHeap));
    let driver =
        "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat Dataset.collect";
    let report = explained(driver);
    assert_eq!(report.root.failure, Some(FailureKind::DriverHeap));
    assert!(report.answer.settings.iter().any(|advice| advice.setting.starts_with("spark.driver.memory")));
    assert!(report.answer.settings.iter().all(|advice| !advice.setting.starts_with("spark.executor")));
    assert_eq!(explained("Java heap space").root.failure, Some(FailureKind::ExecutorHeap));
    let broadcast = "Exception in thread \"broadcast-exchange-0\" java.lang.OutOfMemoryError: Not enough memory to \
                     build and broadcast the table to all worker nodes.";
    assert_eq!(explained(broadcast).root.symptom, Symptom::BroadcastHeap);
}

#[test]
fn refusals_are_answered_with_what_would_fit() {
    let text = "Required executor memory (20480 MB), offHeap memory (0) MB, overhead (2048 MB), and PySpark memory (0 \
                MB) is above the max threshold (16384 MB) of this cluster!";
    let report = explained(text);
    assert_eq!(report.root.failure, None);
    assert!(report.answer.verdict.contains("22528 MiB were asked for: 6144 MiB too much"), "{report:?}");
    assert_eq!(report.answer.settings[0].setting, "spark.executor.memory=14894m");
}

#[test]
fn exit_codes_are_answered() {
    for (code, verdict) in [
        ("52", "OutOfMemoryError"),
        ("137", "killed from outside"),
        ("143", "somebody ended the process"),
        ("-104", "physical limit"),
        ("-103", "virtual limit"),
        ("-100", "its node is lost"),
        ("139", "SIGSEGV"),
        ("53", "no local folder"),
        ("99", "exit code 99: it says nothing of memory"),
    ] {
        let report = explained(code);
        assert!(report.answer.verdict.contains(verdict), "{code}: {}", report.answer.verdict);
        assert_eq!(report.follows, [], "{code} says one thing");
    }
}

/// A text for every symptom: no answer is empty, and each says what to do.
#[test]
fn every_symptom_is_answered() {
    for row in workload::symptom::ROWS {
        let found = Found {
            symptom: row.symptom,
            failure: row.failure,
            line: String::new(),
            figures: workload::symptom::Figures::default(),
        };
        for side in [Side::Driver, Side::Executor, Side::Either] {
            let answer = answer(&found, side);
            let advised = !answer.settings.is_empty() || !answer.look_at.is_empty();
            let said = !answer.verdict.is_empty() && !answer.process.is_empty() && !answer.means.is_empty();
            assert!(advised && said, "{:?}: {answer:?}", row.symptom);
            assert!(!answer.verdict.ends_with('.'), "{}", answer.verdict);
        }
    }
}
