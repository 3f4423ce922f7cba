//! Samples of the operators on windows.

use millstream::prelude::*;

use super::words;

both! {
    window {
        let lines: Stream<String> = source(words()).window(secs(2));
        let of_pairs: Stream<(String, usize)> = source(words()).map(|l| (l, l.len())).window(secs(3), secs(2),);
        lines.print();
        of_pairs.print();
    }
    count_by_window {
        let every: Stream<u64> = source(words()).count_by_window(secs(2));
        let slow: Stream<u64> = source(words()).count_by_window(minutes(1), secs(10));
        every.print();
        slow.print();
    }
    reduce_by_window {
        let longest: Stream<usize> = source(words()).map(|l| l.len()).reduce_by_window(usize::max, secs(2));
        let all: Stream<String> = source(words()).reduce_by_window(|a, b| a + &b, secs(2), secs(1));
        longest.print();
        all.print();
        let n = source(words()).map(|l| l.len());
        n.reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2)).print();
        let sum: Stream<usize> = n.map(|n| 2 * n).reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2), secs(2));
        sum.print();
    }
    reduce_by_key_and_window {
        let pairs = source(words()).map(|l| (l, l.len() as u64));
        let sums: Stream<(String, u64)> = pairs.reduce_by_key_and_window(|a, b| a + b, secs(3), secs(2));
        let longest: Stream<(String, u64)> = pairs.map_values(|n| n + 1).reduce_by_key_and_window(u64::max, secs(3));
        sums.print();
        longest.print();
    }
    reduce_by_key_and_window_with_inverse {
        let pairs = source(words()).map(|l| (l, l.len() as u64));
        let sums: Stream<(String, u64)> = pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(3), secs(2));
        let batches: Stream<(String, u64)> = source(words())
            .map(|l| (l, 1u64))
            .reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(3));
        let some: Stream<(String, u64)> = source(words()).map(|l| (l, 1u64)).reduce_by_key_and_window_with_inverse(
            |a, b| a + b,
            |a, b| a - b,
            secs(3),
            secs(1),
            |key, n| key.len() as u64 + n > 0,
        );
        sums.print();
        batches.print();
        some.print();
    }
    group_by_key_and_window {
        let groups: Stream<(usize, Vec<u8>)> = source(words()).map(|l| (l.len(), 1u8)).group_by_key_and_window(secs(2));
        let slow: Stream<(&str, u64)> = source(words()).map(|l| (l, 1u64));
        slow.group_by_key_and_window(secs(4), secs(2)).print();
        groups.print();
    }
    count_by_value_and_window {
        let counts: Stream<(String, u64)> = source(words()).count_by_value_and_window(secs(2));
        let slow: Stream<(usize, u64)> = source(words()).map(str::len).count_by_value_and_window(secs(4), secs(2));
        counts.print();
        slow.print();
    }
}
