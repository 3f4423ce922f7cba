//! What pipelines expand to, formatted: to be read in review as a stranger would read it.

use proc_macro2::TokenStream;
use quote::quote;

/// The statements for rustc, without the editor's view.
fn expansion(body: TokenStream) -> String {
    let mut diag = crate::diag::Diagnostics::default();
    let body = crate::parse::body(body, &mut diag);
    let graph = crate::lower::lower(&body, &mut diag);
    crate::check::check(&body, &graph, &mut diag);
    let stages = crate::fuse::fuse(&graph);
    crate::check::stages(&graph, &stages, &mut diag);
    assert_eq!(diag.messages(), Vec::<&str>::new());
    let code = crate::emit::code(&graph, &stages);
    let file = syn::parse2(quote!(fn expansion() { #code })).expect("the expansion is Rust");
    prettyplease::unparse(&file)
}

macro_rules! expands {
    ($($name:ident: { $($body:tt)* })+) => {$(
        #[test]
        fn $name() {
            let settings = {
                let mut s = insta::Settings::clone_current();
                s.set_omit_expression(true);
                s
            };
            settings.bind(|| insta::assert_snapshot!(expansion(quote!($($body)*))));
        }
    )+};
}

expands! {
    word_count: { <WordCount>
        let lines = source(text_socket("127.0.0.1:7777"));
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words
            .filter(|w| !stopwords.contains(*w))
            .map(|w| (w, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.print();
    }

    fan_out_with_filters_on_both_branches: {
        let n = source(numbers);
        n.filter(|n| *n < 10).print();
        n.filter(|n| *n > 5).map(|n| n * 2).print(3);
    }

    union_within_a_stage: {
        let n = source(numbers);
        let (small, large) = n.split(|n| *n < 10);
        small.map(|n| n * 100).union(large).count().print();
    }

    union_of_two_sources: {
        let a = source(first);
        let b = source(second);
        a.filter(|x| x.is_empty()).union(b).for_each(|x| println!("{x}"));
    }

    joins_of_streams_and_of_a_table: {
        let orders = source(first);
        let clicks = source(second);
        let seen = orders.map(|o| (o.user, o)).left_outer_join(clicks.key_by(|c| c.user));
        seen.left_semi_join(seen).keys().print();
        clicks.key_by(|c| c.page).join_table(&pages).fold_by_key(start, |n, _| n + 1).print();
    }

    records_in_the_order_of_their_times: {
        let quotes = source(first).event_time(|q| q.at, secs(5)).key_by(|q| q.what);
        let trades = source(second).event_time(|t| t.at, secs(5)).key_by(|t| t.what);
        let priced = trades.join_as_of(quotes, minutes(1));
        priced.delta(|before, now| now.0 - before.0).tumbling(minutes(1)).count_by_key().print();
        trades.sessionize(gap).print();
    }

    a_loop_stays_a_loop: {
        let s: Stream<u64> = source(numbers);
        for i in 0..n { s = s.map(|x| x * 31 + i); s = s.filter(|x| x % 7 != 0); }
        s.sink(out);
    }

    several_sources_and_sinks: {
        let orders = source(text_files("orders/*.csv")?);
        let clicks = source(self.clicks.take());
        let (good, bad) = orders.try_map(parse);
        bad.sink(dead_letters);
        let totals = good.key_by(|o| o.user).map_values(|o| o.cents).reduce_by_key(u64::max);
        totals.sink(first_sink);
        totals.for_each_batch(|batch, tick| send(batch, tick.number));
        clicks.inspect(|c| log(c)).count().print();
    }

    the_whole_of_a_tick: {
        let lines = source(input);
        let words = lines.words();
        let longest = words.aggregate(0, |most, word| word.len().max(most), |a, b| a.max(b));
        let asked = words.map_async(unordered(8), |word| ask(word)).sort_by_key().top(limit, |(_, n)| *n);
        longest.transform_with(asked.repartition(4), |a, b, tick| join(a, b, tick)).print();
    }

    names_that_clash_are_hidden: {
        let lines = source(input);
        lines
            .map(|w| w.trim())
            .filter_map(|x| if x == w { None } else { Some(x) })
            .print();
    }

    everything_owned: { move {
        let lines = source(input);
        lines.filter(|l| l.contains(&needle)).map(make(prefix)).count_by_value().print();
    } }
}
