#!/usr/bin/env python3
"""A whole look of pipetop, with each engine, beside its limit and its peers.

usage: bench.py PIPETOP LOAD LIMIT [ROUNDS]     (make bench; wants a build without sanitizers)

On each load all programs run in turn, ROUNDS times (5), and the medians are shown: the limit (the
bare system calls for the same facts, limit.c), pipetop's report as text and as JSON, lsof, lsfd and
the loop that a person would type. Times of different runs or machines say nothing; the ratios do, and
those of CPU time the most where others use the machine too. A look waits 100 ms between two looks
where bytes lie in a pipe: that is in its wall time, not in its CPU time.

Then: system calls by kind, how the cost grows with processes and with descriptors, and what one of
each costs, fitted over all loads.

As root it runs in a PID namespace of its own, so that all look at the load and nothing else.
"""
import collections
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LOADS = [  # processes, descriptors, pipe ends, threads of each process
    (1000, 20, 8, 1),
    (2000, 64, 4, 1),
    (100, 10000, 8, 1),
    (50, 4006, 4000, 1),
    (200, 20, 8, 50),
]
SCALES = {
    "processes of 20 descriptors, 8 of them pipe ends": [(n, 20, 8, 1) for n in (100, 1000, 10000)],
    "descriptors of each of 100 processes": [(100, n, 8, 1) for n in (10, 100, 1000, 10000)],
}
LOOP = 'for p in /proc/[0-9]*/fd; do ls -l "$p"; done | grep -c pipe:'

Cost = collections.namedtuple("Cost", "wall_ms cpu_ms peak_mib")


class Load:
    """Real processes with real pipes, which end with us."""

    def __init__(self, program, sizes):
        self.process = subprocess.Popen([program, *map(str, sizes)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("bench.py: the load did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        if os.getpid() == 1:
            reap_all()


def reap_all():
    """Whoever loses his parent is the first process's child; unreaped he would be looked at with the next load."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def run(command):
    """What one call costs, its children included."""
    began = time.monotonic()
    with open(os.devnull, "r+b") as null:
        child = subprocess.Popen(command, stdin=null, stdout=null, stderr=null)
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    wall_ms = (time.monotonic() - began) * 1000
    return Cost(wall_ms, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024)


def medians(commands, rounds):
    costs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(run(command))
    return {name: Cost(*map(statistics.median, zip(*each))) for name, each in costs.items()}


def describe(sizes):
    processes, fds, ends, threads = sizes
    more = f", {threads} threads" if threads > 1 else ""
    return f"{processes:,} processes x {fds:,} descriptors, {ends:,} of them pipe ends{more}"


def show(sizes, costs):
    print(f"\n{describe(sizes)}")
    print(f"  {'':10}{'wall, ms':>10}{'CPU, ms':>10}{'peak, MiB':>11}{'CPU / limit':>13}"
          f"{'lsof / it: CPU':>16}{'wall':>8}")
    floor = run(["true"]).peak_mib  # what we had ourselves when we started it counts as its own
    for name, cost in costs.items():
        lsof = costs.get("lsof +E", cost)
        peak = f"{cost.peak_mib:.1f}" if cost.peak_mib > floor * 1.05 else f"< {floor:.0f}"
        print(f"  {name:10}{cost.wall_ms:>10.0f}{cost.cpu_ms:>10.0f}{peak:>11}"
              f"{cost.cpu_ms / costs['limit'].cpu_ms:>13.2f}"
              f"{lsof.cpu_ms / cost.cpu_ms:>16.1f}{lsof.wall_ms / cost.wall_ms:>8.1f}")


def system_calls(name, command):
    """The ten most frequent."""
    with tempfile.NamedTemporaryFile("r") as file:
        subprocess.run(["strace", "-f", "-c", "-S", "calls", "-o", file.name, *command],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        rows = [line.split() for line in file]
    counts = [(row[-1], int(row[3])) for row in rows if len(row) >= 5 and row[3].isdigit()]
    total = sum(count for call, count in counts if call != "total")
    shown = ", ".join(f"{call} {count:,}" for call, count in counts if call != "total")
    print(f"  {name:10}{total:>9,}: {', '.join(shown.split(', ')[:10])}")


def solve(rows, values):
    """Least squares by the normal equations; columns that never vary on their own get 0."""
    width = len(rows[0])
    m = [[sum(row[i] * row[k] for row in rows) for k in range(width)] +
         [sum(row[i] * value for row, value in zip(rows, values))] for i in range(width)]
    for i in range(width):
        pivot = max(range(i, width), key=lambda k: abs(m[k][i]))
        m[i], m[pivot] = m[pivot], m[i]
        if abs(m[i][i]) < 1e-9:
            m[i] = [0.0] * i + [1.0] + [0.0] * (width - i)
        for k in range(width):
            if k != i:
                factor = m[k][i] / m[i][i]
                m[k] = [a - factor * b for a, b in zip(m[k], m[i])]
    return [m[i][width] / m[i][i] for i in range(width)]


def fit(measured, names):
    """CPU time as a sum over what is there, weighted so that each load counts alike."""
    print("\nfitted, us of CPU time for one more"
          "     start   process  descriptor  pipe end    thread  worst misfit")
    for name in names:
        points = [(sizes, costs[name].cpu_ms * 1000) for sizes, costs in measured if name in costs]
        rows, values = [], []
        for (processes, fds, ends, threads), us in points:
            row = [1, processes, processes * fds, processes * ends, processes * threads]
            rows.append([x / us for x in row])
            values.append(1.0)
        found = solve(rows, values)
        worst = max(abs(sum(a * b for a, b in zip(found, row)) - 1) for row in rows)
        print(f"  {name:32}{found[0]:>10.0f}{found[1]:>10.1f}{found[2]:>12.2f}{found[3]:>10.2f}"
              f"{found[4]:>10.2f}{worst * 100:>12.0f} %")


def scaling(load, commands, rounds):
    measured = []
    for what, sizes in SCALES.items():
        print(f"\nCPU, ms, by {what}")
        varied = [size[0] if what.startswith("processes") else size[1] for size in sizes]
        print(f"  {'':10}" + "".join(f"{n:>12,}" for n in varied))
        table = []
        for size in sizes:
            with Load(load, size):
                table.append(medians(commands, rounds))
            measured.append((size, table[-1]))
        for name in commands:
            print(f"  {name:10}" + "".join(f"{costs[name].cpu_ms:>12.0f}" for costs in table))
    return measured


def noise(limit, rounds):
    times = [run([limit]).cpu_ms for _ in range(rounds * 4)]
    return (max(times) - min(times)) / statistics.median(times) * 100


def main(pipetop, load, limit, rounds):
    texts = {"text": [pipetop, "--report", "--engine=proc"]}
    engines = {"json": [pipetop, "--report", "--json", "--engine=proc"]}
    bpf = [pipetop, "--report", "--json", "--engine=bpf"]
    answer = subprocess.run(bpf, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if answer.returncode != 2:
        texts["text, bpf"] = [pipetop, "--report", "--engine=bpf"]
        engines["json, bpf"] = bpf
    else:
        print("without bpf:", answer.stderr.strip())
    ours = {"limit": [limit], **texts, **engines}
    peers = {"lsof +E": ["lsof", "-w", "-n", "-P", "+E"], "lsfd": ["lsfd"]}
    peers = {name: command for name, command in peers.items() if shutil.which(command[0])}
    measured = []
    for sizes in LOADS:
        with Load(load, sizes):
            commands = {**ours, **peers}
            if sizes == LOADS[0]:
                commands["a loop"] = ["sh", "-c", LOOP]
            costs = medians(commands, rounds)
            measured.append((sizes, costs))
            show(sizes, costs)
            if sizes != LOADS[0]:
                continue
            print(f"  noise: the limit's CPU time varies by {noise(limit, rounds):.0f} % from run to run")
            if shutil.which("strace"):
                print("\nsystem calls of one report on it")
                for name, command in {"limit": [limit], **engines}.items():
                    system_calls(name, command)
    measured += scaling(load, {"limit": [limit], **engines}, max(rounds // 2, 1))
    fit(measured, ["limit", *engines])


if len(sys.argv) not in (4, 5):
    sys.exit(__doc__)
if os.geteuid() == 0 and "BENCH_ALONE" not in os.environ:
    os.execvpe("unshare", ["unshare", "--pid", "--fork", "--mount-proc", *sys.argv],
               {**os.environ, "BENCH_ALONE": "1"})
main(*sys.argv[1:4], int(sys.argv[4]) if len(sys.argv) == 5 else 5)
