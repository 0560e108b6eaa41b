//! What another configuration does with a recorded application.

use std::sync::Arc;

use super::interval::intervals;
use super::simulate::{Scales, figures, simulate};
use super::{ChangedSetting, Placement, Predicted, ReplayOptions};
use workload::Schedule;

use crate::case::Resolved;
use crate::{Case, Error, Input, Settings};

/// The prediction, and the case that was run for it.
pub(super) fn predict(
    input: &Input,
    settings: &Settings,
    own: &Case,
    scales: &Scales<'_>,
    options: &ReplayOptions,
) -> Result<(Predicted, Case), Error> {
    let resolved = Resolved::of(input, settings)?;
    let Some(recording) = &input.scenario.plan.recording else {
        return Err(Error::Input(format!("{} has no recording", input.name)));
    };
    // A ratio that the user gives counts for every stage.
    let ratio = sim_core::conf::Key::PoolsimSpillDiskRatio;
    let given = resolved.conf.get(ratio) != own.conf.get(ratio);
    let scales = Scales { disk: if given { &[] } else { scales.disk }, ..*scales };
    let workload = Arc::new(resolved.lower(input)?);
    let placement =
        if resolved.plan_conf.schedule == Schedule::Anew { Placement::Anew } else { Placement::Kept };
    let recut = workload::is_recut(recording, &resolved.plan_conf);
    let case = resolved.clone().with_workload(input, workload);
    let run = simulate(&case, recording);
    let mut figures = figures(&run, recording, &scales);
    let predicted = Predicted {
        interval: intervals(input, &resolved, &mut figures, &scales, options)?,
        figures,
        placement,
        recut,
        conf: changed(own, &case),
        fingerprint: run.fingerprint.to_string(),
    };
    Ok((predicted, case))
}

/// What the two set differently.
fn changed(own: &Case, other: &Case) -> Vec<ChangedSetting> {
    let version = (own.conf.version() != other.conf.version()).then(|| ChangedSetting {
        key: "spark.version".to_owned(),
        from: Some(own.conf.version().to_string()),
        to: other.conf.version().to_string(),
    });
    let settings = other.conf.explicit().filter_map(|(key, value, _)| {
        let from = own.conf.raw(key);
        (from != Some(value)).then(|| ChangedSetting {
            key: key.name().to_owned(),
            from: from.map(ToOwned::to_owned),
            to: value.to_owned(),
        })
    });
    version.into_iter().chain(settings).collect()
}
