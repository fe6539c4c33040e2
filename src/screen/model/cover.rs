//! What lies over a screen and takes its keys.

use super::Model;
use crate::keys::action::Action;

/// A popup that is driven by actions; where something is typed, keys are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Help,
    /// All that is known of the selected result.
    Detail,
    /// How a backend stands towards level 3.
    Readiness,
}

impl Cover {
    /// Does an action do something while this is open?
    pub fn takes(self, action: Action) -> bool {
        match action {
            Action::Back | Action::Quit | Action::Help | Action::Mouse | Action::Suspend => true,
            Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => true,
            Action::Filter => self == Self::Help,
            Action::Readiness => self == Self::Readiness,
            Action::Detail
            | Action::Open
            | Action::OpenLink
            | Action::OpenArtifacts
            | Action::CopyLink
            | Action::CopyMarkdown
            | Action::Refresh
            | Action::Pause => self == Self::Detail,
            _ => false,
        }
    }
}

impl Model {
    /// What lies uppermost over the screen; none where the keys are the screen's own.
    pub fn cover(&self) -> Option<Cover> {
        if self.help {
            Some(Cover::Help)
        } else if self.detail.is_some() {
            Some(Cover::Detail)
        } else {
            self.screen().readiness.map(|_| Cover::Readiness)
        }
    }
}
