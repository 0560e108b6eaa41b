//! Progress on stderr: only on a terminal, and only where the work takes longer than a second.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const DELAY: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Work that is going on. Dropped, it leaves no trace on the screen.
pub(crate) struct Progress {
    bar: ProgressBar,
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// One thing whose length is not known.
    pub(crate) fn spinner(what: &str) -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        Self::start(ProgressBar::new_spinner(), style.expect("a valid template"), what)
    }

    /// `length` things.
    pub(crate) fn bar(what: &str, length: u64) -> Self {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        Self::start(ProgressBar::new(length), style.expect("a valid template"), what)
    }

    /// One of them is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    fn start(bar: ProgressBar, style: ProgressStyle, what: &str) -> Self {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        bar.set_style(style);
        bar.set_message(what.to_owned());
        let waiting = std::io::stderr().is_terminal().then(|| {
            let (stop, stopped) = channel();
            let shown = bar.clone();
            let thread = std::thread::spawn(move || {
                if stopped.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                    shown.enable_steady_tick(TICK);
                }
            });
            (stop, thread)
        });
        Self { bar, waiting }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.waiting.take() {
            drop(stop);
            // A thread that only waits cannot have panicked.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
