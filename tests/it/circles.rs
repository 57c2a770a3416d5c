//! The files of `src` import each other in one direction: there is no circle.
//!
//! A `mod.rs` may gather the files beside it, which may use what it holds: that is no circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::sources;

/// The path of a module, from the root of the crate.
type Module = Vec<String>;

/// Returns the module that a file of `src` is.
fn module_of(file: &str) -> Module {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

/// Returns every path that the `use` lines of a text name, with the braces resolved.
fn used_paths(text: &str) -> Vec<String> {
    let statements = text.split(';').filter_map(|statement| {
        let line = statement.rsplit_once("\nuse ").map(|(_, path)| path);
        line.or_else(|| statement.rsplit_once("\npub use ").map(|(_, path)| path))
    });
    statements
        .flat_map(|statement| resolve_braces(&statement.split_whitespace().collect::<String>()))
        .collect()
}

fn resolve_braces(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut depth = 0;
    let is_separator = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    let parts: Vec<&str> = inner.split(is_separator).filter(|part| !part.is_empty()).collect();
    parts.into_iter().flat_map(|part| resolve_braces(&format!("{before}{part}"))).collect()
}

/// Returns the module that a used path leads into: the longest one that is a file.
fn target(path: &str, from: &Module, modules: &BTreeSet<Module>) -> Option<Module> {
    let mut full: Module = match path.split("::").next()? {
        "crate" => Vec::new(),
        "self" => from.clone(),
        "super" => from[..from.len().saturating_sub(1)].to_vec(),
        _ => return None,
    };
    for part in path.split("::").skip(1) {
        match part {
            "super" => drop(full.pop()),
            part => full.push(part.to_owned()),
        }
    }
    (0..=full.len())
        .rev()
        .map(|length| full[..length].to_vec())
        .find(|module| modules.contains(module))
}

/// Returns the imports of every module, without those between a module and one that it lies in.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let files = sources("src");
    let modules: BTreeSet<Module> = files.iter().map(|(file, _)| module_of(file)).collect();
    let of_file = |(file, text): &(String, String)| {
        let from = module_of(file);
        // What only tests use ties nothing together.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let targets = used_paths(&format!("\n{code}"))
            .into_iter()
            .filter_map(|path| target(&path, &from, &modules));
        let others = targets.filter(|to| !to.starts_with(&from) && !from.starts_with(to)).collect();
        (from, others)
    };
    files.iter().map(of_file).collect()
}

/// Returns the modules on a way from `module` back to itself, if there is one.
fn circle(module: &Module, imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let mut ways = vec![vec![module.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in imports.get(way.last()?).into_iter().flatten() {
            if next == module {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

#[test]
fn files_form_no_circle() {
    let imports = imports();
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 500, "imports are not found");
    for module in imports.keys() {
        let found = circle(module, &imports);
        assert!(
            found.is_none(),
            "a circle: {:?}",
            found.unwrap().iter().map(|m| m.join("::")).collect::<Vec<_>>()
        );
    }
}

#[test]
fn circles_would_be_found() {
    let module = |name: &str| vec![name.to_owned()];
    let imports: BTreeMap<_, _> = [("a", "b"), ("b", "c"), ("c", "a")]
        .map(|(from, to)| (module(from), [module(to)].into()))
        .into();
    assert_eq!(circle(&module("a"), &imports).map(|way| way.len()), Some(3));
    let paths = resolve_braces("crate::a::{self,b::{C,D},e}");
    assert_eq!(paths, ["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::e"]);
}
