#!/usr/bin/python3
"""Looks at a process with very many threads and descriptors (crowd.c), in the build directory: crowd.py ENGINE,…
[THREADS FDS].

Asked is that it takes a bounded time and memory, that the deadlock is told as it is, that none is told where one
thread of all may still read, and that a look that --max-fds cuts short says so and proves nothing. Prints TAP.
"""

import json
import os
import resource
import subprocess
import sys
import time

ENGINES = sys.argv[1].split(",")
THREADS, FDS = (int(word) for word in (sys.argv[2:4] or ("10000", "500000")))
SLOWNESS = int(os.environ.get("SLOWNESS", "1"))
LIMIT_S = 200 * SLOWNESS
LIMIT_KIB = 1 << 20
PATIENCE_S = 60 * SLOWNESS
count = failed = 0


def test(label, complaints):
    global count, failed
    count += 1
    failed += bool(complaints)
    print(f"{'not ok' if complaints else 'ok'} {count} - {label}")
    for complaint in complaints:
        print(f"# {complaint}")
    sys.stdout.flush()


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def look(crowd, engine, *options):
    """The report, and what is wrong with how it came."""
    began = time.monotonic()
    command = ["src/pipetop", "--report", "--json", f"--engine={engine}", "-p", str(crowd.pid), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return None, [f"not done after {LIMIT_S} s"]
    lasted_s = time.monotonic() - began
    most_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"# {engine} {' '.join(options)}: {lasted_s:.1f} s, at the most {most_kib} KiB so far, {len(done.stdout)} bytes")
    if done.returncode > 1:
        return None, [f"it ended with {done.returncode}: {done.stderr}"]
    complaints = [f"it took {most_kib} KiB"] if most_kib > LIMIT_KIB else []
    return json.loads(done.stdout), complaints


def all_are_asleep(crowd, child):
    """Where they stay."""
    def sleeps(task):
        return read(f"{task}/stat").rpartition(")")[2].split()[0] == "S"
    tasks = [f"/proc/{crowd.pid}/task/{tid}" for tid in os.listdir(f"/proc/{crowd.pid}/task")]
    return len(tasks) == THREADS and "pipe" in read(f"/proc/{child}/wchan") and all(map(sleeps, tasks))


def begin(*words):
    crowd = subprocess.Popen(["tests/kernels/crowd", str(THREADS), str(FDS), *words], stdout=subprocess.PIPE, text=True)
    if crowd.stdout.readline() != "ready\n":
        test(f"{THREADS} threads and {FDS} descriptors", ["they could not be had"])
        sys.exit(1)
    child = int(read(f"/proc/{crowd.pid}/task/{crowd.pid}/children"))
    until(lambda: all_are_asleep(crowd, child))
    return crowd, child


def main():
    crowd, child = begin()
    for engine in ENGINES:
        report, complaints = look(crowd, engine)
        for report in [report] if report else []:
            told = report["deadlocks"]
            pids = {member["pid"] for deadlock in told for member in deadlock["members"]}
            if len(told) != 1 or told[0]["certainty"] != "proved" or pids != {crowd.pid, child}:
                complaints.append(f"told: {[(d['certainty'], d['explanation'][:300]) for d in told]} of {pids}")
            if len(told) == 1 and len(told[0]["members"]) != THREADS + 1:
                complaints.append(f"of {len(told[0]['members'])} threads")
            held = [end for pipe in report["pipes"] for end in pipe["readers"] if end["pid"] == crowd.pid]
            if max(len(end["fd"]) for end in held) != FDS + 1:
                complaints.append(f"descriptors: {[len(end['fd']) for end in held]}")
        test(f"{engine}: one deadlock of {THREADS} threads and their child", complaints)
    report, complaints = look(crowd, "proc", "--max-fds", str(FDS // 2))
    if report and ("max-fds" not in report["view"]["limits"] or report["view"]["complete"]):
        complaints.append(f"the view is {report['view']}")
    if report and any(deadlock["certainty"] == "proved" for deadlock in report["deadlocks"]):
        complaints.append("something is called proved")
    test("a look that --max-fds cuts short", complaints)
    crowd.kill()
    crowd.wait()
    crowd, child = begin("awake")
    for engine in ENGINES:
        report, complaints = look(crowd, engine)
        if report and report["deadlocks"]:
            complaints.append(f"FALSE ALARM: {report['deadlocks'][0]['explanation'][:300]}")
        test(f"{engine}: no deadlock, since one thread sleeps for a while", complaints)
    crowd.kill()
    crowd.wait()
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
