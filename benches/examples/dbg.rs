use poolsim_benches::Lowered;
use sim_core::observe::{Journal, Moment};
fn main() {
    let (_, journal) = Lowered::mixed().watch(Journal::default());
    let mut n = 0;
    for e in &journal.entries {
        if let Moment::AttemptFailed(info, m, report) = &e.moment {
            n += 1;
            if n < 4 {
                println!("{:?} {:?} {:?} {:#?}", e.at, info, m, report);
            }
        }
    }
    println!("{n}");
}
