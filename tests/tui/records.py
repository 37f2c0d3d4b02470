#!/usr/bin/env python3
"""Boxes that never were, as records for --replay: the same picture on every machine.

usage: records.py NAME > FILE        names: stuckbox ring crowd names calm
"""
import json
import sys

DEV = 14
PAGE = 65536


class Box:
    def __init__(self, **head):
        self.pipes = {}
        self.processes = {}
        self.head = {
            "host": "stuckbox", "kernel": "6.1.0-13-amd64", "engine": "proc",
            "time_ms": 1700056982000, "uptime_ms": 1048440000, "elapsed_us": 8200,
            "pipe_max_size": 1048576, "pipe_user_pages_soft": 16384, "pipe_user_pages_hard": 0,
            "view_limits": [], "denied": 0, "vanished": 0, "timed_out": 0, "fds_seen": 4180,
            "fds_unidentified": 0, "settled": True, "descriptors_in_flight": False,
            "alarm_pending": False, **head,
        }

    def pipe(self, ino, fill=0, full=None, capacity=PAGE, path=None, **facts):
        self.pipes[ino] = {
            "dev": DEV, "ino": ino, "type": "fifo" if path else "pipe", "path": path,
            "fill_bytes": fill, "capacity_bytes": capacity,
            "full": full if full is not None else False if fill == 0 else None,
            "packet": False, "no_writers": False, "no_readers": False, "named": path is not None,
            **facts,
        }

    def process(self, pid, ppid, comm, command=None, user="alice", **facts):
        self.processes[pid] = {
            "pid": pid, "ppid": ppid, "pgid": pid, "start_ticks": 1000 + pid, "exit_signal": 17,
            "thread_count": 0, "uid": 1000, "user": user, "comm": comm,
            "command": command or comm, "state": "S", "kernel_thread": False, "self": False,
            "access": "read", "has_uring": False, "examined": True, "signals_known": True,
            "signals_caught": "0x0", "tracer": 0, "namespace_init": False, "posix_timers": False,
            "ends": [], "threads": [], **facts,
        }

    def end(self, pid, fd, ino, mode, nonblocking=False):
        self.processes[pid]["ends"].append({
            "pipe": ino, "fd": fd, "table": 0, "reads": "r" in mode, "writes": "w" in mode,
            "nonblocking": nonblocking})

    def thread(self, pid, call, kind, number, blocked_ms=0, tid=None, state="S", targets=(), **wait):
        process = self.processes[pid]
        process["thread_count"] += 1
        process["threads"].append({
            "tid": tid or pid, "start_ticks": 1000 + pid, "state": state, "comm": None, "table": 0,
            "compat": False, "syscall": number, "call": call, "args": ["0x0"] * 6,
            "sp": "0x7ffc00001000", "pc": "0x7f0000001000", "voluntary_switches": 12,
            "blocked_ms": blocked_ms,
            "wait": {
                "kind": kind, "what": None, "inferred": False, "stopped": False,
                "by_signal": False, "timed": False, "ready": False, "fd": None,
                "count_bytes": None, "pipe": None, "children": "one", "child": 0,
                "targets": list(targets), "odd_wchan": None, **wait}})

    def writes(self, pid, fd, ino, count, blocked_ms, tid=None):
        self.thread(pid, "write", "pipe-space", 1, blocked_ms, tid, fd=fd, count_bytes=count,
                    pipe=ino)

    def reads(self, pid, fd, ino, blocked_ms, count=4096):
        self.thread(pid, "read", "pipe-data", 0, blocked_ms, fd=fd, count_bytes=count, pipe=ino)

    def waits(self, pid, child, blocked_ms, tid=None):
        self.thread(pid, "wait4", "child-exit", 61, blocked_ms, tid,
                    children="one" if child else "any", child=child or 0)

    def sleeps(self, pid, call="clock_nanosleep", what="sleep", blocked_ms=40):
        self.thread(pid, call, "outside", 230, blocked_ms, what=what, timed=True)

    def polls(self, pid, call="epoll_wait", blocked_ms=41000):
        self.thread(pid, call, "poll", 232, blocked_ms, fd=5, targets=[
            {"kind": "outside", "fd": 9, "pipe": None, "pid": None, "ready": False}])

    def look(self):
        order = sorted(self.pipes)
        place = {ino: i for i, ino in enumerate(order)}
        processes = json.loads(json.dumps([self.processes[pid] for pid in sorted(self.processes)]))
        for process in processes:
            process["ends"].sort(key=lambda end: end["fd"])
            for end in process["ends"]:
                end["pipe"] = place[end["pipe"]]
            for thread in process["threads"]:
                if thread["wait"]["pipe"] is not None:
                    thread["wait"]["pipe"] = place[thread["wait"]["pipe"]]
        return {**self.head, "pipes": [self.pipes[ino] for ino in order], "processes": processes}

    def record(self):
        later = self.look()
        earlier = {**later, "time_ms": later["time_ms"] - 100}
        return {"schema": "pipetop-record/1", "looks": [earlier, later]}


def init(box):
    box.process(1, 0, "systemd", "/sbin/init", user="root")
    box.polls(1, blocked_ms=900)


def article(box, blocked_ms=11520000):
    box.process(4711, 1, "bash", "-bash")
    box.process(90908, 4711, "python3", "python3 run.py 6000")
    box.process(90909, 90908, "log", "./log 6000")
    box.pipe(6714)
    box.pipe(6715, 65520, True)
    box.end(90908, 3, 6714, "r")
    box.end(90908, 5, 6715, "r")
    box.end(90909, 1, 6714, "w")
    box.end(90909, 2, 6715, "w")
    box.waits(4711, None, blocked_ms + 900)
    box.waits(90908, 90909, blocked_ms + 400)
    box.writes(90909, 2, 6715, 13, blocked_ms)


def services(box, count):
    """Daemons with a log pipe each, and an idle pool: what a server has in any case."""
    names = ["nginx", "postgres", "cron", "sshd", "redis-server", "dockerd", "containerd", "rsyslogd"]
    for i in range(count):
        daemon, logger, ino = 2000 + 2 * i, 2001 + 2 * i, 9000 + i
        box.process(daemon, 1, names[i % len(names)], user="root")
        box.process(logger, daemon, "logger", f"logger -t {names[i % len(names)]}", user="root")
        box.pipe(ino)
        box.end(daemon, 2, ino, "w")
        box.end(logger, 0, ino, "r")
        box.polls(daemon, blocked_ms=700 + i)
        if i % 5 == 0:
            box.polls(logger, "poll", blocked_ms=800)
        else:
            box.reads(logger, 0, ino, 60000 * (i + 1))


def stuckbox():
    box = Box(view_limits=["not-root"], denied=12)
    init(box)
    article(box)
    box.process(77, 1, "bash", "-bash", user="bob")
    box.process(78, 77, "cat", user="bob")
    box.process(800, 1, "node", "node server.js --port 8080", user="www")
    box.process(811, 800, "ffmpeg", "ffmpeg -i in.mkv -f mp4 -", user="www")
    box.process(1201, 77, "yes", user="bob")
    box.process(1202, 77, "pv", "pv -L 1k", user="bob")
    box.process(1300, 1, "collector", "collector --fifo /run/metrics.fifo", user="root")
    box.pipe(8012, 65536, True)
    box.pipe(8100, 61440, True)
    box.pipe(8200)
    box.pipe(8300, 1024, path="/run/metrics.fifo")
    box.pipe(8400, 0, no_writers=True)
    for pid, fd, ino, mode in ((811, 1, 8012, "w"), (800, 21, 8012, "r"), (1201, 1, 8100, "w"),
                               (1202, 0, 8100, "r"), (77, 9, 8200, "w"), (78, 0, 8200, "r"),
                               (1300, 3, 8300, "rw"), (800, 23, 8400, "r")):
        box.end(pid, fd, ino, mode, nonblocking=pid == 800)
    box.thread(77, "read", "outside", 0, 600, what="terminal", fd=0, count_bytes=1)
    box.reads(78, 0, 8200, 93600000, 131072)
    box.polls(800)
    box.writes(811, 1, 8012, 32768, 42000)
    box.writes(1201, 1, 8100, 8192, 120)
    box.sleeps(1202)
    box.polls(1300, "poll", 3000)
    services(box, 40)
    return box


def ring():
    """Four filters in a circle, each blocked in write, and who waits for them."""
    box = Box(host="ringbox")
    init(box)
    box.process(500, 1, "make", "make -j4 check")
    box.process(501, 500, "sh", "sh -c ./ring | tee ring.log")
    box.process(520, 500, "tee", "tee ring.log")
    names = ["split", "compress", "encrypt", "merge"]
    for i, name in enumerate(names):
        box.process(510 + i, 501, name, f"./ring {name}")
        box.pipe(7000 + i, 65536, True)
    for i in range(len(names)):
        box.end(510 + i, 1, 7000 + i, "w")
        box.end(510 + (i + 1) % len(names), 0, 7000 + i, "r")
        box.writes(510 + i, 1, 7000 + i, 4096, 95000 + i)
    box.pipe(7100)
    box.end(513, 4, 7100, "w")
    box.end(520, 0, 7100, "r")
    box.waits(500, None, 97000)
    box.waits(501, None, 96000)
    box.reads(520, 0, 7100, 96500)
    return box


def names():
    """Names in many scripts, some of them hostile."""
    box = Box(host="名前の箱")
    init(box)
    pairs = [("écrivain", "lecteur"), ("書き手プロセス", "読み手プロセス"), ("e\u0301galite\u0301", "한국어"),
             ("\x1b[2Jclear", "tab\there"), ("bidi\u202egnp", "emoji😀"), ("a" * 15, "ชื่อไทย")]
    for i, (writer, reader) in enumerate(pairs):
        box.process(300 + 2 * i, 1, writer)
        box.process(301 + 2 * i, 1, reader)
        box.pipe(5000 + i, 65536 if i < 2 else 100 * i, i < 2 or None)
        box.end(300 + 2 * i, 1, 5000 + i, "w")
        box.end(301 + 2 * i, 0, 5000 + i, "r")
        box.sleeps(301 + 2 * i)
        if i < 2:
            box.writes(300 + 2 * i, 1, 5000 + i, 4096, 5000 * (i + 1))
        else:
            box.polls(300 + 2 * i)
    return box


def crowd():
    """One stuck pair that fifty others are doomed with."""
    box = Box(host="crowdbox", view_limits=["not-root", "ptrace"], denied=3)
    init(box)
    article(box, 5000)
    box.processes[90908]["access"] = "read"
    for i in range(50):
        box.process(91000 + i, 1, f"waiter{i}")
        box.pipe(6800 + i)
        box.end(91000 + i, 0, 6800 + i, "r")
        box.end(90908, 10 + i, 6800 + i, "w")
        box.reads(91000 + i, 0, 6800 + i, 4000 + i)
    return box


def calm():
    box = Box(host="calmbox")
    init(box)
    services(box, 6)
    return box


BOXES = {f.__name__: f for f in (stuckbox, ring, crowd, names, calm)}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in BOXES:
        sys.exit(__doc__)
    json.dump(BOXES[sys.argv[1]]().record(), sys.stdout, ensure_ascii=True, indent=1)
    print()
