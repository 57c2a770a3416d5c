//! Tools with a command each. A directory holds the model, the measurement and the view of a tool.

pub mod calibrate;
pub mod diff;
pub mod doctor;
pub mod fail_if;
pub mod merge;
pub mod verify;
