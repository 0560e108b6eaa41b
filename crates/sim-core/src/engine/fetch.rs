//! How a reducer fetches map output: what is here, what comes from other nodes, in which requests.
//!
//! Spark: `ShuffleBlockFetcherIterator` (`partitionBlocksByFetchMode`, `collectFetchRequests`,
//! `createFetchRequests`, `fetchUpToMaxBytes`). Blocks of map output have the same size here, and lie on the addresses
//! evenly: what no table says is an average.

use super::scheduling_conf::FetchConf;
use crate::units::Bytes;

/// The fetch of one reducer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    /// Bytes that are read from the executor's own disk, or from another one's of its node.
    pub(super) local: Bytes,
    /// Bytes that come over the network into memory.
    pub(super) to_memory: Bytes,
    /// Bytes that come over the network and go to disk, because their blocks are too large for memory.
    pub(super) to_disk: Bytes,
    /// The most bytes of requests in flight at a time: memory outside of the pools.
    pub(super) in_flight: Bytes,
    /// Bytes that have to come before the first record is read: those of one request.
    pub(super) first: Bytes,
}

/// Where the map output is that a reducer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outputs {
    /// Blocks, one a map task.
    pub(super) blocks: u64,
    /// How many of them are on the reducer's own node.
    pub(super) local: u64,
    /// Addresses of other nodes that have some.
    pub(super) addresses: u64,
}

impl Fetch {
    /// What a reducer of `bytes` does.
    pub(super) fn of(bytes: Bytes, outputs: Outputs, conf: &FetchConf) -> Self {
        let blocks = outputs.blocks.max(1);
        let share = |part: u64| Bytes((u128::from(bytes.0) * u128::from(part) / u128::from(blocks)) as u64);
        let local = if outputs.local >= blocks { bytes } else { share(outputs.local) };
        let remote = bytes - local;
        let none = Self { local, ..Self::nothing() };
        if remote.is_zero() {
            return none;
        }
        let remote_blocks = blocks - outputs.local;
        let block = Bytes(remote.0.div_ceil(remote_blocks));
        if block > conf.max_block_in_memory {
            // Each block is a request of its own that takes no memory but the buffers of its stream.
            return Self { to_disk: remote, first: block.min(remote), ..none };
        }
        // Requests of one address: blocks until they have a fifth of what may be in flight, or are too many.
        let of_address = remote_blocks.div_ceil(outputs.addresses.max(1));
        let target = (conf.max_bytes_in_flight.0 / 5).max(1);
        let of_request =
            target.div_ceil(block.0.max(1)).min(conf.max_blocks_per_address).clamp(1, of_address.max(1));
        let request = Bytes(block.0.saturating_mul(of_request)).min(remote);
        let fitting = (conf.max_bytes_in_flight.0 / request.0.max(1)).clamp(1, conf.max_requests_in_flight);
        let in_flight = Bytes(request.0.saturating_mul(fitting)).min(remote);
        Self { to_memory: remote, in_flight, first: request, ..none }
    }

    /// Bytes of the first request that comes into memory.
    pub(super) fn first_to_memory(&self) -> Bytes {
        self.first.min(self.to_memory)
    }

    fn nothing() -> Self {
        let zero = Bytes::ZERO;
        Self { local: zero, to_memory: zero, to_disk: zero, in_flight: zero, first: zero }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: fn(u64) -> Bytes = Bytes::mib;

    fn conf() -> FetchConf {
        FetchConf::default()
    }

    #[test]
    fn a_request_has_a_fifth_of_what_may_be_in_flight() {
        // 960 MiB of 960 blocks, a quarter of them here; three other addresses with 240 blocks of 1 MiB each. A request
        // closes with 10 blocks, the first number above 9.6 MiB; four of them are 40 of 48 MiB, a fifth is too much.
        let outputs = Outputs { blocks: 960, local: 240, addresses: 3 };
        let fetch = Fetch::of(MIB(960), outputs, &conf());
        assert_eq!((fetch.local, fetch.to_memory, fetch.to_disk), (MIB(240), MIB(720), Bytes::ZERO));
        assert_eq!((fetch.first, fetch.in_flight), (MIB(10), MIB(40)));
    }

    #[test]
    fn one_request_is_always_in_flight_however_large() {
        let outputs = Outputs { blocks: 10, local: 0, addresses: 2 };
        let fetch = Fetch::of(MIB(1000), outputs, &conf());
        assert_eq!((fetch.first, fetch.in_flight), (MIB(100), MIB(100)));
    }

    #[test]
    fn blocks_above_the_limit_go_to_disk() {
        let outputs = Outputs { blocks: 4, local: 1, addresses: 3 };
        let fetch = Fetch::of(MIB(804), outputs, &conf());
        assert_eq!((fetch.local, fetch.to_memory, fetch.to_disk), (MIB(201), Bytes::ZERO, MIB(603)));
        assert_eq!(fetch.in_flight, Bytes::ZERO);
        let fits = Fetch::of(MIB(800), outputs, &conf());
        assert_eq!((fits.to_memory, fits.to_disk), (MIB(600), Bytes::ZERO), "200 MiB is not above 200 MiB");
    }

    #[test]
    fn the_numbers_of_requests_and_of_blocks_of_an_address_are_limited() {
        // ShuffleBlockFetcherIteratorSuite: with maxBlocksInFlightPerAddress = 2, requests have two blocks.
        let outputs = Outputs { blocks: 20, local: 0, addresses: 1 };
        let two = FetchConf { max_blocks_per_address: 2, ..conf() };
        assert_eq!(Fetch::of(MIB(20), outputs, &two).first, MIB(2));
        let one = FetchConf { max_requests_in_flight: 1, ..conf() };
        assert_eq!(Fetch::of(MIB(960), Outputs { blocks: 960, ..outputs }, &one).in_flight, MIB(10));
    }

    #[test]
    fn on_one_node_nothing_is_fetched() {
        let outputs = Outputs { blocks: 3, local: 3, addresses: 0 };
        assert_eq!(Fetch::of(Bytes(100), outputs, &conf()), Fetch { local: Bytes(100), ..Fetch::nothing() });
    }
}
