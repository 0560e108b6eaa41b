//! The driver's heap: live bytes by what they are.

use crate::units::Bytes;

/// What live bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Part {
    /// What a driver holds that has run nothing.
    Idle,
    /// State of tasks.
    Tasks,
    /// Data that was parallelized.
    Collections,
    /// Results as they came.
    Results,
    /// Rows or objects that were made of them.
    Decoded,
    /// A relation that is being built, or broadcast.
    Relation,
    /// Serialized pieces of broadcast variables.
    Pieces,
}

const PARTS: [(Part, &str); 7] = [
    (Part::Idle, "idle driver"),
    (Part::Tasks, "state of tasks"),
    (Part::Collections, "parallelized data"),
    (Part::Results, "results"),
    (Part::Decoded, "decoded results"),
    (Part::Relation, "broadcast relation"),
    (Part::Pieces, "broadcast pieces"),
];

/// See the [module](self).
#[derive(Clone, Debug)]
pub(in crate::engine) struct DriverHeap {
    capacity: Bytes,
    live: [Bytes; PARTS.len()],
    /// At the worst moment: the same, and the pools of a driver that executes.
    peak: ([Bytes; PARTS.len()], Bytes),
}

impl DriverHeap {
    pub(super) fn new(capacity: Bytes, idle: Bytes) -> Self {
        let mut live = [Bytes::ZERO; PARTS.len()];
        live[Part::Idle as usize] = idle;
        Self { capacity, live, peak: (live, Bytes::ZERO) }
    }

    pub(super) fn capacity(&self) -> Bytes {
        self.capacity
    }

    fn sum(live: &[Bytes], pools: Bytes) -> Bytes {
        Bytes(live.iter().fold(pools.0, |sum, bytes| sum.saturating_add(bytes.0)))
    }

    /// Takes `bytes` more beside `pools`; false, and nothing is taken, where they do not fit.
    pub(super) fn take(&mut self, part: Part, bytes: Bytes, pools: Bytes) -> bool {
        let live = Self::sum(&self.live, pools);
        if live.0.saturating_add(bytes.0) > self.capacity.0 {
            return false;
        }
        self.live[part as usize] += bytes;
        if live + bytes > Self::sum(&self.peak.0, self.peak.1) {
            self.peak = (self.live, pools);
        }
        true
    }

    pub(super) fn free(&mut self, part: Part, bytes: Bytes) {
        let live = &mut self.live[part as usize];
        *live = live.saturating_sub(bytes);
    }

    /// Frees a part.
    pub(super) fn clear(&mut self, part: Part) {
        self.live[part as usize] = Bytes::ZERO;
    }

    /// Live bytes, and their parts, largest first.
    pub(super) fn now(&self, pools: Bytes) -> (Bytes, Vec<(&'static str, Bytes)>) {
        parts(&self.live, pools)
    }

    /// The same at the worst moment.
    pub(super) fn peak(&self) -> (Bytes, Vec<(&'static str, Bytes)>) {
        parts(&self.peak.0, self.peak.1)
    }
}

fn parts(live: &[Bytes; PARTS.len()], pools: Bytes) -> (Bytes, Vec<(&'static str, Bytes)>) {
    let named = PARTS.iter().map(|&(part, name)| (name, live[part as usize]));
    let mut named: Vec<_> =
        named.chain([("unified memory", pools)]).filter(|(_, bytes)| !bytes.is_zero()).collect();
    named.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
    (DriverHeap::sum(live, pools), named)
}
