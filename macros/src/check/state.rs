//! What is kept: its names, and that it is bounded or said not to be.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostics;
use crate::ir::{Graph, Modifier, OpKind};
use crate::{names, suggest};

pub fn check(graph: &Graph, diag: &mut Diagnostics) {
    ids(graph, diag);
    names_of_state(graph, diag);
    names_of_sources(graph, diag);
    duplicates_for_ever(graph, diag);
}

/// An id names one thing.
fn ids(graph: &Graph, diag: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for id in graph.nodes.iter().filter_map(|n| n.modified(Modifier::Id)) {
        let Some(text) = &id.text else { continue };
        if !seen.insert(text) {
            diag.error(
                id.name.span(),
                format!("another operator of this pipeline has the id `{text}` already: give each its own"),
            );
        }
    }
}

/// State is found again by its name: two of one name would be one.
fn names_of_state(graph: &Graph, diag: &mut Diagnostics) {
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for node in graph.nodes.iter().filter(|n| n.kind.spec().stateful) {
        let (name, id) = (node.state_name(), node.modified(Modifier::Id));
        match seen.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(id.is_some());
            }
            // Of two ids it is said already.
            Entry::Occupied(entry) if *entry.get() && id.is_some() => {}
            Entry::Occupied(entry) => diag.error(
                id.map_or(node.op.span(), |id| id.name.span()),
                format!(
                    "another state of this pipeline is called `{}` already, and by that name it is found again after \
                     a restart: bind one of the two streams with a `let` of its own, or name one with `.id(\"…\")`",
                    entry.key()
                ),
            ),
        }
    }
}

/// An id that is the name of another source. (Two without a name of their own may be, until there is a checkpoint.)
fn names_of_sources(graph: &Graph, diag: &mut Diagnostics) {
    let sources = || graph.nodes.iter().filter(|n| n.kind == OpKind::Source);
    for id in sources().filter_map(|n| n.modified(Modifier::Id)) {
        let taken = sources().filter(|n| n.modified(Modifier::Id).is_none()).any(|n| {
            let stream = &graph.streams[n.outputs[0]];
            Some(stream.name.as_ref().map_or_else(|| n.stream.clone(), names::text)) == id.text
        });
        if taken {
            diag.error(
                id.name.span(),
                "another source of this pipeline has this name, and by it its place is found again after a restart: \
                 choose another one",
            );
        }
    }
}

fn duplicates_for_ever(graph: &Graph, diag: &mut Diagnostics) {
    for node in
        graph.nodes.iter().filter(|n| matches!(n.kind, OpKind::DropDuplicates | OpKind::DropDuplicatesByKey))
    {
        let op = &node.op;
        match (node.operands.is_empty(), node.modified(Modifier::Unbounded)) {
            (true, None) => diag.error(
                op.span(),
                format!("`{op}` has to be told how long it remembers: write {}", suggest::example(node.kind)),
            ),
            (false, Some(unbounded)) => diag.error(
                unbounded.name.span(),
                format!(
                    "`{op}` is told how long it remembers, so it is not unbounded: leave out one of the two"
                ),
            ),
            _ => {}
        }
    }
}
