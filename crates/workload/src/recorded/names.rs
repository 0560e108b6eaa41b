//! Names on their way out: without values of settings, or stable pseudonyms.

use super::Recorded;
use super::facts::Withheld;

/// Characters of a name that are kept.
const LONGEST: usize = 200;

/// Cuts values of settings out of all names; with `redact` all names become pseudonyms.
pub(super) fn clean(recorded: &mut Recorded, withheld: &Withheld, redact: bool) {
    let clean = |name: &mut String, pseudonym: String| {
        *name = if redact { pseudonym } else { shortened(&withheld.without(name)) };
    };
    let app = &mut recorded.app;
    clean(&mut app.name, "application".to_owned());
    clean(&mut app.id, "application".to_owned());
    if let Some(attempt) = &mut app.attempt {
        clean(attempt, "attempt".to_owned());
    }
    let numbers = version(&recorded.version);
    clean(&mut recorded.version, numbers);
    let ids: Vec<String> = recorded.recording.executors.iter().map(|executor| executor.id.clone()).collect();
    let executor = |id: &str| match ids.iter().position(|known| known == id) {
        Some(index) if id != "driver" => format!("executor {index}"),
        _ => "driver".to_owned(),
    };
    for pool in &mut recorded.pools {
        let pseudonym = executor(&pool.executor);
        clean(&mut pool.executor, pseudonym);
    }
    let recording = &mut recorded.recording;
    for known in &mut recording.executors {
        let pseudonym = executor(&known.id);
        clean(&mut known.id, pseudonym);
    }
    for rdd in &mut recording.rdds {
        clean(&mut rdd.name, format!("rdd {}", rdd.id));
    }
    for stage in &mut recording.stages {
        clean(&mut stage.name, format!("stage {}", stage.id));
    }
    for job in &mut recording.jobs {
        clean(&mut job.name, format!("job {}", job.id));
    }
    for stage in &mut recorded.observed.stages {
        clean(&mut stage.name, format!("stage {}", stage.id));
    }
    for rdd in &mut recorded.observed.rdds {
        clean(&mut rdd.name, format!("rdd {}", rdd.id));
    }
}

/// The numbers of a version alone.
fn version(text: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}
