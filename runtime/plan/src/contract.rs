//! What a checkpoint relies on: the names of sources and of state.

use crate::op::OpKind;
use crate::plan::Plan;

impl Plan {
    /// The sources and the stateful operators that a checkpoint names, a line each: `source lines`,
    /// `counts/update_state_by_key`.
    ///
    /// Lines are sorted, and nothing else is in them: a pipeline may move, gain and lose other operators, and
    /// still restores what it knows.
    pub fn contract(&self) -> String {
        let graph = self.graph();
        let mut lines: Vec<String> = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate() {
            if node.kind == OpKind::Source {
                let name = node.outputs.first().copied().flatten().unwrap_or(node.stream);
                lines.push(format!("source {name}\n"));
            } else if node.kind.spec().stateful {
                lines.push(format!("{}\n", graph.operator_name(id)));
            }
        }
        lines.sort_unstable();
        lines.concat()
    }

    /// A number for [`Plan::contract`]: 64-bit FNV-1a, the same on every platform and in every version.
    pub fn fingerprint(&self) -> u64 {
        fnv1a(self.contract().as_bytes())
    }
}

/// Fowler, Noll and Vo's hash, variant 1a.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::fnv1a;
    use crate::samples;

    #[test]
    fn a_checkpoint_relies_on_sources_by_name_and_not_by_position() {
        assert_eq!(samples::word_count().contract(), "source lines\n");
        assert_eq!(samples::union_of_two_sources().contract(), "source app\nsource web\n");
    }

    #[test]
    fn the_fingerprint_is_that_of_the_names_alone() {
        let fingerprint = samples::word_count().fingerprint();
        assert_eq!(fingerprint, 0xb525_8f3f_7e78_0d5b);
        assert_eq!(fingerprint, samples::fan_out().fingerprint());
        assert_ne!(fingerprint, samples::apart().fingerprint());
    }

    #[test]
    fn the_hash_agrees_with_its_published_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
