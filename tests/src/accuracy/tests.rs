//! Scores of tiny sets of runs.

use std::collections::BTreeMap;

use sim_core::outcome::FailureKind;

use super::sections::Section;
use super::*;

fn values(pairs: &[(Figure, u64)]) -> Values {
    pairs.iter().fold(Values::default(), |values, (figure, value)| values.with(*figure, Some(*value)))
}

fn run(id: &str, fraction: &str, truth: &[(Figure, u64)]) -> Run {
    Run {
        id: id.to_owned(),
        family: "sort".to_owned(),
        program: Program {
            workload: "sort".to_owned(),
            args: BTreeMap::new(),
            lang: "python".to_owned(),
            spark: "3.5.6".to_owned(),
        },
        configuration: Configuration {
            master: "local[2]".to_owned(),
            driver_memory: "1g".to_owned(),
            conf: [("spark.memory.fraction".to_owned(), fraction.to_owned())].into(),
        },
        log: id.into(),
        truth: values(truth),
        failed: false,
    }
}

fn task(index: u32, neighbours: Neighbours, peak: u64, memory_spilled: u64) -> TaskTruth {
    TaskTruth {
        stage: 0,
        index,
        operator: Operator::Sort,
        pages: true,
        neighbours,
        peak,
        memory_spilled,
        disk_spilled: 0,
    }
}

fn answered(index: u32, peak: u64, memory_spilled: u64) -> TaskAnswer {
    TaskAnswer { index, peak, memory_spilled, interval: Some(((peak - 5, peak), (0, memory_spilled))) }
}

fn case(runs: &[Run], from: usize, to: usize, answer: Answer) -> Case {
    let (kind, name) = match from == to {
        true => (Kind::SelfReplay, runs[from].id.clone()),
        false => (Kind::WhatIf, format!("{} -> {}", runs[from].id, runs[to].id)),
    };
    Case { name, kind, pair: Pair { from, to }, asked: Vec::new(), answer: Ok(answer) }
}

fn row(section: &Section, figure: Figure) -> &FigureRow {
    section.figures.iter().find(|row| row.figure == figure && row.family.is_none()).expect("a scored figure")
}

fn aim<'a>(accuracy: &'a Accuracy, of: &str, start: &str) -> &'a Aim {
    accuracy.aims.iter().find(|aim| aim.of == of && aim.aim.starts_with(start)).expect("an aim of this name")
}

/// Two runs of one configuration and one of a tighter one, which alone spills.
fn sorts() -> Vec<Run> {
    vec![
        run("wide-r1", "0.6", &[(Figure::MemorySpilled, 0), (Figure::PeakMax, 100)]),
        run("wide-r2", "0.6", &[(Figure::MemorySpilled, 0), (Figure::PeakMax, 80)]),
        run("tight", "0.1", &[(Figure::MemorySpilled, 200), (Figure::PeakMax, 50)]),
    ]
}

fn facts(tasks: [Vec<TaskTruth>; 3]) -> Vec<RunFacts> {
    tasks.into_iter().map(|tasks| RunFacts { tasks, ..RunFacts::default() }).collect()
}

#[test]
fn null_models_copy_the_asked_run_and_answer_zero() {
    let runs = sorts();
    let answer = Answer {
        figures: values(&[(Figure::MemorySpilled, 190), (Figure::PeakMax, 50)]),
        ..Answer::default()
    };
    let cases = [case(&runs, 0, 2, answer)];
    let accuracy = gather(&runs, &facts([vec![], vec![], vec![]]), &cases, false);
    let spilled = row(&accuracy.what_if, Figure::MemorySpilled);
    assert_eq!(spilled.score.mean(), Some(0.05));
    assert_eq!(spilled.copy.as_ref().map(Score::mean), Some(Some(1.0)), "the asked run did not spill");
    assert_eq!(spilled.zero.mean(), Some(1.0));
    let peak = row(&accuracy.what_if, Figure::PeakMax);
    assert_eq!(peak.copy.as_ref().map(Score::mean), Some(Some(0.5)));
    assert_eq!(aim(&accuracy, "what-if", "memory_spilled_bytes").reached, Reached::Pass);
    assert_eq!(aim(&accuracy, "what-if", "application memory spill: 5 %").reached, Reached::Pass);
    assert_eq!(aim(&accuracy, "what-if", "spills at all").reached, Reached::Pass);
    // Nobody asked these.
    assert_eq!(aim(&accuracy, "self", "spills at all").reached, Reached::None);
    assert_eq!(aim(&accuracy, "what-if", "hash aggregation: bytes").reached, Reached::None);
}

#[test]
fn worse_than_a_null_model_is_a_miss() {
    let runs = sorts();
    let answer = Answer { figures: values(&[(Figure::PeakMax, 500)]), ..Answer::default() };
    let accuracy = gather(&runs, &facts([vec![], vec![], vec![]]), &[case(&runs, 0, 2, answer)], false);
    assert_eq!(aim(&accuracy, "what-if", "peak_execution_memory_max_bytes").reached, Reached::Miss);
}

#[test]
fn the_ceiling_is_what_repeats_say_of_each_other() {
    let runs = sorts();
    let ceiling = gather(&runs, &facts([vec![], vec![], vec![]]), &[], false).ceiling;
    let peak = ceiling.iter().find(|row| row.figure == Figure::PeakMax && row.family.is_none());
    let score = &peak.expect("a peak").score;
    assert_eq!((score.n, score.mean()), (1, Some(0.2)));
}

#[test]
fn tasks_are_matched_by_stage_and_index_and_parted_by_neighbours() {
    use Neighbours::{Touched, Untouched};
    let runs = sorts();
    let wide = vec![task(0, Untouched, 40, 0), task(1, Untouched, 50, 0)];
    let tight = vec![task(0, Untouched, 40, 20), task(1, Touched, 50, 30), task(2, Touched, 50, 30)];
    let answer = Answer {
        figures: values(&[(Figure::MemorySpilled, 80)]),
        tasks: vec![vec![answered(0, 40, 20), answered(1, 52, 40), answered(2, 48, 30)]],
        ..Answer::default()
    };
    let facts = facts([wide.clone(), wide, tight]);
    let accuracy = gather(&runs, &facts, &[case(&runs, 0, 2, answer)], false);
    let of = |neighbours| {
        let mut rows = accuracy.what_if.tasks.iter();
        let row = rows.find(|row| row.neighbours == neighbours).expect("tasks of this class");
        (row.n, row.exact, row.copy_exact, row.intervals, row.inside)
    };
    assert_eq!(of(Untouched), (1, 1, Some(0), 1, 1));
    // 50 lies between 47 and 52 but not between 43 and 48.
    assert_eq!(of(Touched), (2, 0, Some(0), 2, 1));
    assert_eq!(
        aim(&accuracy, "what-if", "sort tasks of more than one page, untouched").reached,
        Reached::Pass
    );
    assert_eq!(aim(&accuracy, "what-if", "sort tasks of more than one page, touched").reached, Reached::Miss);
    let sorts = &accuracy.what_if.operators[0];
    assert_eq!((sorts.operator, sorts.spills.yes_yes), (Operator::Sort, 1));
    assert_eq!(sorts.memory_spilled.mean(), Some(10.0 / 90.0));
}

#[test]
fn a_task_without_an_answer_is_not_exact() {
    let runs = sorts();
    let tight = vec![task(0, Neighbours::Untouched, 40, 20)];
    let facts = facts([vec![], vec![], tight]);
    let accuracy = gather(&runs, &facts, &[case(&runs, 0, 2, Answer::default())], false);
    assert_eq!(accuracy.what_if.tasks[0].peak.unanswered, 1);
    assert_eq!(
        aim(&accuracy, "what-if", "sort tasks of more than one page, untouched").reached,
        Reached::Miss
    );
    assert_eq!(accuracy.what_if.operators[0].memory_spilled.unanswered, 1);
}

#[test]
fn evictions_are_parted_by_what_evicts() {
    let mut runs = sorts();
    runs[0].truth = values(&[(Figure::EvictedBlocks, 4), (Figure::PeakSum, 0)]);
    runs[1].truth = values(&[(Figure::EvictedBlocks, 7), (Figure::PeakSum, 9)]);
    runs[2].truth = values(&[(Figure::EvictedBlocks, 0), (Figure::PeakSum, 9)]);
    let answer = |blocks| Answer { figures: values(&[(Figure::EvictedBlocks, blocks)]), ..Answer::default() };
    let of = |blocks: [u64; 3]| {
        let cases: Vec<Case> = (0..3).map(|at| case(&runs, at, at, answer(blocks[at]))).collect();
        let accuracy = gather(&runs, &facts([vec![], vec![], vec![]]), &cases, false);
        ["evictions by other RDDs", "evictions by execution", "evictions: none"]
            .map(|start| aim(&accuracy, "self", start).reached)
    };
    use Reached::{Miss, Pass};
    assert_eq!(of([4, 9, 0]), [Pass, Pass, Pass]);
    assert_eq!(of([5, 10, 0]), [Miss, Miss, Pass]);
    assert_eq!(of([4, 7, 1]), [Pass, Pass, Miss]);
}

#[test]
fn ends_are_judged_by_what_the_model_can_know() {
    let mut runs = sorts();
    for run in &mut runs {
        run.failed = true;
    }
    let said = |truth: FailureKind, predicted: Option<FailureKind>, known: bool| {
        let facts: Vec<RunFacts> =
            runs.iter().map(|_| RunFacts { failure: Some(truth), ..RunFacts::default() }).collect();
        let answer = Answer { failed: predicted.is_some(), known, failure: predicted, ..Answer::default() };
        let accuracy = gather(&runs, &facts, &[case(&runs, 0, 0, answer)], false);
        let verdicts = &accuracy.self_replay.verdicts;
        assert_eq!(accuracy.self_replay.scored, 0, "figures of a failed run are no truth");
        (verdicts.n, verdicts.wrong.len(), verdicts.cannot_be_known.len())
    };
    let ends = |truth, predicted| said(truth, predicted, true);
    use FailureKind::{DriverHeap, ExecutionMemory, MaxResultSize, NotMemory, PythonMemory};
    assert_eq!(ends(ExecutionMemory, Some(ExecutionMemory)), (1, 0, 0));
    assert_eq!(ends(ExecutionMemory, None), (1, 1, 0));
    assert_eq!(ends(NotMemory, None), (1, 0, 0));
    assert_eq!(ends(NotMemory, Some(ExecutionMemory)), (1, 1, 0));
    assert_eq!(ends(DriverHeap, None), (0, 0, 1));
    assert_eq!(ends(MaxResultSize, Some(MaxResultSize)), (1, 0, 0));
    assert_eq!(ends(PythonMemory, None), (1, 1, 0), "it was said to finish");
    assert_eq!(said(PythonMemory, None, false), (0, 0, 1), "nothing was said");
}

#[test]
fn a_run_that_ends_well_must_not_be_said_to_fail() {
    let runs = sorts();
    let answer = Answer {
        failed: true,
        known: true,
        failure: Some(FailureKind::ExecutionMemory),
        ..Answer::default()
    };
    let accuracy = gather(&runs, &facts([vec![], vec![], vec![]]), &[case(&runs, 0, 0, answer)], false);
    assert_eq!(aim(&accuracy, "self", "verdicts").reached, Reached::Miss);
}

#[test]
fn tables_stand_in_both_forms() {
    let runs = sorts();
    let answer = Answer { figures: values(&[(Figure::MemorySpilled, 190)]), ..Answer::default() };
    let accuracy = gather(&runs, &facts([vec![], vec![], vec![]]), &[case(&runs, 0, 2, answer)], true);
    let screen = text(&accuracy, Form::Screen, true);
    assert!(screen.starts_with("3 runs, read as Spark writes them by default\n"));
    assert!(screen.contains("wide-r1 -> tight  memory_spilled_bytes"), "{screen}");
    let page = text(&accuracy, Form::Markdown, false);
    assert!(page.contains("### Aims\n") && page.contains("| PASS "), "{page}");
    assert!(!page.contains("Cases:"));
}
