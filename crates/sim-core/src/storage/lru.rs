//! Blocks in order of access, for one memory mode of one executor.
//!
//! Spark keeps one map in access order for both modes and scans it. Here every block is in two lists: that of its
//! mode and that of its RDD, so that "least recently used, but not of this RDD" does not have to step over the blocks
//! of that RDD one by one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::block_table::{BlockTable, CopyId, NIL};
use crate::ids::RddId;
use crate::units::Bytes;

/// The blocks of one mode.
#[derive(Clone, Debug)]
pub(super) struct LruList {
    all: Ends,
    pub(super) bytes: Bytes,
    pub(super) blocks: u32,
    by_rdd: Vec<Group>,
    /// RDDs (by index; `NO_RDD` for the rest) that have a block here.
    present: Vec<u32>,
    /// The next block of each RDD while lists are merged, by time of access: kept so that it is allocated once.
    heads: BinaryHeap<Reverse<(u64, u32)>>,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    head: u32,
    tail: u32,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    ends: Ends,
    bytes: Bytes,
    blocks: u32,
    /// Place in `present`.
    at: u32,
}

const EMPTY: Ends = Ends { head: NIL, tail: NIL };
const NO_GROUP: Group = Group { ends: EMPTY, bytes: Bytes::ZERO, blocks: 0, at: 0 };

/// Group 0 is for the blocks of no RDD.
fn group_of(rdd: Option<RddId>) -> usize {
    rdd.map_or(0, |rdd| rdd.index() + 1)
}

impl LruList {
    pub(super) fn new() -> Self {
        Self {
            all: EMPTY,
            bytes: Bytes::ZERO,
            blocks: 0,
            by_rdd: Vec::new(),
            present: Vec::new(),
            heads: BinaryHeap::new(),
        }
    }

    /// Bytes by RDD, of those that have a block here.
    pub(super) fn bytes_by_rdd(&self) -> impl Iterator<Item = (Option<RddId>, Bytes)> + '_ {
        self.present.iter().map(|&group| {
            let rdd = group.checked_sub(1).map(RddId);
            (rdd, self.by_rdd[group as usize].bytes)
        })
    }

    /// Appends a block as the most recently used one.
    pub(super) fn push(&mut self, table: &mut BlockTable, copy: CopyId, now: u64) {
        let (rdd, size) = (table[copy].rdd, table[copy].memory_size);
        let group_index = group_of(rdd);
        if self.by_rdd.len() <= group_index {
            self.by_rdd.resize(group_index + 1, NO_GROUP);
        }
        let group = &mut self.by_rdd[group_index];
        if group.blocks == 0 {
            group.at = self.present.len() as u32;
            self.present.push(group_index as u32);
        }
        group.blocks += 1;
        group.bytes += size;
        self.blocks += 1;
        self.bytes += size;
        let links = table.links_mut(copy);
        links.accessed = now;
        (links.prev, links.next) = (self.all.tail, NIL);
        (links.rdd_prev, links.rdd_next) = (group.ends.tail, NIL);
        match self.all.tail {
            NIL => self.all.head = copy.0,
            tail => table.links_mut(CopyId(tail)).next = copy.0,
        }
        match group.ends.tail {
            NIL => group.ends.head = copy.0,
            tail => table.links_mut(CopyId(tail)).rdd_next = copy.0,
        }
        self.all.tail = copy.0;
        group.ends.tail = copy.0;
    }

    /// Takes a block out.
    pub(super) fn remove(&mut self, table: &mut BlockTable, copy: CopyId) {
        let (rdd, size, links) = (table[copy].rdd, table[copy].memory_size, *table.links(copy));
        let group_index = group_of(rdd);
        let group = &mut self.by_rdd[group_index];
        match links.prev {
            NIL => self.all.head = links.next,
            prev => table.links_mut(CopyId(prev)).next = links.next,
        }
        match links.next {
            NIL => self.all.tail = links.prev,
            next => table.links_mut(CopyId(next)).prev = links.prev,
        }
        match links.rdd_prev {
            NIL => group.ends.head = links.rdd_next,
            prev => table.links_mut(CopyId(prev)).rdd_next = links.rdd_next,
        }
        match links.rdd_next {
            NIL => group.ends.tail = links.rdd_prev,
            next => table.links_mut(CopyId(next)).rdd_prev = links.rdd_prev,
        }
        group.blocks -= 1;
        group.bytes -= size;
        self.blocks -= 1;
        self.bytes -= size;
        if group.blocks == 0 {
            let at = group.at as usize;
            self.present.swap_remove(at);
            if let Some(&moved) = self.present.get(at) {
                self.by_rdd[moved as usize].at = at as u32;
            }
        }
    }

    /// Makes a block the most recently used one: its size and its group stay, only its places change.
    pub(super) fn touch(&mut self, table: &mut BlockTable, copy: CopyId, now: u64) {
        let links = table.links_mut(copy);
        links.accessed = now;
        let old = *links;
        if old.next != NIL {
            (links.prev, links.next) = (self.all.tail, NIL);
            table.links_mut(CopyId(self.all.tail)).next = copy.0;
            table.links_mut(CopyId(old.next)).prev = old.prev;
            match old.prev {
                NIL => self.all.head = old.next,
                prev => table.links_mut(CopyId(prev)).next = old.next,
            }
            self.all.tail = copy.0;
        }
        if old.rdd_next != NIL {
            let ends = &mut self.by_rdd[group_of(table[copy].rdd)].ends;
            let links = table.links_mut(copy);
            (links.rdd_prev, links.rdd_next) = (ends.tail, NIL);
            table.links_mut(CopyId(ends.tail)).rdd_next = copy.0;
            table.links_mut(CopyId(old.rdd_next)).rdd_prev = old.rdd_prev;
            match old.rdd_prev {
                NIL => ends.head = old.rdd_next,
                prev => table.links_mut(CopyId(prev)).rdd_next = old.rdd_next,
            }
            ends.tail = copy.0;
        }
    }

    /// Selects unlocked blocks from the least recently used on, none of `rdd_to_add`, until they hold `space` bytes.
    /// Returns what the victims hold; less than `space` means that all candidates together are too small.
    pub(super) fn select(
        &mut self,
        table: &BlockTable,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        victims: &mut Vec<CopyId>,
    ) -> Bytes {
        victims.clear();
        let own =
            rdd_to_add.and_then(|rdd| self.by_rdd.get(group_of(Some(rdd)))).filter(|group| group.blocks > 0);
        let (own_bytes, own_blocks) = own.map_or((Bytes::ZERO, 0), |group| (group.bytes, group.blocks));
        if self.bytes - own_bytes < space {
            return Bytes::ZERO;
        }
        if own_blocks as usize <= self.present.len() {
            self.select_from_all(table, rdd_to_add, space, victims)
        } else {
            self.select_from_other_rdds(table, rdd_to_add, space, victims)
        }
    }

    /// Steps over the blocks of `rdd_to_add`: right where they are few.
    fn select_from_all(
        &self,
        table: &BlockTable,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        victims: &mut Vec<CopyId>,
    ) -> Bytes {
        let mut selected = Bytes::ZERO;
        let mut at = self.all.head;
        while selected < space && at != NIL {
            let copy = &table[CopyId(at)];
            if copy.is_unlocked() && (rdd_to_add.is_none() || copy.rdd != rdd_to_add) {
                victims.push(CopyId(at));
                selected += copy.memory_size;
            }
            at = table.links(CopyId(at)).next;
        }
        selected
    }

    /// Merges the lists of the other RDDs by time of access: right where the blocks of `rdd_to_add` are many.
    fn select_from_other_rdds(
        &mut self,
        table: &BlockTable,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        victims: &mut Vec<CopyId>,
    ) -> Bytes {
        let own = group_of(rdd_to_add) as u32;
        let Self { present, by_rdd, heads, .. } = self;
        let others = present.iter().filter(|&&group| group != own);
        let first = others.map(|&group| by_rdd[group as usize].ends.head);
        heads.clear();
        heads.extend(first.map(|head| Reverse((table.links(CopyId(head)).accessed, head))));
        let mut selected = Bytes::ZERO;
        while selected < space {
            let Some(Reverse((_, at))) = heads.pop() else { break };
            let copy = &table[CopyId(at)];
            if copy.is_unlocked() {
                victims.push(CopyId(at));
                selected += copy.memory_size;
            }
            let next = table.links(CopyId(at)).rdd_next;
            if next != NIL {
                heads.push(Reverse((table.links(CopyId(next)).accessed, next)));
            }
        }
        selected
    }

    /// The blocks from the least to the most recently used.
    pub(super) fn iter<'a>(&'a self, table: &'a BlockTable) -> impl Iterator<Item = CopyId> + 'a {
        let head = self.all.head;
        std::iter::successors((head != NIL).then_some(head), |&at| {
            let next = table.links(CopyId(at)).next;
            (next != NIL).then_some(next)
        })
        .map(CopyId)
    }
}
