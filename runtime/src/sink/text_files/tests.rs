use std::fs;
use std::path::Path;

use super::super::testing::{commit, tick};
use super::*;

fn open(prefix: impl Into<PathBuf>) -> TextFileSink {
    let mut sink = text_file_sink(prefix);
    open_sink(&mut sink, 7, None).expect("it opens");
    sink
}

fn open_sink(sink: &mut impl Sink<String>, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
    sink.open(epoch, last_tick)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| w.to_string()).collect()
}

/// All files under the folder, sorted, with what they hold; hidden ones too, but for the epoch's.
fn tree(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it is there").path();
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name").to_string();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else if !name.ends_with(".epoch") {
            files.push((name, fs::read_to_string(&path).expect("it is text")));
        }
    }
    files.sort();
    files
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

#[test]
fn a_tick_is_a_folder_with_a_part_for_each_partition() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = open(folder.path().join("new/counts"));
    commit(&mut sink, &tick(0), vec![words(&["a", "ß"]), vec![], words(&["c"])]);
    commit(&mut sink, &tick(1), Vec::<Vec<String>>::new());
    assert_eq!(
        tree(folder.path()),
        owned(&[
            ("new/counts-1000/_SUCCESS", "tick 0, epoch 7\n"),
            ("new/counts-1000/part-00000", "a\nß\n"),
            ("new/counts-1000/part-00002", "c\n"),
            ("new/counts-2000/_SUCCESS", "tick 1, epoch 7\n"),
        ])
    );
}

#[test]
fn several_writes_to_a_partition_join_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = open(folder.path().join("x"));
    sink.begin_of(&tick(0));
    for (partition, word) in [(0, "a"), (0, "b"), (1, "c"), (0, "d")] {
        sink.write(partition, words(&[word])).expect("it is written");
    }
    Sink::<String>::commit(&mut sink, &tick(0)).expect("it is committed");
    assert_eq!(
        tree(folder.path()),
        owned(&[
            ("x-1000/_SUCCESS", "tick 0, epoch 7\n"),
            ("x-1000/part-00000", "a\nb\nd\n"),
            ("x-1000/part-00001", "c\n"),
        ])
    );
}

impl TextFileSink {
    fn begin_of(&mut self, tick: &Tick) {
        Sink::<String>::begin(self, tick).expect("it begins");
    }
}

#[test]
fn nothing_is_visible_before_the_commit_and_nothing_stays_after_an_abort() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = open(folder.path().join("x"));
    sink.begin_of(&tick(0));
    sink.write(0, words(&["a"])).expect("it is written");
    assert!(!folder.path().join("x-1000").exists());
    Sink::<String>::abort(&mut sink, &tick(0));
    assert_eq!(tree(folder.path()), []);
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1, "the epoch's file alone");
}

#[test]
fn a_tick_that_runs_again_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = open(folder.path().join("x"));
    commit(&mut sink, &tick(0), vec![words(&["a"]), words(&["b"])]);
    drop(sink);
    let mut again = text_file_sink(folder.path().join("x"));
    open_sink(&mut again, 8, Some(0)).expect("it is newer");
    commit(&mut again, &Tick { epoch: 8, ..tick(0) }, vec![words(&["c"])]);
    assert_eq!(
        tree(folder.path()),
        owned(&[("x-1000/_SUCCESS", "tick 0, epoch 8\n"), ("x-1000/part-00000", "c\n")])
    );

    again.begin_of(&tick(1));
    fs::write(folder.path().join(".x.epoch"), "9\n").expect("another process may start");
    let late = Tick { epoch: 8, ..tick(1) };
    let refused = Sink::<String>::commit(&mut again, &late).expect_err("it is older").to_string();
    assert!(refused.contains("a newer start of the pipeline (epoch 9)"), "{refused}");
    drop(again);
    assert!(open_sink(&mut text_file_sink(folder.path().join("x")), 7, Some(0)).is_err());
}

#[test]
fn what_a_crash_left_is_removed_or_put_back_and_what_others_have_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        (".x-1000.writing", "half"),
        (".x-2000.replaced", "earlier"),
        ("x-2000", "later"),
        (".x-3000.replaced", "earlier"),
        (".x-mine.writing", "another's"),
        (".xy-1000.writing", "another's"),
    ] {
        fs::create_dir(folder.path().join(name)).expect("it can be made");
        fs::write(folder.path().join(name).join("part-00000"), text).expect("it can be written");
    }
    open(folder.path().join("x"));
    assert_eq!(
        tree(folder.path()),
        owned(&[
            (".x-mine.writing/part-00000", "another's"),
            (".xy-1000.writing/part-00000", "another's"),
            ("x-2000/part-00000", "later"),
            ("x-3000/part-00000", "earlier"),
        ])
    );
}

#[test]
fn records_are_written_by_display_or_by_a_function_and_folders_may_have_a_suffix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = text_file_sink(folder.path().join("x"))
        .suffix("csv")
        .format(|(w, n): &(&str, u8)| format!("{w},{n}"));
    sink.open(1, None).expect("it opens");
    commit(&mut sink, &tick(0), vec![vec![("a", 1), ("b", 2)]]);
    assert_eq!(
        fs::read_to_string(folder.path().join("x-1000.csv/part-00000")).expect("it is there"),
        "a,1\nb,2\n"
    );
}

#[test]
fn two_ticks_of_one_time_are_an_error_and_not_a_loss() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = open(folder.path().join("x"));
    commit(&mut sink, &tick(0), vec![words(&["a"])]);
    let same_time = Tick { number: 1, ..tick(0) };
    let error =
        Sink::<String>::begin(&mut sink, &same_time).expect_err("it would replace the first").to_string();
    assert!(error.starts_with("ticks 0 and 1 have the same batch time, 1000 ms"), "{error}");
}

#[test]
fn a_prefix_that_is_a_folder_or_lies_in_a_file_is_an_error_with_advice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut slash = text_file_sink(format!("{}/", folder.path().display()));
    let error = open_sink(&mut slash, 1, None).expect_err("it is no prefix").to_string();
    assert!(error.contains("such as `out/counts`"), "{error}");
    fs::write(folder.path().join("file"), "").expect("it can be written");
    let error = open_sink(&mut text_file_sink(folder.path().join("file/x")), 1, None).expect_err("no folder");
    assert!(error.to_string().contains("choose another prefix, or move what is there"), "{error}");
}

#[test]
fn a_url_is_refused_without_its_secrets() {
    let mut sink = text_file_sink("s3://key:secret@bucket/out?sig=secret").suffix("csv");
    let told = open_sink(&mut sink, 1, None).expect_err("it is a URL").to_string();
    assert!(told.contains("`s3://bucket/out`") && told.contains("json_sink"), "{told}");
    for shown in [told, format!("{sink:?}")] {
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn two_sinks_on_one_prefix_removed_each_others_folders_and_blamed_the_user() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut first = open(folder.path().join("x"));
    first.begin_of(&tick(0));
    for same in ["x", "./x"] {
        let mut second = text_file_sink(folder.path().join(same));
        let error = open_sink(&mut second, 7, None).expect_err("it is taken").to_string();
        assert!(error.starts_with("another sink of this process writes to `"), "{error}");
        assert!(error.contains("give each a prefix of its own"), "{error}");
    }
    first.write(0, words(&["a"])).expect("its folder is still there");
    Sink::<String>::commit(&mut first, &tick(0)).expect("it is committed");
    let csv = &mut text_file_sink(folder.path().join("x")).suffix("csv");
    open_sink(csv, 7, None).expect("another suffix is another place");
    drop(first);
    open(folder.path().join("x"));
}

/// The folders as they are when a commit was cut off behind each of its steps, in order.
#[test]
fn wherever_a_commit_was_cut_off_a_tick_is_whole_after_the_next_start_and_can_run_again() {
    let earlier = owned(&[("x-1000/_SUCCESS", "tick 0, epoch 7\n"), ("x-1000/part-00000", "earlier\n")]);
    let later = owned(&[("x-1000/_SUCCESS", "tick 0, epoch 8\n"), ("x-1000/part-00000", "later\n")]);
    type Step = fn(&Path);
    let steps: [(&str, Step); 7] = [
        ("begun", |folder| fs::create_dir(folder.join(".x-1000.writing")).expect("it is begun")),
        ("half written", |folder| {
            fs::write(folder.join(".x-1000.writing/part-00000"), "lat").expect("it is written");
        }),
        ("written", |folder| {
            fs::write(folder.join(".x-1000.writing/part-00000"), "later\n").expect("it is written");
        }),
        ("marked", |folder| {
            fs::write(folder.join(".x-1000.writing/_SUCCESS"), "tick 0, epoch 8\n").expect("it is written");
        }),
        ("moved aside", |folder| {
            fs::rename(folder.join("x-1000"), folder.join(".x-1000.replaced")).expect("it can be moved");
        }),
        ("in place", |folder| {
            fs::rename(folder.join(".x-1000.writing"), folder.join("x-1000")).expect("it can be moved");
        }),
        ("half removed", |folder| {
            fs::remove_file(folder.join(".x-1000.replaced/_SUCCESS")).expect("it is there");
        }),
    ];
    for cut_off in 1..=steps.len() {
        let name = steps[cut_off - 1].0;
        let folder = tempfile::tempdir().expect("a temporary folder");
        commit(&mut open(folder.path().join("x")), &tick(0), vec![words(&["earlier"])]);
        steps[..cut_off].iter().for_each(|(_, step)| step(folder.path()));

        let mut sink = text_file_sink(folder.path().join("x"));
        open_sink(&mut sink, 8, Some(0)).expect("it opens");
        let whole = if cut_off < 6 { &earlier } else { &later };
        assert_eq!(&tree(folder.path()), whole, "{name}");
        commit(&mut sink, &Tick { epoch: 8, ..tick(0) }, vec![words(&["later"])]);
        assert_eq!(tree(folder.path()), later, "{name}");
    }
}
