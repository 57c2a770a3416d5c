//! Tools with a command each: a directory holds the model, the measurement and the view of one.

pub mod calibrate;
pub mod diff;
pub mod doctor;
pub mod verify;
