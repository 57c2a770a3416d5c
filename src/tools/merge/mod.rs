//! Merges the records of shards into one.

mod property;

pub use self::property::{
    DifferingProperty, Property, build_properties, differences, setup_properties,
};
