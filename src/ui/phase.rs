//! What the person needs to know of the engine's state, in one value.

use std::time::Duration;

use crate::engine::{Connection, DestinationSnapshot, Fault, Snapshot, Stage, Step};

/// Where the stream stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Preview only.
    Ready,
    /// On the way to live.
    Connecting {
        /// How far.
        step: Step,
        /// Viewers have seen the stream before.
        was_live: bool,
    },
    /// The server takes the stream.
    Live,
    /// Waiting for the next try.
    Reconnecting {
        /// How long it still waits.
        waits: Duration,
        /// Which try it will be.
        attempt: u32,
        /// Why the last one ended.
        reason: Fault,
        /// Viewers have seen the stream before.
        was_live: bool,
    },
    /// Saying goodbye.
    Stopping,
    /// Ended for good.
    Failed(Fault),
    /// The engine has ended, as it was told to.
    Ended,
    /// The engine has stopped by itself.
    Broken(Fault),
}

impl Phase {
    /// Where the stream of `snapshot` stands.
    pub fn of(snapshot: &Snapshot) -> Self {
        let connection = snapshot.destinations.first().map(|d| &d.connection);
        match (snapshot.stage, connection) {
            (Stage::Ended, _) => match snapshot.faults.first() {
                Some(fault) => Self::Broken(fault.clone()),
                None => Self::Ended,
            },
            (Stage::Stopping, _) | (_, Some(Connection::Stopping)) => Self::Stopping,
            (_, Some(Connection::Failed(fault))) => Self::Failed(fault.clone()),
            (Stage::Idle, _) => Self::Ready,
            (Stage::Publishing, None) => Self::Connecting { step: Step::Resolve, was_live: false },
            (Stage::Publishing, Some(connection)) => Self::publishing(snapshot, connection),
        }
    }

    fn publishing(snapshot: &Snapshot, connection: &Connection) -> Self {
        let was_live = destination(snapshot).is_some_and(|d| !d.live.is_zero() || d.breaks > 0);
        match connection {
            Connection::Connecting(step) => Self::Connecting { step: *step, was_live },
            Connection::Live { .. } => Self::Live,
            Connection::Reconnecting { at, attempt, reason } => Self::Reconnecting {
                waits: at.since(snapshot.at),
                attempt: *attempt,
                reason: reason.clone(),
                was_live,
            },
            Connection::Stopping | Connection::Stopped => Self::Stopping,
            Connection::Failed(fault) => Self::Failed(fault.clone()),
        }
    }

    /// Whether a stream is going out, or would be but for the network.
    pub fn is_on_air(&self) -> bool {
        match self {
            Self::Live => true,
            Self::Connecting { was_live, .. } | Self::Reconnecting { was_live, .. } => *was_live,
            _ => false,
        }
    }

    /// Whether the engine is publishing or trying to.
    pub fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Connecting { .. } | Self::Live | Self::Reconnecting { .. } | Self::Stopping
        )
    }

    /// Whether Go Live is possible.
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Ready | Self::Failed(_))
    }
}

/// The number of `step`, from 1, and of how many.
pub fn number(step: Step) -> (usize, usize) {
    const STEPS: [Step; 6] = [
        Step::Resolve,
        Step::Connect,
        Step::Encrypt,
        Step::Handshake,
        Step::Application,
        Step::Publish,
    ];
    let index = STEPS.iter().position(|other| *other == step).unwrap_or_default();
    (index + 1, STEPS.len())
}

/// The one destination that the window shows.
pub fn destination(snapshot: &Snapshot) -> Option<&DestinationSnapshot> {
    snapshot.destinations.first()
}

/// How long the stream has been live, without the breaks; nothing before.
pub fn live(snapshot: &Snapshot) -> Duration {
    destination(snapshot).map(|d| d.live).unwrap_or_default()
}
