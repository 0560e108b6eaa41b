//! What the real classes of adaptive execution decided (`truth/Adaptive.scala`), decided anew.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use sim_core::conf::{Conf, SparkVersion};
use workload::adaptive::{
    AdaptiveConf, JoinSide, JoinType, MapOutput, Read, SkewSide, Target, coalesced, coalesced_beside_splits,
    join_strategy, local_reads, reported_size, skewed_join, split_by_size,
};
use workload::plan::Strategy;

/// Its name, beside the others.
const RECORDING: &str = "adaptive/adaptive-3.5.6.jsonl.gz";

/// A row of the recording.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Case {
    /// What a byte can say about a size.
    Sizes {
        reported: Vec<u64>,
    },
    Size {
        size: u64,
        reported: u64,
    },
    Coalesce {
        sizes: Vec<Vec<u64>>,
        target: u64,
        min_num: u32,
        min_size: u64,
        specs: Vec<Spec>,
    },
    Split {
        sizes: Vec<u64>,
        target: u64,
        starts: Vec<u32>,
    },
    HighlyCompressed {
        sizes: Vec<u64>,
        reported: Vec<u64>,
    },
    Query(Query),
}

/// A query that ran under two cores.
#[derive(Deserialize)]
struct Query {
    name: String,
    conf: BTreeMap<String, String>,
    join_type: JoinType,
    strategy: String,
    /// Of the left and the right side of its join; without one, of what its last stage reads.
    reads: Vec<Shuffle>,
}

#[derive(Deserialize)]
struct Shuffle {
    sizes: Vec<u64>,
    /// By map task and partition.
    blocks: Vec<Vec<u64>>,
    data_size: u64,
    /// What the tasks read; without any, a partition each.
    specs: Option<Vec<Spec>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spec {
    Coalesced(u32, u32),
    PartialReducer(u32, u32, u32),
    PartialMapper(u32, u32, u32),
    CoalescedMappers(u32, u32),
}

impl Spec {
    fn read(self, partitions: u32) -> Read {
        match self {
            Self::Coalesced(start, end) => Read::whole(start..end),
            Self::PartialReducer(reducer, start, end) => {
                Read { reducers: reducer..reducer + 1, maps: Some(start..end) }
            }
            Self::PartialMapper(map, start, end) => Read { reducers: start..end, maps: Some(map..map + 1) },
            Self::CoalescedMappers(start, end) => Read { reducers: 0..partitions, maps: Some(start..end) },
        }
    }
}

impl Shuffle {
    fn partitions(&self) -> u32 {
        self.sizes.len() as u32
    }

    fn found(&self) -> Vec<Read> {
        let reads = |specs: &Vec<Spec>| specs.iter().map(|spec| spec.read(self.partitions())).collect();
        self.specs.as_ref().map_or_else(|| Read::each(self.partitions()), reads)
    }

    fn joined(&self) -> JoinSide<'_> {
        JoinSide { sizes: &self.sizes, data_size: self.data_size }
    }

    fn side(&self) -> SkewSide<impl Fn(u32) -> Vec<u64>> {
        let blocks = |reducer: u32| self.blocks.iter().map(|map| map[reducer as usize]).collect();
        SkewSide { sizes: self.sizes.clone(), blocks }
    }

    fn coalesced(&self, target: Option<Target>) -> Option<Vec<Range<u32>>> {
        coalesced(&[&self.sizes], target?)
    }
}

fn whole(ranges: Vec<Range<u32>>) -> Vec<Read> {
    ranges.into_iter().map(Read::whole).collect()
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(RECORDING);
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("a recording");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn functions_of_adaptive_execution_return_what_the_real_ones_do() {
    let mut counts = [0; 5];
    for case in cases() {
        match case {
            Case::Sizes { reported } => {
                counts[0] += 1;
                assert_eq!(reported.len(), 256);
                for size in reported {
                    assert_eq!(reported_size(size), size);
                    assert!(size == 0 || reported_size(size + 1) > size || size == reported_size(u64::MAX));
                }
            }
            Case::Size { size, reported } => {
                counts[1] += 1;
                assert_eq!(reported_size(size), reported, "{size}");
            }
            Case::Coalesce { sizes, target, min_num, min_size, specs } => {
                counts[2] += 1;
                let shuffles: Vec<&[u64]> = sizes.iter().map(Vec::as_slice).collect();
                let target = Target {
                    advisory_size: target,
                    min_partition_num: min_num,
                    min_partition_size: min_size,
                };
                let expected: Vec<Read> = specs.iter().map(|spec| spec.read(0)).collect();
                let found = coalesced(&shuffles, target).map(whole).unwrap_or_default();
                assert_eq!(found, expected, "{sizes:?} {target:?}");
            }
            Case::Split { sizes, target, starts } => {
                counts[3] += 1;
                assert_eq!(split_by_size(&sizes, target), starts, "{sizes:?} {target}");
            }
            Case::HighlyCompressed { sizes, reported } => {
                counts[4] += 1;
                // More empty partitions than are reported one by one change no average.
                let mut reducers = sizes.clone();
                reducers.resize(2001, 0);
                let found = MapOutput::new(vec![1], reducers).bytes_by_partition();
                assert_eq!(found[..sizes.len()], reported);
            }
            Case::Query(_) => {}
        }
    }
    assert!(counts.iter().zip([1, 100, 1000, 1000, 10]).all(|(&count, least)| count >= least), "{counts:?}");
}

#[test]
fn queries_go_on_as_real_ones_do() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases() {
        let Case::Query(query) = case else { continue };
        let Query { name, conf, join_type, strategy, reads } = &query;
        let conf =
            Conf::builder(SparkVersion::V3_5).layer("test", conf.clone()).build().expect("good settings");
        let conf = AdaptiveConf::of(&conf, 2).expect("it is on");
        let target = Target::of(&conf);
        if strategy == "none" {
            assert!(!reads.is_empty(), "{name}");
            *seen.entry(if reads.len() > 1 { "union" } else { "shuffle" }).or_default() += 1;
            let total = |shuffle: &Shuffle| shuffle.sizes.iter().sum::<u64>();
            let all = reads.iter().map(total).sum();
            for shuffle in reads {
                if name.contains("by a number") {
                    assert_eq!(shuffle.found(), Read::each(40), "{name}");
                    continue;
                }
                let target = target.map(|target| target.for_part(total(shuffle), all));
                let expected =
                    shuffle.coalesced(target).map_or_else(|| Read::each(shuffle.partitions()), whole);
                assert_eq!(expected, shuffle.found(), "{name}");
            }
            continue;
        }
        let [left, right] = &reads[..] else { panic!("{name} reads {} shuffles", reads.len()) };
        let sizes: [&[u64]; 2] = [&left.sizes, &right.sizes];
        if name != "skewed, hash join" {
            let found = join_strategy(Strategy::SortMerge, left.joined(), right.joined(), *join_type, &conf);
            let expected = match strategy.as_str() {
                "sort_merge" => Strategy::SortMerge,
                "shuffled_hash" => Strategy::ShuffledHash,
                _ => Strategy::Broadcast,
            };
            assert_eq!(found, expected, "{name}");
        }
        if strategy == "broadcast" {
            *seen.entry("broadcast").or_default() += 1;
            for shuffle in reads {
                let whole_reads = shuffle.coalesced(target);
                let found = if conf.local_shuffle_reader {
                    let tasks = whole_reads.map_or(shuffle.partitions(), |whole| whole.len() as u32);
                    local_reads(shuffle.blocks.len() as u32, shuffle.partitions(), tasks)
                } else {
                    whole_reads.map_or_else(|| Read::each(shuffle.partitions()), whole)
                };
                assert_eq!(found, shuffle.found(), "{name}");
            }
            continue;
        }
        let skewed = conf.skew_join.and_then(|skew| {
            skewed_join(&left.side(), &right.side(), *join_type, skew, conf.advisory_partition_size, 1 << 20)
        });
        *seen.entry(if skewed.is_some() { "skewed" } else { "shuffled" }).or_default() += 1;
        let target = target.expect("coalescing is on");
        let found: Vec<[Read; 2]> = match skewed {
            Some(reads) => coalesced_beside_splits(reads, sizes, target),
            None => {
                let ranges = coalesced(&sizes, target);
                let reads = ranges.map_or_else(|| Read::each(left.partitions()), whole);
                reads.into_iter().map(|read| [read.clone(), read]).collect()
            }
        };
        let expected: Vec<[Read; 2]> =
            left.found().into_iter().zip(right.found()).map(|(left, right)| [left, right]).collect();
        assert_eq!(found, expected, "{name}");
    }
    for kind in ["shuffle", "union", "broadcast", "skewed", "shuffled"] {
        assert!(seen.get(kind).is_some_and(|&count| count > 0), "{kind}: {seen:?}");
    }
}
