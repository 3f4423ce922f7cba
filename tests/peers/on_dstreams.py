"""Grep and word count on Spark's DStreams, written in Java: Python has them for Python functions only."""

import os
import pathlib
import subprocess

import pyspark

FILES_A_BATCH = 8
WARM = 4
WORKLOADS = {"grep": "grep", "word count, split(' ')": "split", "word count, words()": "words"}

# What Spark's own launcher opens of Java 17.
OPENED = [
    "java.base/java.lang", "java.base/java.lang.invoke", "java.base/java.lang.reflect", "java.base/java.io", "java.base/java.net",
    "java.base/java.nio", "java.base/java.util", "java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref", "java.base/sun.nio.ch", "java.base/sun.nio.cs", "java.base/sun.security.action",
    "java.base/sun.util.calendar",
]


def measure(names, files, report):
    for name in names:
        if name in WORKLOADS:
            report(name, lambda name=name: run(WORKLOADS[name], files))


def run(workload, files):
    jars = pathlib.Path(pyspark.__file__).parent / "jars" / "*"
    opened = [f"--add-opens={module}=ALL-UNNAMED" for module in OPENED]
    here = pathlib.Path(__file__).resolve().parent
    classes = pathlib.Path(os.environ["PEERS_FOLDER"]) / "classes"
    subprocess.run(["javac", "-nowarn", "-cp", str(jars), "-d", str(classes), str(here / "DStreams.java")], check=True)
    command = ["java", "-Xmx8g", *opened, "-cp", f"{classes}:{jars}", "DStreams"]
    arguments = [workload, files.text, files.needle, str(FILES_A_BATCH), str(WARM)]
    done = subprocess.run(command + arguments, check=True, stdout=subprocess.PIPE, text=True)
    result = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    batches, seconds = result.split()[1:]
    records = files.lines * int(batches) * FILES_A_BATCH / files.text_files
    return {
        "records_per_s": records / float(seconds),
        "bytes_per_s": records / float(seconds) * files.line_bytes,
        "batches": int(batches),
    }
