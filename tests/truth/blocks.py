"""The blocks of an application as BlockUpdated events tell them."""
import collections


class Blocks:
    """Where each block is, and what the changes were."""

    def __init__(self):
        self.at, self.changes = {}, collections.Counter()
        self.now, self.peak = collections.Counter(), collections.Counter()

    def update(self, info):
        level, id, executor = info["Storage Level"], info["Block ID"], info["Block Manager ID"]["Executor ID"]
        memory, disk, memory_size, disk_size = level["Use Memory"], level["Use Disk"], info["Memory Size"], info["Disk Size"]
        was_memory, was_disk, was_size = old = self.at.get((executor, id), (False, False, 0))
        kind_of_block = "rdd" if id.startswith("rdd_") else id.split("_")[0]
        if memory:
            kind = "again" if was_memory else "promote_mem" if was_disk else "put_mem"
        elif disk:
            kind = "evict_to_disk" if was_memory else "again" if was_disk else "put_disk"
        else:
            kind = "evict_drop" if was_memory else "leave"
        if disk and not memory and was_disk and not was_memory and memory_size > 0:
            # It had come back to memory, which Spark does not report, and leaves it again.
            self.changes[kind_of_block, "unseen"] += 1
            kind, was_size = "evict_to_disk", memory_size
        size = was_size if kind.startswith("evict") else memory_size if memory else disk_size
        self.changes[kind_of_block, kind] += 1
        self.changes[kind_of_block, kind, "bytes"] += size
        self.now[executor] += (memory_size if memory else 0) - (old[2] if was_memory else 0)
        self.peak[executor] = max(self.peak[executor], self.now[executor])
        self.at[executor, id] = (memory, disk, memory_size)

    def counts(self):
        c = self.changes
        evicted = c["broadcast", "evict_to_disk"] + c["broadcast", "evict_drop"]
        r = dict(
            rdd_promote_mem=c["rdd", "promote_mem"], unseen_promotions=c["rdd", "unseen"], bcast_pieces_put=c["broadcast", "put_mem"],
            bcast_piece_bytes=c["broadcast", "put_mem", "bytes"], bcast_evict=evicted, peak_storage=max(self.peak.values(), default=0))
        for kind, name in (("put_mem", "rdd_put_mem"), ("put_disk", "rdd_put_disk"), ("evict_to_disk", "evict_to_disk"), ("evict_drop", "evict_drop")):
            r.update({name: c["rdd", kind], name + "_bytes": c["rdd", kind, "bytes"]})
        return r

    def at_end(self, rdd):
        """How many different blocks of an RDD are in memory, and anywhere, when the log ends."""
        mine = [(id, memory, disk) for (_, id), (memory, disk, _) in self.at.items() if id.startswith(f"rdd_{rdd}_")]
        return dict(end_in_mem=len({id for id, memory, _ in mine if memory}), end_anywhere=len({id for id, memory, disk in mine if memory or disk}))
