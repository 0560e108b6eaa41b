//! What the driver does, in order.

use sim_core::units::SimTime;
use sim_core::workload::Pool;

use super::Builder;
use crate::Error;
use crate::plan::{Action, Job, Operator, Results};
use crate::scenario::{self, Name};

/// Jobs of a scenario, repetitions counted.
const MAX_JOBS: usize = 100_000;

impl<'d> Builder<'d> {
    pub(super) fn jobs(&mut self, actions: &'d [scenario::Action<'d>]) -> Result<(), Error> {
        let mut before = Vec::new();
        for action in actions {
            before = self.action(action, before)?;
        }
        Ok(())
    }

    /// Adds the jobs of an action that starts when the jobs `before` have ended; returns those that the next waits for.
    fn action(&mut self, action: &'d scenario::Action<'d>, before: Vec<usize>) -> Result<Vec<usize>, Error> {
        use scenario::Action as Written;
        let (kind, run) = match action {
            Written::Count(run) => (Action::Count, run),
            Written::Foreach(run) => (Action::Foreach, run),
            Written::Collect(run) => (Action::Collect, run),
            Written::Write(run) => (Action::Write, run),
            Written::Take { on, rows, name, delay_ms, pool } => {
                let run = scenario::Run {
                    on: *on,
                    name: name.clone(),
                    delay_ms: *delay_ms,
                    pool: *pool,
                    results: None,
                    nested: None,
                };
                return self.job(Action::Take(*rows), &run, before);
            }
            Written::Unpersist { on } => return self.unpersist(*on, before),
            Written::Repeat { times, jobs } => {
                let mut before = before;
                for _ in 0..times.get() {
                    for action in jobs {
                        before = self.action(action, before)?;
                    }
                    if jobs.is_empty() {
                        break;
                    }
                }
                return Ok(before);
            }
            Written::Together(jobs) => {
                let mut last = Vec::new();
                for action in jobs {
                    if let Written::Unpersist { on } = action {
                        return Err(self.misplaced_unpersist(*on));
                    }
                    last.extend(self.action(action, before.clone())?);
                }
                return Ok(if last.is_empty() { before } else { last });
            }
        };
        let ends = self.job(kind, run, before)?;
        let job = self.plan.jobs.len() - 1;
        match &run.results {
            Some(_) if kind != Action::Collect => {
                return Err(Error::new("`results` says what becomes of collected rows")
                    .at(run.on.span(self.text))
                    .help("put it into a `collect`"));
            }
            Some(written) => {
                let results = Results {
                    api: written.api,
                    heap_bytes_per_row: written.heap_bytes_per_row,
                    array_bytes_per_row: written.array_bytes_per_row,
                    making_bytes_per_row: written.making_bytes_per_row,
                    python_bytes_per_row: written.python_bytes_per_row,
                };
                self.plan.driver.results.push((job, results));
            }
            None => {}
        }
        if let Some(nested) = &run.nested {
            self.plan.driver.nested.push((job, nested.of, nested.steps.get()));
        }
        Ok(ends)
    }

    fn job(
        &mut self,
        action: Action,
        run: &scenario::Run<'d>,
        after: Vec<usize>,
    ) -> Result<Vec<usize>, Error> {
        let on = run.on;
        let node = self.find(on)?;
        if self.plan.jobs.len() >= MAX_JOBS {
            return Err(Error::new(format!("more than {MAX_JOBS} jobs"))
                .at(on.span(self.text))
                .help("repeat less often"));
        }
        let verb = match action {
            Action::Count => "count",
            Action::Foreach => "foreach",
            Action::Collect => "collect",
            Action::Take(_) => "take",
            Action::Write => "write",
        };
        let name = run.name.clone().unwrap_or_else(|| format!("{verb} {}", on.0));
        let delay = SimTime::from_ms(u64::from(run.delay_ms));
        let pool = run.pool.map(|pool| self.pool(pool.0));
        self.plan.jobs.push(Job { name, action, on: node, after, delay, unpersist: Vec::new(), pool });
        Ok(vec![self.plan.jobs.len() - 1])
    }

    /// The pool of this name. One that nobody has described is like any other (`FairSchedulableBuilder.addTaskSetManager`).
    fn pool(&mut self, name: &str) -> usize {
        let known = self.plan.pools.iter().position(|pool| pool.name == name);
        known.unwrap_or_else(|| {
            self.plan.pools.push(Pool { name: name.to_owned(), ..Pool::default() });
            self.plan.pools.len() - 1
        })
    }

    fn unpersist(&mut self, on: Name<'d>, before: Vec<usize>) -> Result<Vec<usize>, Error> {
        let node = self.find(on)?;
        if !matches!(self.plan.node(node).operator, Operator::Cache { .. }) {
            return Err(Error::new(format!("`{}` is not cached", on.0))
                .at(on.span(self.text))
                .help("unpersist a data set that ends with `cache`"));
        }
        let &[last] = before.as_slice() else { return Err(self.misplaced_unpersist(on)) };
        self.plan.jobs[last].unpersist.push(node);
        Ok(before)
    }

    fn misplaced_unpersist(&self, on: Name<'d>) -> Error {
        Error::new("`unpersist` follows one job")
            .at(on.span(self.text))
            .label("unpersisted here")
            .help("put it behind a job, outside of `together` and not directly after it")
    }
}
