"""The workloads on Flink, in SQL.

A job is run on a part of the input and then on all of it, in one warm process; the difference of the two times is what the rest of the
input took: so starting a job, and what it does at its end, are left out.
"""

import os
import shutil
import tempfile
import time

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

# Of the input, what the first of the two runs reads.
PART = 0.25


def environment(checkpoints=None):
    config = Configuration()
    for key, value in {
        "parallelism.default": "2",
        "pipeline.object-reuse": "true",
        # Records are combined before they are sent to their keys.
        "table.exec.mini-batch.enabled": "true",
        "table.exec.mini-batch.allow-latency": "1 s",
        "table.exec.mini-batch.size": "1000000",
        "table.optimizer.agg-phase-strategy": "TWO_PHASE",
        "taskmanager.memory.network.min": "256mb",
        "taskmanager.memory.network.max": "256mb",
        "taskmanager.memory.managed.size": "512mb",
        "taskmanager.numberOfTaskSlots": "2",
        "state.backend.type": "hashmap",
        "table.local-time-zone": "UTC",
    }.items():
        config.set_string(key, value)
    if checkpoints:
        config.set_string("execution.checkpointing.interval", "10 s")
        config.set_string("execution.checkpointing.dir", "file://" + checkpoints)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
    return TableEnvironment.create(settings)


def run(table, name, columns, query):
    table.execute_sql(f"DROP TABLE IF EXISTS {name}")
    table.execute_sql(f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'blackhole')")
    began = time.monotonic()
    table.execute_sql(f"INSERT INTO {name} {query}").wait()
    return time.monotonic() - began


def of_two(records, record_bytes, seconds_of):
    """`seconds_of(part)` runs the job on so much of the input."""
    seconds_of(PART)  # warms up
    short, whole = seconds_of(PART), seconds_of(1.0)
    rate = records * (1 - PART) / (whole - short)
    return {
        "records_per_s": rate,
        "bytes_per_s": rate * record_bytes,
        "seconds": [round(short, 2), round(whole, 2)],
    }


def part_of(folder, part):
    """A folder with the first files of another: linked, so each keeps its time."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    chosen = names[: round(len(names) * part)]
    to = f"{folder}-{part}"
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    for name in chosen:
        os.link(os.path.join(folder, name), os.path.join(to, name))
    return to


def view(table, name, of, query):
    """A view, where the query has a use for it."""
    if f"TABLE {name}," in query:
        table.execute_sql(f"DROP TEMPORARY VIEW IF EXISTS {name}")
        table.execute_sql(f"CREATE TEMPORARY VIEW {name} AS {of}")


def of_text(columns, query):
    def workload(files):
        table = environment()

        def seconds(part):
            folder = part_of(files.text, part)
            table.execute_sql("DROP TABLE IF EXISTS input")
            table.execute_sql(
                "CREATE TABLE input (line STRING, ts TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'file.modification-time' VIRTUAL, "
                # Files are read by two tasks in no fixed order.
                "WATERMARK FOR ts AS ts - INTERVAL '30' SECOND) "
                f"WITH ('connector' = 'filesystem', 'path' = 'file://{folder}', 'format' = 'raw')"
                if "TABLE(" in query
                else "CREATE TABLE input (line STRING) "
                f"WITH ('connector' = 'filesystem', 'path' = 'file://{folder}', 'format' = 'raw')"
            )
            view(table, "word", "SELECT ts, word FROM input CROSS JOIN UNNEST(SPLIT(line, ' ')) AS words (word)", query)
            return run(table, "output", columns, query.replace("NEEDLE", files.needle))

        return of_two(files.lines, files.line_bytes, seconds)

    return workload


WORDS = "SELECT word, COUNT(*) FROM input CROSS JOIN UNNEST({split}) AS words (word) GROUP BY word"


def of_numbers(records, columns, query, largest=1 << 40, checkpoint=False):
    def workload(_files):
        folder = tempfile.mkdtemp(dir=os.environ["PEERS_FOLDER"], prefix="flink-") if checkpoint else None
        table = environment(folder)

        def seconds(part):
            n = int(records * part)
            table.execute_sql("DROP TABLE IF EXISTS input")
            table.execute_sql(
                "CREATE TABLE input (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', "
                f"'number-of-rows' = '{n}', 'fields.x.min' = '0', 'fields.x.max' = '{largest}')"
            )
            return run(table, "output", columns, query)

        try:
            return of_two(records, 8, seconds)
        finally:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)

    return workload


def chain(length, records):
    # Flink has no shift and no exclusive or in SQL: a multiplication and an addition stand for a step.
    query = "SELECT x FROM input"
    for _ in range(length):
        query = f"SELECT (x + 7) * 3 + 1 AS x FROM ({query})"
    return of_numbers(records, "x BIGINT", f"SELECT x FROM ({query}) WHERE MOD(x, 64) = 0")


def of_bids(columns, query):
    def workload(files):
        table = environment()

        def seconds(part):
            folder = part_of(files.nexmark, part)
            table.execute_sql("DROP TABLE IF EXISTS input")
            table.execute_sql(
                "CREATE TABLE input (kind STRING, auction BIGINT, bidder BIGINT, price BIGINT, `time` BIGINT, seller BIGINT, "
                "id BIGINT, name STRING, ts AS TO_TIMESTAMP_LTZ(`time`, 3), "
                # Files are read by two tasks.
                "WATERMARK FOR ts AS ts - INTERVAL '30' SECOND) "
                f"WITH ('connector' = 'filesystem', 'path' = 'file://{folder}', 'format' = 'json')"
            )
            for kind in ("bid", "person", "auction"):
                view(table, f"{kind}s", f"SELECT * FROM input WHERE kind = '{kind}'", query)
            return run(table, "output", columns, query)

        return of_two(files.events, files.event_bytes, seconds)

    return workload


HOP = "TABLE(HOP(TABLE {table}, DESCRIPTOR(ts), INTERVAL '{slide}' SECOND, INTERVAL '{size}' SECOND))"
TUMBLE = "TABLE(TUMBLE(TABLE {table}, DESCRIPTOR(ts), INTERVAL '10' SECOND))"

WORKLOADS = {
    "grep": of_text("line STRING", "SELECT line FROM input WHERE line LIKE '%NEEDLE%'"),
    "word count, split(' ')": of_text("word STRING, n BIGINT", WORDS.format(split="SPLIT(line, ' ')")),
    "word count, words()": of_text(
        "word STRING, n BIGINT",
        WORDS.format(split=r"SPLIT(REGEXP_REPLACE(line, '\s+', ' '), ' ')"),
    ),
    "chain of 1 map": chain(1, 60_000_000),
    "chain of 10 maps": chain(10, 60_000_000),
    "chain of 100 maps": chain(100, 30_000_000),
    "running count, 1 M keys": of_numbers(
        40_000_000,
        "k BIGINT, n BIGINT",
        "SELECT x, COUNT(*) FROM input GROUP BY x",
        largest=999_999,
        checkpoint=True,
    ),
    "sliding word count": of_text(
        "s TIMESTAMP(3), word STRING, n BIGINT",
        "SELECT window_start, word, COUNT(*) FROM TABLE(HOP(TABLE word, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
        "INTERVAL '30' SECOND)) GROUP BY window_start, window_end, word",
    ),
    "nexmark 1": of_bids(
        "auction BIGINT, bidder BIGINT, price BIGINT",
        "SELECT auction, bidder, price * 908 / 1000 FROM input WHERE kind = 'bid'",
    ),
    "nexmark 2": of_bids(
        "auction BIGINT, price BIGINT",
        "SELECT auction, price FROM input WHERE kind = 'bid' AND MOD(auction, 123) = 0",
    ),
    "nexmark 5": of_bids(
        "s TIMESTAMP(3), auction BIGINT, n BIGINT",
        "SELECT window_start, auction, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC) "
        "AS place FROM (SELECT window_start, window_end, auction, COUNT(*) AS n FROM "
        + HOP.format(table="bids", slide=2, size=10)
        + " GROUP BY window_start, window_end, auction)) WHERE place = 1",
    ),
    "nexmark 7": of_bids(
        "s TIMESTAMP(3), price BIGINT",
        "SELECT window_start, MAX(price) FROM " + TUMBLE.format(table="bids") + " GROUP BY window_start, window_end",
    ),
    "nexmark 8": of_bids(
        "id BIGINT, name STRING",
        "SELECT p.id, p.name FROM (SELECT id, name, window_start, window_end FROM "
        + TUMBLE.format(table="persons")
        + " GROUP BY id, name, window_start, window_end) p JOIN (SELECT seller, window_start, window_end FROM "
        + TUMBLE.format(table="auctions")
        + " GROUP BY seller, window_start, window_end) a "
        "ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end",
    ),
}


def measure(names, files, report):
    for name in names:
        if name in WORKLOADS:
            report(name, lambda name=name: WORKLOADS[name](files))
