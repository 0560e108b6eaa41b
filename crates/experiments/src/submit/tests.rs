//! Lines as people paste them; what each sets was observed with `spark-submit --verbose` of 3.5.6.

use super::*;

fn assigned(line: &str) -> Assigned {
    Submit::parse(line).expect(line).assign(&[])
}

fn value(line: &str, key: &str) -> Option<String> {
    assigned(line).pairs.into_iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

fn error(line: &str) -> String {
    Submit::parse(line).expect_err(line).to_string()
}

#[test]
fn options_win_over_conf_and_the_last_driver_memory_counts() {
    let line = "spark-submit --master yarn --deploy-mode cluster --executor-memory 2g --conf \
                spark.executor.memory=3g --driver-memory 2g --conf spark.driver.memory=5g --num-executors 4 \
                --executor-cores 3 --driver-cores 2 a.py";
    let wanted = [
        ("spark.executor.memory", "2g"),
        ("spark.driver.memory", "5g"),
        ("spark.master", "yarn"),
        ("spark.submit.deployMode", "cluster"),
        ("spark.executor.cores", "3"),
        ("spark.executor.instances", "4"),
        ("spark.driver.cores", "2"),
        ("poolsim.isPython", "true"),
    ];
    assert_eq!(assigned(line).pairs, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let line = "spark-submit --master yarn --conf spark.driver.memory=5g --driver-memory 2g a.py";
    assert_eq!(value(line, "spark.driver.memory").as_deref(), Some("2g"));
}

#[test]
fn options_mean_something_to_some_cluster_managers_alone() {
    let local = "spark-submit --master local[2] --executor-memory 2g --conf spark.executor.memory=3g \
                 --executor-cores 4 --driver-cores 3 a.py";
    assert_eq!(value(local, "spark.executor.memory").as_deref(), Some("3g"));
    assert_eq!(value(local, "spark.executor.cores"), None);
    assert_eq!(assigned(local).notes.len(), 3);
    let standalone = "spark-submit --master spark://h:1 --executor-memory 2g --num-executors 3 --executor-cores 4 \
                      --total-executor-cores 8 --driver-cores 3 a.py";
    assert_eq!(value(standalone, "spark.executor.instances"), None);
    assert_eq!(value(standalone, "spark.cores.max").as_deref(), Some("8"));
    assert_eq!(value(standalone, "spark.driver.cores"), None);
    let kubernetes = "spark-submit --master k8s://http://h:1 --total-executor-cores 12 --executor-cores=6 \
                      -c spark.executor.cores=7 --num-executors 6 a.py";
    assert_eq!(value(kubernetes, "spark.cores.max"), None);
    assert_eq!(value(kubernetes, "spark.executor.cores").as_deref(), Some("6"));
    assert_eq!(value(kubernetes, "spark.executor.instances").as_deref(), Some("6"));
}

#[test]
fn a_properties_file_is_below_the_line_and_tells_the_master() {
    let submit =
        Submit::parse("spark-submit --properties-file p.conf --executor-cores 3 a.jar").expect("a line");
    assert_eq!(submit.properties_file(), Some("p.conf"));
    let file = [("spark.master".to_owned(), "local[4]".to_owned())];
    let assigned = submit.assign(&file);
    assert_eq!(assigned.pairs, []);
    assert_eq!(assigned.notes.len(), 1, "{:?}", assigned.notes);
}

#[test]
fn quotes_lines_that_go_on_and_what_stands_before() {
    let line = "$ HADOOP_CONF_DIR=/etc/hadoop /opt/spark/bin/spark-submit \\\n  --master yarn \\\n  --conf \
                'spark.executor.extraJavaOptions=-XX:+UseParallelGC -Dx=y' \\\n  --name \"my job\" --verbose app.jar \
                --executor-memory 9g";
    assert_eq!(value(line, "spark.executor.extraJavaOptions").as_deref(), Some("-XX:+UseParallelGC -Dx=y"));
    // What follows the application belongs to it.
    assert_eq!(value(line, "spark.executor.memory"), None);
    assert_eq!(assigned(line).language, Some(Language::Jvm));
    assert_eq!(assigned("pyspark --master yarn").language, Some(Language::Python));
    assert_eq!(assigned("spark-submit --master yarn job.R").language, Some(Language::R));
    assert_eq!(value("--master yarn --executor-memory 3g", "spark.executor.memory").as_deref(), Some("3g"));
}

#[test]
fn what_spark_refuses_is_refused_with_a_hint() {
    assert!(error("spark-submit --executor-memroy 2g a.jar").ends_with("did you mean --executor-memory?"));
    assert!(
        error("spark-submit --executor-memory").contains("Missing argument for option '--executor-memory'.")
    );
    assert!(error("spark-submit --conf spark.x a.jar").contains("without '='"));
    assert!(error("spark-submit --deploy-mode both a.jar").contains("neither client nor cluster"));
    assert!(error("spark-submit --name 'open a.jar").contains("not closed"));
    assert!(error("spark-submit --status driver-1").contains("starts no application"));
    assert!(error("hadoop jar x.jar").contains("begins with `hadoop`"));
    assert!(error("  ").contains("it is empty"));
}
