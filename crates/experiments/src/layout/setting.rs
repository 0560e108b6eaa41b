//! Settings as a layout shows them: the value that counts, and who set it.

use sim_core::conf::kind::DefaultValue;
use sim_core::conf::{Conf, Key};

use super::report::PartSetting;

/// A key with its value, set or by default.
pub(super) fn setting(conf: &Conf, key: Key) -> PartSetting {
    let default = || match key.row().default.at(conf.version()) {
        DefaultValue::Is(text) => Some(text.to_owned()),
        DefaultValue::SameAs(other) => setting(conf, other).value,
        DefaultValue::Unset | DefaultValue::Since(_) => None,
    };
    PartSetting {
        key: key.name(),
        value: conf.raw(key).map(str::to_owned).or_else(default),
        set_in: conf.layer_of(key).map(str::to_owned),
    }
}

/// Several of them.
pub(super) fn settings<const N: usize>(conf: &Conf, keys: [Key; N]) -> Vec<PartSetting> {
    keys.map(|key| setting(conf, key)).into()
}
