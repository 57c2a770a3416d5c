//! The JSON Schema of records, generated from their types.
//!
//! `docs/record.schema.json` is the result. A test fails if the types have changed since.

use std::fs;
use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{BenchSample, BlockSample, ComparisonSetup, CostSample, Environment, PassSample};

/// The committed schema.
const FILE: &str = "docs/record.schema.json";

/// Rewrites the committed schema.
const UPDATE: &str = "UPDATE=1 cargo test --lib record::schema";

/// Returns the schema of every file of a record: a definition for each, under the file's name.
fn generate() -> Value {
    // What is written, and not what is read: a field that is always written is required.
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(tighten));
    let mut generator = settings.into_generator();
    let files = [
        ("environment.json", reference::<Environment>(&mut generator)),
        ("comparison.json", reference::<ComparisonSetup>(&mut generator)),
        ("passes.jsonl", reference::<PassSample>(&mut generator)),
        ("costs.jsonl", reference::<CostSample>(&mut generator)),
        ("blocks.jsonl", reference::<BlockSample>(&mut generator)),
        ("samples.jsonl", reference::<BenchSample>(&mut generator)),
    ];
    let mut definitions = generator.take_definitions(true);
    definitions.extend(files.map(|(file, schema)| (file.to_owned(), schema)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record of fetchbench",
        "description": "Each file of a record follows the definition of its name, or each line of \
                        it if the name ends in .jsonl.",
        "$defs": definitions,
    })
}

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Adds what holds for every record: no unknown fields unless a type allows them, no negative
/// numbers, and fields with a default may be missing, because older records lack them.
fn tighten(schema: &mut Schema) {
    schema.remove("format");
    if has_type(schema, "number") {
        schema.ensure_object().entry("minimum").or_insert(json!(0));
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace("[`", "`").replace("`]", "`");
    }
    if !has_type(schema, "object") {
        return;
    }
    let mut required = schema.remove("required").unwrap_or_else(|| json!([]));
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    let Value::Array(names) = &mut required else { return };
    for (name, property) in properties {
        let Value::Object(property) = property else { continue };
        if property.remove("default").is_some() {
            names.retain(|other| other != name);
        } else if !names.iter().any(|other| other == name) {
            forbid_null(property);
        }
    }
    schema.insert("required".to_owned(), required);
    schema.ensure_object().entry("additionalProperties").or_insert(false.into());
}

/// Removes `null` from the types of a field that is left out instead.
fn forbid_null(property: &mut Map<String, Value>) {
    for key in ["type", "anyOf"] {
        let Some(Value::Array(kinds)) = property.get(key) else { continue };
        let is_null = |kind: &&Value| **kind == "null" || **kind == json!({ "type": "null" });
        let kind = kinds.iter().find(|kind| !is_null(kind)).cloned();
        property.remove(key);
        match kind {
            Some(Value::Object(schema)) => property.extend(schema),
            kind => drop(property.insert(key.to_owned(), kind.into())),
        }
    }
}

fn has_type(schema: &Schema, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        kind => kind.is_some_and(|kind| kind == wanted),
    }
}

#[test]
fn the_schema_matches_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let generated = generate();
    if std::env::var_os("UPDATE").is_some() {
        super::files::replace_json(&path, &generated).unwrap();
    }
    let committed: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(generated == committed, "{FILE} differs from the types of records: run {UPDATE}");
}
