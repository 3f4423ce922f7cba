//! Windows of event time: they have a time to go by, and are followed by an aggregate.

use proc_macro2::Ident;
use syn::Expr;
use syn::spanned::Spanned;

use super::{is_zero, joins};
use crate::diag::Diagnostics;
use crate::fuse::Stages;
use crate::ir::{Graph, Modifier, Node, OpKind, Operand};
use crate::suggest;
use crate::times::{Lost, is_timeless, time_of};

/// What needs no stages.
pub fn check(graph: &Graph, diag: &mut Diagnostics) {
    followed_by_an_aggregate(graph, diag);
    literal_lengths(graph, diag);
    updated_sessions(graph, diag);
}

/// What only the stages show.
pub fn times(graph: &Graph, stages: &Stages, diag: &mut Diagnostics) {
    for (id, node) in graph.nodes.iter().enumerate() {
        for (at, input) in node.inputs.iter().enumerate() {
            let time = time_of(graph, stages, *input);
            if node.kind == OpKind::EventTime {
                if let Ok(first) = time {
                    given_twice(node, &graph.nodes[first], diag);
                }
            } else if needs_time(node, at)
                && let Err(lost) = time
                && !is_timeless(graph, stages, id)
            {
                let timeout = node.modified(Modifier::EventTimeout);
                let op = timeout.map_or(&node.op, |timeout| &timeout.name);
                diag.error(op.span(), without_time(graph, node, op, at, lost));
                break;
            }
        }
    }
}

/// Of windows all but `global`, which has one, whatever the time. What is made of windows has their time, and that of a stream beside.
fn needs_time(node: &Node, input: usize) -> bool {
    let kind = node.kind;
    kind.is_window() && kind != OpKind::Global
        || node.goes_by_event_time() && !kind.is_windowed()
        || kind.is_windowed_join() && input == 1
}

fn given_twice(node: &Node, first: &Node, diag: &mut Diagnostics) {
    let from = if first.kind == OpKind::EventTime {
        "an `event_time` above gives it".to_string()
    } else if first.kind.hands_on_times() {
        format!("what comes of `{}` has that of its record", first.op)
    } else {
        format!("what comes of windows (`{}`) has the time of its window", first.op)
    };
    diag.error(
        node.op.span(),
        format!(
            "these records have an event time already, {from}, and what goes by one watermark can't be judged by another: \
             leave out this `event_time`"
        ),
    );
}

/// `op`: the operator that goes by it, or what says so of one.
fn without_time(graph: &Graph, node: &Node, op: &Ident, input: usize, lost: Lost) -> String {
    let these = match (node.inputs.len(), input) {
        (1, _) => "these records is: write `.event_time(|x| x.time, secs(10))` before it",
        (_, 0) => "the records before it is: write `.event_time(|x| x.time, secs(10))` on that stream too",
        (_, _) => {
            "the other stream's records is: write `.event_time(|x| x.time, secs(10))` on that stream too"
        }
    };
    let windows = if node.kind.is_window() {
        ". (Windows of processing time, `.window(length, slide)`, need none)"
    } else {
        ""
    };
    let first = if node.kind.is_window() { "the windows" } else { "it" };
    let name = |id: usize| graph.nodes[id].op.to_string();
    match lost {
        Lost::NeverGiven => format!(
            "`{op}` goes by event time, and nobody says what the time of {these}; the second operand is how far they may be \
             out of order{windows}"
        ),
        Lost::Behind(id) => format!(
            "`{op}` goes by event time, and behind `{}` records have none, since each may be made of many: put \
             {first} before that, or give the time again, `.event_time(|x| x.time, secs(10))` behind `{}`",
            name(id),
            name(id)
        ),
        Lost::Union(id) => format!(
            "`{op}` goes by event time, and the streams of this `{}` have theirs from different places: give the event \
             time after the {}, `a.union(b).event_time(|x| x.time, secs(10))`",
            name(id),
            name(id)
        ),
        Lost::Late(id) => format!(
            "`{op}` goes by event time, and these records came too late for those of `{}`: the watermark has \
             passed them, so no other window would take them",
            name(id)
        ),
    }
}

fn followed_by_an_aggregate(graph: &Graph, diag: &mut Diagnostics) {
    for window in graph.nodes.iter().filter(|n| n.kind.is_window()) {
        let consumers = window.outputs.iter().flat_map(|stream| &graph.streams[*stream].consumers);
        for (consumer, input) in consumers {
            let node = &graph.nodes[*consumer];
            if *input == 1 && node.kind.spec().keyed {
                diag.error(node.op.span(), joins::window_of_the_other(window.kind, node));
                continue;
            }
            if node.kind.is_windowed_join() {
                joins::in_windows(window, node, diag);
            }
            // What stands behind it as a call is said where it is read.
            if !node.kind.is_windowed() && node.kind != OpKind::Map {
                diag.error(node.op.span(), suggest::no_aggregate(window.kind, &node.op.to_string()));
            }
        }
    }
}

/// Windows without a length, where that is written as such. Of others the runtime says it when it starts.
fn literal_lengths(graph: &Graph, diag: &mut Diagnostics) {
    for node in graph.nodes.iter().filter(|n| n.kind.is_window()) {
        for operand in &node.operands {
            if let Operand::Value(value) = operand
                && is_zero(value)
            {
                diag.error(
                    value.span(),
                    format!(
                        "`{}` can't have a window of no length, nor one behind the other without a step: the least is \
                         `millis(1)`",
                        node.op
                    ),
                );
            }
        }
    }
}

/// `Emit::Update` of sessions, where it is written as such.
fn updated_sessions(graph: &Graph, diag: &mut Diagnostics) {
    for node in graph.nodes.iter().filter(|n| n.kind == OpKind::Session) {
        let Some(value) = node.modified(Modifier::Emit).and_then(|emit| emit.value.as_ref()) else {
            continue;
        };
        if let Expr::Path(path) = value
            && path.path.segments.last().is_some_and(|s| s.ident == "Update")
        {
            diag.error(
                value.span(),
                "sessions can't be emitted in update mode: one that grows has another window each time, so no later result \
                 would replace an earlier one. Leave it out (each session once, when it is over), or write `Emit::Complete`",
            );
        }
    }
}
