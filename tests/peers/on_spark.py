"""The workloads on Spark Structured Streaming, in built-in functions only.

Each gives records and bytes a second of the micro-batches behind the first few, from Spark's own progress: so starting up, planning the
first batch and compiling its code are left out.
"""

import os
import shutil
import tempfile
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

# Warm-up: of a query's batches with input, so many are not counted.
WARM = 3
# Of 8 MB each. A batch costs Spark some 100 ms whatever is in it, so larger ones are the better form for it.
FILES_A_BATCH = 16


def session():
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("peers")
        .config("spark.driver.memory", "8g")
        .config("spark.driver.extraJavaOptions", "-Xss64m")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        # Numbers wrap around here, as they do in the other systems.
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.sql.files.maxPartitionBytes", str(64 << 20))
        .config("spark.sql.streaming.numRecentProgressUpdates", "100000")
        .config("spark.sql.streaming.noDataMicroBatches.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def steady(query, record_bytes):
    batches = [p for p in query.recentProgress if p["numInputRows"] > 0]
    counted = batches[WARM:] if len(batches) > WARM + 1 else batches[1:]
    rows = sum(p["numInputRows"] for p in counted)
    seconds = sum(p["durationMs"]["triggerExecution"] for p in counted) / 1000
    if not rows or not seconds:
        raise RuntimeError(f"{len(batches)} batches are too few to measure")
    return {
        "records_per_s": rows / seconds,
        "bytes_per_s": rows / seconds * record_bytes,
        "batches": len(counted),
        "records_a_batch": rows // len(counted),
    }


def run(spark, stream, record_bytes, mode="append", each=None, seconds=None, trigger=None, options=None):
    """Runs to the end of the input, or for some seconds."""
    folder = tempfile.mkdtemp(dir=os.environ["PEERS_FOLDER"], prefix="spark-")
    try:
        writer = stream.writeStream.outputMode(mode).option("checkpointLocation", folder)
        writer = writer.foreachBatch(each) if each else writer.format("noop")
        if seconds is None:
            query = writer.trigger(availableNow=True).start()
            query.awaitTermination()
        else:
            query = (writer.trigger(processingTime=trigger) if trigger else writer).start()
            time.sleep(seconds)
            result = steady(query, record_bytes)
            query.stop()
            return result
        return steady(query, record_bytes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lines(spark, files):
    return spark.readStream.option("maxFilesPerTrigger", FILES_A_BATCH).text(files.text)


def grep(spark, files):
    return run(spark, lines(spark, files).filter(F.col("value").contains(files.needle)), files.line_bytes)


def count_words(words):
    """Every batch's counts, as the other rows emit every tick's: no state."""

    def each(batch, _number):
        words(batch).groupBy("word").count().write.format("noop").mode("append").save()

    return each


def word_count(spark, files):
    each = count_words(lambda batch: batch.select(F.explode(F.split("value", " ")).alias("word")))
    return run(spark, lines(spark, files), files.line_bytes, each=each)


def word_count_words(spark, files):
    each = count_words(
        lambda batch: batch.select(F.explode(F.split("value", r"\s+")).alias("word")).filter("word != ''")
    )
    return run(spark, lines(spark, files), files.line_bytes, each=each)


def numbers(spark, a_batch):
    return (
        spark.readStream.format("rate-micro-batch")
        .option("rowsPerBatch", a_batch)
        .option("numPartitions", 2)
        .load()
        .select(F.col("value").alias("x"))
    )


def chain(length):
    def workload(spark, _files):
        stream = numbers(spark, 20_000_000)
        for _ in range(length):
            x = F.col("x")
            stream = stream.select((x.bitwiseXOR(F.shiftright(x, 7)) * 3 + 1).alias("x"))

        def each(batch, _number):
            batch.filter("x % 64 = 0").agg(F.count("*")).write.format("noop").mode("append").save()

        return run(spark, stream, 8, each=each, seconds=15)

    return workload


def mixed(x):
    """A key out of a million, as spread as the hand-written rows' are."""
    return F.pmod(F.xxhash64(x), F.lit(1_000_000))


def running_count(provider):
    def workload(spark, _files):
        spark.conf.set("spark.sql.streaming.stateStore.providerClass", provider)
        counts = numbers(spark, 1_000_000).groupBy(mixed(F.col("x")).alias("key")).count()
        # Spark makes a state's changes durable with each batch: there is no other interval.
        return run(spark, counts, 8, mode="update", seconds=30)

    return workload


STATE = "org.apache.spark.sql.execution.streaming.state."


def sliding(spark, files):
    spark.conf.set("spark.sql.streaming.stateStore.providerClass", STATE + "HDFSBackedStateStoreProvider")
    # The files' times are a second apart: 8 MB a second, windows of 30 s, one every 10 s.
    stream = (
        spark.readStream.option("maxFilesPerTrigger", 10)
        .text(files.text)
        .select("value", F.col("_metadata.file_modification_time").alias("time"))
        .withWatermark("time", "0 seconds")
        .select("time", F.explode(F.split("value", " ")).alias("word"))
        .groupBy(F.window("time", "30 seconds", "10 seconds"), "word")
        .count()
    )
    return run(spark, stream, files.line_bytes)


def nexmark(spark, files):
    schema = "kind string, auction bigint, bidder bigint, price bigint, time bigint, seller bigint, id bigint, name string"
    return spark.readStream.schema(schema).option("maxFilesPerTrigger", FILES_A_BATCH).json(files.nexmark)


def at(column="time"):
    return F.timestamp_millis(F.col(column))


def q1(spark, files):
    bid = nexmark(spark, files).filter("kind = 'bid'")
    return run(spark, bid.selectExpr("auction", "bidder", "price * 908 div 1000 as price"), files.event_bytes)


def q2(spark, files):
    bid = nexmark(spark, files).filter("kind = 'bid' and auction % 123 = 0")
    return run(spark, bid.select("auction", "price"), files.event_bytes)


def q5(spark, files):
    bid = nexmark(spark, files).filter("kind = 'bid'").withColumn("at", at())
    counts = bid.withWatermark("at", "1 second").groupBy(F.window("at", "10 seconds", "2 seconds"), "auction").count()
    hottest = counts.groupBy("window").agg(F.max_by("auction", "count"), F.max("count"))
    return run(spark, hottest, files.event_bytes)


def q7(spark, files):
    bid = nexmark(spark, files).filter("kind = 'bid'").withColumn("at", at())
    highest = bid.withWatermark("at", "1 second").groupBy(F.window("at", "10 seconds")).agg(F.max("price"))
    return run(spark, highest, files.event_bytes)


def q8(spark, files):
    events = nexmark(spark, files).withColumn("at", at()).withWatermark("at", "1 second")
    people = events.filter("kind = 'person'").select(F.window("at", "10 seconds").alias("w"), F.col("id").alias("p"), "name")
    sellers = events.filter("kind = 'auction'").select(F.window("at", "10 seconds").alias("v"), "seller")
    new = people.join(sellers, (F.col("p") == F.col("seller")) & (F.col("w") == F.col("v")))
    # Both sides read the file.
    result = run(spark, new, files.event_bytes)
    return {**result, "records_per_s": result["records_per_s"] / 2, "bytes_per_s": result["bytes_per_s"] / 2}


WORKLOADS = {
    "grep": grep,
    "word count, split(' ')": word_count,
    "word count, words()": word_count_words,
    "chain of 1 map": chain(1),
    "chain of 10 maps": chain(10),
    "chain of 100 maps": chain(100),
    "running count, 1 M keys": running_count(STATE + "HDFSBackedStateStoreProvider"),
    "running count, 1 M keys (RocksDB)": running_count(STATE + "RocksDBStateStoreProvider"),
    "sliding word count": sliding,
    "nexmark 1": q1,
    "nexmark 2": q2,
    "nexmark 5": q5,
    "nexmark 7": q7,
    "nexmark 8": q8,
}


def measure(names, files, report):
    spark = session()
    spark.range(10_000_000).selectExpr("sum(id)").collect()
    for name in names:
        if name in WORKLOADS:
            report(name, lambda name=name: WORKLOADS[name](spark, files))
    spark.stop()
