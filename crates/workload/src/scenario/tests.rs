//! Scenario files that are right, and what is said of those that are not.

use super::*;

fn parse(text: &str) -> Result<Scenario, Error> {
    Scenario::parse("x.ron", text, None)
}

/// The error of a scenario: line, column, title, and the text that it points at.
#[track_caller]
fn check(text: &str, place: (usize, usize), title: &str, pointed: &str) {
    let error = parse(text).expect_err("the scenario is wrong");
    assert_eq!(error.title(), title);
    assert_eq!(error.line_and_column(), Some(place), "{error}");
    assert_eq!(&text[error.span().expect("a span")], pointed, "{error}");
}

fn with_data(data: &str) -> String {
    format!("(question: \"q\",\n data: {{ {data} }})")
}

const SCAN: &str = "scan(rows: 1000, row_bytes: 100, partitions: 4)";

#[test]
fn a_line_feed_more_or_a_mark_before_changes_nothing() {
    let text = with_data(&format!("\"a\": [{SCAN},\n sort()]"));
    let plain = parse(&text).expect("right");
    assert_eq!(parse(&text.replace('\n', "\r\n")).expect("right"), plain);
    assert_eq!(parse(&format!("\u{feff}{text}")).expect("right"), plain);
}

#[test]
fn errors_point_at_the_value() {
    check(
        &with_data("\"a\": [scan(rows: 5, row_bytes: \"1.5g\")]"),
        (2, 41),
        "`1.5g` is no size: fractions are not supported: write 1536m",
        "\"1.5g\"",
    );
    check(
        &with_data("\"a\": [scan(rows: pareto(min: 5, shape: 1.0), row_bytes: 3)]"),
        (2, 27),
        "shape is 1: it must lie above 1, where the mean is not endless, up to 1000000",
        "pareto(min: 5, shape: 1.0)",
    );
    check(
        &with_data("\"a\": [scan(rows: normal(mean: 5, ds: 3), row_bytes: 3)]"),
        (2, 43),
        "unknown field `ds` of `normal`",
        "ds",
    );
    check(&with_data(&format!("\"a\": [{SCAN}, srot()]")), (2, 65), "unknown step `srot`", "srot");
    check(&with_data(&format!("\"a\": [{SCAN}], \"a\": [{SCAN}]")), (2, 67), "`a` is given twice", "a");
    check(
        &with_data(&format!("\"a\": [{SCAN}], \"b\": [from(\"c\")]")),
        (2, 78),
        "no data set `c` stands above",
        "c",
    );
    check(
        "(question: \"q\", conf: {\"poolsim.evict\": 1})",
        (1, 25),
        "there is no setting poolsim.evict (conf): see the list of poolsim settings",
        "poolsim.evict",
    );
    check(
        "(question: \"q\", conf: {\"spark.memory.fraction\": 2})",
        (1, 25),
        "spark.memory.fraction=`2` (conf) must be above 0 and at most 1",
        "spark.memory.fraction",
    );
    check(
        "(question: \"q\", spark_version: \"new\")",
        (1, 33),
        "`new` is not a Spark version: write major.minor, one of 3.5, 4.0, 4.1, 4.2, 4.3",
        "new",
    );
    check("(question: \"q\", sede: 3)", (1, 17), "unknown field `sede` of `scenario`", "sede");
    check(
        "(question: \"q\", expect: {\"a b\": (is: 3, ground: real)})",
        (1, 27),
        "`a b` is no path of a result",
        "a b",
    );
}

#[test]
fn help_names_what_is_near() {
    let advice = |text: &str| parse(text).expect_err("wrong").advice().map(str::to_owned);
    assert_eq!(
        advice("(question: \"q\", sede: 3)"),
        Some("did you mean `seed`? allowed: `question`, `spark_version`, `seed`, `cluster`, `conf`, `data`, `pools`, `jobs`, `recording`, `expect`, `variants`".to_owned())
    );
    assert_eq!(
        advice(&with_data(&format!("\"rows\": [{SCAN}], \"b\": [from(\"row\")]"))),
        Some("did you mean `rows`? allowed: `rows`".to_owned())
    );
}

#[test]
fn errors_are_shown_with_their_line() {
    let error = parse("(question: \"q\",\n sede: 3)").expect_err("wrong");
    let shown = "error: unknown field `sede` of `scenario`\n --> x.ron:2:2\n  |\n2 |  sede: 3)\n  |  ^^^^ no such field\n  |\n";
    assert!(error.to_string().starts_with(shown), "{error}");
}

#[test]
fn amounts_beyond_the_limits_are_errors() {
    let wrong = [
        "\"a\": [scan(rows: 4611686018427387904, row_bytes: 1)]",
        "\"a\": [scan(rows: 4611686018427387903, row_bytes: 2)]",
        "\"a\": [scan(rows: 1, row_bytes: 1, partitions: 100000001)]",
        "\"a\": [scan(rows: 1, row_bytes: \"9999999999p\")]",
        "\"a\": [scan(rows: 1, row_bytes: 1), filter(keep: NaN)]",
        "\"a\": [scan(rows: 1, row_bytes: 1), filter(keep: 1.1)]",
        "\"a\": [scan(rows: 1, row_bytes: 1), filter(keep: -0.1)]",
        "\"a\": [recorded(rows: [1], bytes: [1, 2], time_ms: [1])]",
        "\"a\": [recorded(rows: [1], bytes: [1], time_ms: [18446744073709551615])]",
        "\"a\": [recorded(rows: [], bytes: [], time_ms: [])]",
        "\"a\": [scan(rows_per_partition: each([]), row_bytes: 1)]",
        "\"a\": [scan(rows: each([1]), row_bytes: 1)]",
        "\"a\": []",
        "\"a\": [sort()]",
        "\"\": [scan(rows: 1, row_bytes: 1)]",
        "\"a\": [from(\"a\")]",
    ];
    for data in wrong {
        assert!(parse(&with_data(data)).is_err(), "{data}");
    }
    let wrong = [
        "",
        " \n",
        "(",
        "(question: \"\")",
        "(question: \"q\", cluster: (executors: 0))",
        "(question: \"q\", cluster: (executors: 100001))",
        "(question: \"q\", cluster: (executors: 2, nodes: 3))",
        "(question: \"q\", cluster: (memory: \"4\"))",
        "(question: \"q\", cluster: (memory: \"4g\"), conf: {\"spark.executor.memory\": \"2g\"})",
        "(question: \"q\", expect: {\"a\": (ground: real)})",
        "(question: \"q\", expect: {\"a\": (is: 1, in: (1, 2), ground: real)})",
        "(question: \"q\", expect: {\"a\": (in: (2, 1), ground: real)})",
        "(question: \"q\", jobs: [unpersist(on: \"a\")])",
    ];
    for text in wrong {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = format!("(question: \"q\", jobs: {}{})", "[repeat(times: 2, jobs: ".repeat(5000), "]");
    assert!(parse(&deep).is_err());
    let list = format!("(question: \"q\", expect: {{\"a\": (is: {}, ground: real)}})", "[".repeat(100_000));
    assert!(parse(&list).is_err());
}

#[test]
fn the_seed_may_come_from_outside() {
    let text = with_data(
        "\"a\": [scan(rows_per_partition: normal(mean: 1000, sd: 100), partitions: 4, row_bytes: 8)]",
    );
    let with = |seed| Scenario::parse("x.ron", &text, seed).expect("right").plan;
    assert_eq!(with(None), with(Some(0)));
    assert_ne!(with(None), with(Some(1)));
}

#[test]
fn a_data_set_more_leaves_the_draws_of_the_others_alone() {
    let a = "\"a\": [scan(rows_per_partition: normal(mean: 1000, sd: 100), partitions: 4, row_bytes: 8)]";
    let plan = |data: &str| parse(&with_data(data)).expect("right").plan;
    let alone = plan(a);
    let beside = plan(&format!("\"b\": [{SCAN}], {a}"));
    assert_eq!(alone.nodes[0], beside.nodes[1]);
}

#[test]
fn expectations_hold_their_line_test_and_ground() {
    let text = "(question: \"q\", expect: {\n  \"a.b[0].c[*]\": (is: [1, ()], ground: real, why: \"seen\"),\n\
                \"d\": (in: (1, 2.5), ground: model),\n}, variants: [(name: \"v\", conf: {\"spark.memory.fraction\": 0.5}, expect: {\n\
                \"e\": (contains: \"x\", ground: source)})])";
    let scenario = parse(text).expect("right");
    let [first, second] = &scenario.expect[..] else { panic!("two expectations") };
    assert_eq!(first.test, Test::Is(Value::List(vec![Value::Integer(1), Value::Null])));
    assert_eq!((first.line, first.ground, first.why.as_deref()), (2, Ground::Real, Some("seen")));
    assert_eq!((second.line, &second.test), (3, &Test::In(1.0, 2.5)));
    let variant = &scenario.variants[0];
    assert_eq!(variant.conf, [("spark.memory.fraction".to_owned(), "0.5".to_owned())]);
    assert_eq!((variant.expect[0].line, &variant.expect[0].test), (5, &Test::Contains("x".to_owned())));
}

/// Whatever a file holds, it is read or refused.
#[test]
fn mangled_scenarios_do_not_panic() {
    let reference = include_str!("../../../../docs/scenario.md");
    let examples: Vec<&str> =
        reference.split("```ron\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % limit as u64) as usize
    };
    let parts = [
        "0", "-1", "9", "1e9", "NaN", "\"\"", "\"1g\"", "(", ")", "[", "]", "{", "}", ",", ":", "é",
        "sort()", "a",
    ];
    for example in examples {
        for _ in 0..400 {
            let mut text: Vec<char> = example.chars().collect();
            for _ in 0..=below(3) {
                let at = below(text.len());
                match below(3) {
                    0 => drop(text.remove(at)),
                    1 => text.splice(at..at, parts[below(parts.len())].chars()).for_each(drop),
                    _ => {
                        let end = (at + below(12)).min(text.len());
                        text.splice(at..end, parts[below(parts.len())].chars()).for_each(drop);
                    }
                }
            }
            let text: String = text.into_iter().collect();
            match parse(&text) {
                Err(error) => assert!(!error.to_string().is_empty()),
                Ok(scenario) => {
                    let nodes = &scenario.plan.nodes;
                    if nodes.iter().all(|node| node.partitions.is_none_or(|count| count < 10_000)) {
                        let workload = crate::lower(&scenario.plan, &crate::PlanConf::default());
                        assert!(workload.is_ok_and(|workload| workload.check().is_ok()), "{text}");
                    }
                }
            }
        }
    }
}
