//! `recipes [NAME...]`: runs recipes in one thread and prints a JSON line for each, as the harness on the real
//! classes does, so that `versus_spark.sh` can set them side by side.

use std::time::Instant;

use poolsim_benches::{Filled, ScanEvict, ScanReject, exec8, stor, tmm8};

const WARM_UP: usize = 3;
const RUNS: usize = 9;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    for name in if names.is_empty() { ALL.map(str::to_owned).to_vec() } else { names } {
        let (recipe, size) = match name.split_once(':') {
            Some((recipe, size)) => (recipe, size.parse().expect("a number of blocks")),
            None => (name.as_str(), 1000),
        };
        match recipe {
            "exec8" => time(&name, 1_000_000, || (), |()| exec8(1_000_000).to_vec()),
            "stor" => time(&name, 2_000_000, || (), |()| stor(1_000_000).to_vec()),
            "tmm8" => time(&name, 400_000, || (), |()| tmm8(400_000).to_vec()),
            "put" => time(&name, 200_000, Filled::new, |mut filled| filled.puts(200_000).to_vec()),
            "get" => time(&name, 400_000, Filled::new, |mut filled| filled.gets(400_000).to_vec()),
            "scanReject" => {
                let ops = (4_000_000 / size).max(40);
                time(&name, ops.into(), || ScanReject::new(size), |mut scan| scan.ask(ops).to_vec());
            }
            "scanEvict" => {
                let ops = (4_000_000 / size).max(40);
                time(&name, ops.into(), || ScanEvict::new(size), |mut scan| scan.evict(ops).to_vec());
            }
            _ => panic!("no such recipe: {name}; there are {}", ALL.join(", ")),
        }
    }
}

const ALL: [&str; 11] = [
    "exec8",
    "stor",
    "put",
    "get",
    "scanReject:1000",
    "scanReject:10000",
    "scanReject:100000",
    "scanEvict:1000",
    "scanEvict:10000",
    "scanEvict:100000",
    "tmm8",
];

fn time<S>(name: &str, ops: u64, set_up: impl Fn() -> S, run: impl Fn(S) -> Vec<u64>) {
    let mut times = Vec::new();
    let mut fingerprint = Vec::new();
    for round in 0..WARM_UP + RUNS {
        let state = set_up();
        let before = Instant::now();
        fingerprint = run(state);
        let ns = before.elapsed().as_nanos() as f64 / ops as f64;
        if round >= WARM_UP {
            times.push(ns);
        }
    }
    times.sort_by(f64::total_cmp);
    let (median, min, max) = (times[RUNS / 2], times[0], times[RUNS - 1]);
    println!(
        "{{\"poolsim\":\"{}\",\"bench\":\"{name}\",\"ops\":{ops},\"runs\":{RUNS},\"wall_ns_median\":{median:.2},\
         \"wall_ns_min\":{min:.2},\"wall_ns_max\":{max:.2},\"fingerprint\":{fingerprint:?}}}",
        env!("CARGO_PKG_VERSION")
    );
}
