"""Runs the same work on Spark, Flink and Millstream, on the same files, and prints a table: see README.md."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import traceback
from types import SimpleNamespace

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = pathlib.Path(os.environ.get("PEERS_FOLDER", ROOT / "target" / "bench" / "peers"))
SYSTEMS = ["millstream", "spark", "dstreams", "flink"]


def cargo(*arguments):
    """The program of the repository that makes the files and runs Millstream's rows: its lines, as they come."""
    command = ["cargo", "run", "--quiet", "--release", "-p", "millstream-bench", "--bin", "peers", "--"]
    if program := os.environ.get("PEERS_PROGRAM"):
        command = [program]
    with subprocess.Popen(command + list(arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        yield from running.stdout
    if running.returncode:
        raise RuntimeError(f"{command} ended with {running.returncode}")


def files(megabytes):
    """Makes the files where they are not there yet."""
    return SimpleNamespace(**json.loads("".join(cargo("files", str(FOLDER), str(megabytes)))))


def version(system):
    from importlib.metadata import version as of

    if system == "spark":
        return f"Spark {of('pyspark')}"
    if system == "dstreams":
        return f"Spark {of('pyspark')} (DStreams)"
    if system == "flink":
        return f"Flink {of('apache-flink')}"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return f"Millstream at {commit.stdout.strip()}"


def machine():
    model = "?"
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = models[0] if models else model
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "java": java[0] if java else "?",
        "python": platform.python_version(),
    }


def measure(system, names, where, results, save):
    def report(name, run):
        try:
            row = run()
        except Exception as error:  # one that fails must not take the others with it
            traceback.print_exc()
            row = {"error": str(error).splitlines()[0][:200] if str(error) else type(error).__name__}
        row = {"workload": name, "system": system, "version": version(system), **row}
        row["date"] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        results[f"{name}|{system}"] = row
        save()
        rate = row.get("records_per_s")
        print(f"{name:<36} {version(system):<28} {f'{rate / 1e6:.2f} M records/s' if rate else row['error']}", flush=True)

    os.environ["PEERS_FOLDER"] = str(FOLDER)
    if system == "spark":
        import on_spark

        on_spark.measure(names or on_spark.WORKLOADS, where, report)
    elif system == "flink":
        # The process that runs the jobs is started by pyflink.
        os.environ.setdefault("JVM_ARGS", "-Xmx8g")
        import on_flink

        on_flink.measure(names or on_flink.WORKLOADS, where, report)
    elif system == "dstreams":
        import on_dstreams

        on_dstreams.measure(names or on_dstreams.WORKLOADS, where, report)
    else:
        for line in cargo("rows", str(FOLDER), str(where.megabytes), *names):
            row = json.loads(line)
            report(row.pop("workload"), lambda row=row: row)


def table(results):
    """The rows that the book shows: records a second, and how many times as many Millstream does as the better of the others."""
    rows = list(results["rows"].values())
    names = list(dict.fromkeys(row["workload"] for row in rows if row["system"] == "millstream"))
    head = ["workload", "Millstream", "Spark Structured", "Spark DStreams", "Flink", "against the better"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name in names:
        cells = [name]
        best = {}
        for system in SYSTEMS:
            # A row with something in parentheses is another way to do the same: the better one counts.
            of = [r for r in rows if r["system"] == system and r["workload"].split(" (")[0] == name.split(" (")[0]]
            rates = [row["records_per_s"] for row in of if row.get("records_per_s")]
            best[system] = max(rates, default=None)
            cells.append(f"{best[system] / 1e6:.2f}" if rates else "–")
        peers = [best[s] for s in SYSTEMS if s != "millstream" and best[s]]
        cells.append(f"{best['millstream'] / max(peers):.0f}x" if peers and best["millstream"] else "–")
        lines.append("| " + " | ".join(cells) + " |")
    of = results["machine"]
    versions = sorted({row["version"] for row in rows})
    lines += [
        "",
        f"In millions of records a second. {results['date']}; {of['processor']}, {of['cores']} cores, {of['system']}; {of['java']}; "
        f"{', '.join(versions)}; text of {results['megabytes']} MB.",
    ]
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("system", choices=[*SYSTEMS, "table"])
    arguments.add_argument("workloads", nargs="*", help="those only; by default all")
    arguments.add_argument("--megabytes", type=int, default=1000)
    arguments.add_argument("--results", type=pathlib.Path, help="by default results/DATE.json")
    options = arguments.parse_intermixed_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    today = datetime.date.today().isoformat()
    path = options.results or HERE / "results" / f"{today}.json"
    results = {"date": today, "machine": machine(), "megabytes": options.megabytes, "rows": {}}
    if path.exists():
        results["rows"] = json.loads(path.read_text())["rows"]
    if options.system != "table":
        path.parent.mkdir(exist_ok=True)
        measure(
            options.system,
            options.workloads,
            files(options.megabytes),
            results["rows"],
            # After each row: a run that is broken off has what it has done.
            lambda: path.write_text(json.dumps(results, indent=2) + "\n"),
        )
    text = table(results)
    path.with_suffix(".md").write_text(text + "\n")
    print("\n" + text)


if __name__ == "__main__":
    sys.exit(main())
