//! Plans as stories.
