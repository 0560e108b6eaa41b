//! `eventlog_replay LOG [TURNS]`: reads a log several times and prints a JSON line, as `EventLogReplay.java` does with
//! Spark's own reader, so that `versus_history_server.sh` can set them side by side.

use std::time::Instant;

use poolsim_benches::eventlog::reader;
use spark_eventlog::EventLog;

fn main() {
    let mut args = std::env::args().skip(1);
    let log = args.next().expect("eventlog_replay LOG [TURNS]");
    let turns: usize = args.next().map_or(5, |turns| turns.parse().expect("a number of turns"));
    let read = || {
        let start = Instant::now();
        let found = reader(EventLog::open(&log).expect("a log"));
        (start.elapsed().as_nanos(), found)
    };
    let (_, expected) = read();
    let mut times: Vec<_> = (0..turns)
        .map(|_| {
            let (time, found) = read();
            assert_eq!(found, expected);
            time
        })
        .collect();
    times.sort_unstable();
    println!(
        "{{\"who\":\"poolsim\",\"tasks\":{},\"memory_bytes_spilled\":{},\"updates\":{},\"wall_ns_median\":{}}}",
        expected.tasks,
        expected.memory_bytes_spilled,
        expected.updates,
        times[turns / 2]
    );
}
