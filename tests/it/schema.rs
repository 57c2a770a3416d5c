//! Records against their JSON Schema, `docs/record.schema.json`: those that are kept, and those that
//! are written now. A unit test holds the schema to the types.

use std::fs;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use fetchbench::record::ComparisonRecord;
use serde_json::Value;

use crate::records::folders;
use crate::workshop::Workshop;

/// The files of a record. The schema defines each, or each of its lines, under its name.
const FILES: [&str; 6] = [
    "environment.json",
    "comparison.json",
    "passes.jsonl",
    "costs.jsonl",
    "samples.jsonl",
    "blocks.jsonl",
];

struct Schema {
    schemas: Schemas,
    indices: Vec<SchemaIndex>,
}

impl Schema {
    fn read() -> Self {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/record.schema.json")).unwrap();
        let mut compiler = Compiler::new();
        compiler.add_resource("urn:record", schema).unwrap();
        let mut schemas = Schemas::new();
        let mut index = |name: &str| {
            compiler.compile(&format!("urn:record#/$defs/{name}"), &mut schemas).unwrap()
        };
        let indices = FILES.iter().map(|name| index(name)).collect();
        Self { schemas, indices }
    }

    /// What is wrong with a text that is to be a file of a record.
    fn fault(&self, file: usize, text: &str) -> Option<String> {
        let lines =
            if FILES[file].ends_with(".jsonl") { text.lines().collect() } else { vec![text] };
        let fault = |line: &str| match serde_json::from_str(line) {
            Ok(value) => self
                .schemas
                .validate(&value, self.indices[file])
                .err()
                .map(|error| error.to_string()),
            Err(error) => Some(format!("not JSON: {error}")),
        };
        lines.into_iter().find_map(fault)
    }

    fn assert_valid(&self, folder: &Path) {
        for name in files_of(folder) {
            let file = FILES.iter().position(|known| *known == name).unwrap();
            let path = folder.join(name);
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let fault = self.fault(file, &text);
            assert!(fault.is_none(), "{}: {}", path.display(), fault.unwrap());
        }
    }
}

/// The files that a record must have: those of a comparison, those of `cargo bench`, or both.
fn files_of(folder: &Path) -> Vec<&'static str> {
    let is_bench = folder.join("samples.jsonl").exists();
    let is_comparison = ["comparison.json", "passes.jsonl", "costs.jsonl"]
        .iter()
        .any(|name| folder.join(name).exists());
    assert!(is_bench || is_comparison, "{} holds no record", folder.display());
    let mut files = vec!["environment.json"];
    if is_bench {
        files.push("samples.jsonl");
    }
    if is_comparison {
        files.extend(["comparison.json", "passes.jsonl", "costs.jsonl"]);
    }
    // Older comparisons lack it.
    if folder.join("blocks.jsonl").exists() {
        files.push("blocks.jsonl");
    }
    files
}

/// Checks that every file of the record in a folder follows the schema.
pub fn assert_follows(folder: &Path) {
    Schema::read().assert_valid(folder);
}

#[test]
fn kept_records_follow_the_schema() {
    let schema = Schema::read();
    for folder in folders() {
        schema.assert_valid(folder);
        if ComparisonRecord::is_in(folder) {
            let passes = ComparisonRecord::read(folder).unwrap().passes;
            assert!(!passes.is_empty(), "{}", folder.display());
        }
    }
}

#[test]
fn new_records_follow_the_schema() {
    let workshop = Workshop::new();
    let arguments = ["--blocks", "1", "--rounds", "1", "--backend", "hyper@smol:1,ureq@threads"];
    assert!(workshop.command(&arguments).output().unwrap().status.success());
    let schema = Schema::read();
    schema.assert_valid(&workshop.record());
    // The schema does object.
    for (file, right, wrong) in [
        (0, "\"cores\": ", "\"cores\": -"),
        (1, "\"complete\"", "\"completed\""),
        (2, "\"validity\":\"valid\"", "\"validity\":\"fine\""),
        (2, "\"validity\":\"valid\"", "\"validity\":\"errors\""),
        (3, "\"threads\":", "\"thread\":"),
        (2, "{", "{{"),
        (0, "\"started\": \"20", "\"started\": \"ca. 20"),
        (0, "\"schema_version\": 1", "\"schema_version\": 2"),
        (1, "\"origins\": ", "\"origins\": -"),
        (1, "\"description\": ", "\"descriptions\": "),
        (2, "\"elapsed_s\":", "\"elapsed_s\":-"),
        (2, "\"visit\":", "\"why\":null,\"visit\":"),
        (2, "\"peak_in_flight\":", "\"peak\":"),
        (3, "\"user_s\":", "\"user_s\":-1"),
        (5, "\"seconds\":", "\"seconds\":-1"),
        (5, "\"others\":", "\"spent\":7,\"others\":"),
        (5, "\"others\":", "\"others\":-1"),
    ] {
        let text = fs::read_to_string(workshop.record().join(FILES[file])).unwrap();
        assert!(
            text.contains(right) && schema.fault(file, &text.replacen(right, wrong, 1)).is_some(),
            "{wrong}"
        );
    }
}
