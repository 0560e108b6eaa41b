//! Jobs: which waited for which, and for how long after.

use crate::plan::recording::Job;
use crate::recorded::facts::Facts;

/// A job in the time of the facts. It ends with its last task, whenever the log says so.
#[derive(Clone, Copy, Debug)]
struct Span {
    submitted: u64,
    end: u64,
}

/// The jobs. `stages` are the stages of each that ran, `ends` when the last task of each finished, `rdds` the index of
/// an RDD in the recording.
pub(super) fn jobs(
    facts: &Facts,
    stages: Vec<Vec<u32>>,
    ends: &[Option<u64>],
    rdd: impl Fn(u32) -> Option<u32>,
) -> Vec<Job> {
    let spans: Vec<Span> = facts
        .jobs
        .iter()
        .zip(ends)
        .map(|(job, end)| Span {
            submitted: job.submitted,
            end: end.unwrap_or(job.submitted).max(job.submitted),
        })
        .collect();
    let after = after(&spans);
    let start = spans.iter().map(|span| span.submitted).min().unwrap_or(0);
    let mut jobs: Vec<Job> = facts
        .jobs
        .iter()
        .zip(stages)
        .enumerate()
        .map(|(index, (job, stages))| {
            let since = after[index].iter().map(|&job| spans[job as usize].end).max().unwrap_or(start);
            let name =
                job.stages.iter().max().and_then(|stage| facts.stages.get(stage)).map(|s| s.name.clone());
            Job {
                id: job.id,
                name: name.unwrap_or_default(),
                stages,
                after: after[index].clone(),
                delay_ms: spans[index].submitted.saturating_sub(since),
                unpersist: Vec::new(),
            }
        })
        .collect();
    for &(id, before) in &facts.unpersisted {
        if !persisted_since(facts, id, before)
            && let Some(rdd) = rdd(id)
            && let Some(job) = before.checked_sub(1).and_then(|job| jobs.get_mut(job))
            && !job.unpersist.contains(&rdd)
        {
            job.unpersist.push(rdd);
        }
    }
    jobs
}

/// Whether a job persists an RDD again that was unpersisted before it. The model unpersists for good: such an RDD is
/// kept.
fn persisted_since(facts: &Facts, rdd: u32, before: usize) -> bool {
    facts
        .stages
        .values()
        .any(|stage| stage.job.is_some_and(|job| job >= before) && stage.persisted.contains(&rdd))
}

/// For each job the jobs above it that had ended when it was submitted, without those that one of these waited for:
/// those that had ended when the last of these was submitted.
fn after(spans: &[Span]) -> Vec<Vec<u32>> {
    let mut by_end: Vec<usize> = (0..spans.len()).collect();
    by_end.sort_by_key(|&job| (spans[job].end, job));
    (0..spans.len())
        .map(|job| {
            let now = spans[job].submitted;
            let ended = &by_end[..by_end.partition_point(|&other| spans[other].end <= now)];
            let latest =
                ended.iter().copied().filter(|&other| other < job).map(|other| spans[other].submitted).max();
            let Some(latest) = latest else { return Vec::new() };
            // What the latest waited for ended before it was submitted; a job without tasks ends as it starts.
            let from = ended.partition_point(|&other| spans[other].end < latest);
            let mut waited: Vec<u32> = ended[from..]
                .iter()
                .filter(|&&other| {
                    other < job && (spans[other].end > latest || spans[other].submitted == latest)
                })
                .filter_map(|&other| u32::try_from(other).ok())
                .collect();
            waited.sort_unstable();
            waited
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(spans: &[(u64, u64)]) -> Vec<Vec<u32>> {
        let spans: Vec<Span> = spans.iter().map(|&(submitted, end)| Span { submitted, end }).collect();
        after(&spans)
    }

    #[test]
    fn a_job_waits_for_the_last_ones_alone() {
        assert_eq!(waits(&[(0, 10), (12, 20), (25, 30)]), [vec![], vec![0], vec![1]]);
    }

    #[test]
    fn concurrent_jobs_stay_concurrent() {
        // 1 and 2 run at once after 0; 3 starts when 1 has ended and 2 still runs; 4 after all.
        let waits = waits(&[(0, 10), (11, 20), (12, 40), (25, 30), (41, 50)]);
        assert_eq!(waits, [vec![], vec![0], vec![0], vec![1], vec![2, 3]]);
    }

    #[test]
    fn a_job_without_tasks_is_waited_for() {
        assert_eq!(waits(&[(0, 10), (12, 12), (13, 20)]), [vec![], vec![0], vec![1]]);
    }
}
