#!/usr/bin/python3
"""Lets each call of pipetop that can fail fail once (faults.c), and looks at what it says then.

Run in the build directory: run.py [--full] [KIND…], of all KINDS or of these. For each kind of call and error the n-th
such call fails, n = 1, 2, … until it comes through without; then the n-th and all behind it; then the n-th ends the
process. What is asked: it never crashes; its exit status is 0, 1 or 2, where 2 comes with one line; what it prints is
whole; and no deadlock is ever told but the one that is there. It looks at real processes, one pair that is stuck and
some that only look like it, and at a record of them. Without --full a sample of the numbers is taken, another one each
time; its seed is printed. Prints TAP.
"""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

BUILD = os.getcwd()
PIPETOP = os.path.join(BUILD, "src/pipetop")
CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz/corpus/record")
PATIENCE_S = 30
BUDGET_S = float(os.environ.get("FAULTS_S", 20))  # for a sample of each scene, which is smaller on a busy machine
SAMPLE = int(os.environ.get("FAULTS_N", 12))  # of each kind and error

# What a scene waits in, and its code. `fill` is a child that writes to w until it can't.
FILL = """
import os, select, signal, socket, threading, time
r, w = os.pipe()
child = os.fork()
if child == 0:
    os.close(r)
    os.write(w, bytes(100000))
    os._exit(0)
"""
SCENES = {
    "stuck": ("os.close(w); os.waitpid(child, 0)", "do_wait"),
    "a third one may read": (
        "third = os.fork()\nif third == 0:\n    time.sleep(1e6)\nos.close(w); os.waitpid(child, 0)", "do_wait"),
    "another thread may read": (
        "threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"
        "os.close(w); os.waitpid(child, 0)", "do_wait"),
    "it waits with a time-out": (
        "q = os.pipe(); os.close(w); select.select([q[0]], [], [], 1e6)", "select|poll"),
    "it waits for the network": (
        "s = socket.socketpair(); os.close(w); s[0].recv(1)", "unix|sk_wait|skb"),
    "an alarm will wake it": (
        "signal.signal(signal.SIGALRM, lambda *_: os.read(r, 1 << 20)); signal.alarm(100000)\n"
        "os.close(w); os.waitpid(child, 0)", "do_wait"),
    "its child's child goes on": (
        "if os.fork() == 0:\n    os.close(w); time.sleep(1e6)\n"
        "os.close(w); os.close(r); os.waitpid(-1, 0)", "do_wait"),
}

KINDS = [
    ("malloc", ["ENOMEM"]), ("mmap", ["ENOMEM"]),
    ("open", ["EMFILE", "EACCES", "ESRCH", "ENOENT", "EINTR"]), ("readdir", ["EIO", "ENOMEM"]),
    ("read", ["EINTR", "ESRCH", "EIO", "ENOMEM", "SHORT"]), ("stat", ["EACCES", "ENOMEM", "ENOENT"]),
    ("fork", ["EAGAIN"]), ("pidfd", ["EMFILE", "EPERM", "ESRCH"]), ("ask", ["EINTR", "EBADF"]),
    ("memory", ["EFAULT", "EPERM", "ESRCH"]), ("syscall", ["EPERM", "ENOSYS"]),
]

tests = 0


def report(good, label, notes=()):
    global tests
    tests += 1
    print(f"{'ok' if good else 'not ok'} {tests} - {label}", flush=True)
    for note in notes:
        print("# " + note, flush=True)
    return good


def in_call(pid, names):
    try:
        with open(f"/proc/{pid}/wchan") as file:
            where = file.read()
    except OSError:
        return False
    return any(name in where for name in names.split("|"))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


class Scenes:
    """The processes of all scenes; they end with us."""

    def __init__(self):
        self.started = {
            name: subprocess.Popen(
                [sys.executable, "-c", FILL + code], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True)
            for name, (code, _) in SCENES.items()
        }
        deadline = time.monotonic() + PATIENCE_S
        for name, process in self.started.items():
            while not self.is_there(name, process):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the scene '{name}' is not there")
                time.sleep(0.01)
        stuck = self.started["stuck"].pid
        self.stuck = {stuck, *children(stuck)}

    @staticmethod
    def is_there(name, process):
        return in_call(process.pid, SCENES[name][1]) and any(
            in_call(child, "pipe_w") for child in children(process.pid))

    def pids(self):
        return ",".join(str(process.pid) for process in self.started.values())

    def end(self):
        for process in self.started.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def sanitized():
    with open(PIPETOP, "rb") as file:
        return b"__asan_init" in file.read()


def preload():
    """AddressSanitizer has an allocator of its own, which is not to be stood before."""
    return os.path.join(BUILD, "tests/faults", "calls.so" if sanitized() else "faults.so")


def run(arguments, call="none", nth=0, error="0", on=False):
    """(status, output, what it said, how many such calls there were)"""
    reader, writer = os.pipe()
    environment = os.environ | {
        "LC_ALL": "C.UTF-8", "LD_PRELOAD": preload(), "FAULT_CALLS": call, "FAULT_NTH": str(nth),
        "FAULT_ERRNO": str(-1 if error == "EXIT" else getattr(errno, error, 0)), "FAULT_ON": str(int(on)),
        "FAULT_FD": str(writer),
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
    }
    process = subprocess.Popen([PIPETOP, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment, pass_fds=[writer])
    os.close(writer)
    try:
        out, said = process.communicate(timeout=PATIENCE_S)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        status = "no end"
    with os.fdopen(reader) as file:
        count = file.read().split()
    return status, out, said.decode(errors="replace"), int(count[0]) if count else None


def wrong(status, out, said, stuck):
    """What is wrong with an outcome, or None."""
    if status not in (0, 1, 2):
        return f"exit status {status}: {said[-300:]!r}"
    if status == 2:
        # Libraries (libnuma) may complain too.
        own = [line for line in said.splitlines() if line.startswith("pipetop: ")]
        return None if len(own) == 1 else f"it said {said!r}"
    if said.count("\n") > 1:
        return f"it said {said!r}"
    try:
        found = json.loads(out)
    except ValueError:
        return f"half a report, status {status}: {out[-80:]!r}"
    for deadlock in found["deadlocks"]:
        members = {member["pid"] for member in deadlock["members"]}
        if not members <= stuck:
            return f"invented: {deadlock['certainty']} {deadlock['explanation']}"
    if bool(found["deadlocks"]) != (status == 1):
        return f"status {status} with {len(found['deadlocks'])} deadlocks"
    return None


def play(label, arguments, stuck, sample, kinds):
    """All errors of all kinds of call, one test a kind."""
    for call, errors in kinds:
        notes, runs = [], 0
        deadline = time.monotonic() + BUDGET_S / len(kinds)
        count = run(arguments, call, 10**9)[3] or 0
        for error in [*errors, "EXIT"]:
            # Who tries again after a signal tries for ever when there is no end of them.
            for on in (False, True) if error not in ("EINTR", "EXIT") else (False,):
                numbers = range(1, count + 2)
                if sample and count > sample:
                    numbers = sorted(random.sample(numbers, sample))
                for position, nth in enumerate(numbers):
                    if sample and position and time.monotonic() > deadline:
                        break
                    runs += 1
                    what = wrong(*run(arguments, call, nth, error, on)[:3], stuck)
                    if what:
                        notes.append(f"{call} {nth} of {count}, {error}{' and all behind' if on else ''}: {what}")
        report(not notes, f"{label}: {call} fails, {runs} times of {count} calls", notes[:20])


def main():
    full = "--full" in sys.argv
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    random.seed(seed)
    print(f"# seed {seed}", flush=True)
    chosen = [word for word in sys.argv[1:] if not word.startswith("--")]
    kinds = [kind for kind in KINDS if kind[0] != "malloc" or not sanitized()]
    kinds = [kind for kind in kinds if not chosen or kind[0] in chosen]
    random.shuffle(kinds)
    scenes = Scenes()
    try:
        live = ["--report", "--json", "-p", scenes.pids()]
        status, out, said, opens = run(live, "open", 10**9)
        found = wrong(status, out, said, scenes.stuck)
        report(status == 1 and opens and not found, "without a fault: one deadlock, and no other", [said, str(found)])
        for name in ("article", "poll", "rich"):
            play(f"record '{name}'", ["--report", "--json", "--replay", os.path.join(CORPUS, name)],
                 set(range(1 << 22)), None if full else SAMPLE,
                 [kind for kind in kinds if kind[0] in ("malloc", "mmap", "open", "read")])
        play("live", [*live, "--confirm", "0"], scenes.stuck, None if full else SAMPLE, kinds)
    finally:
        scenes.end()
    print(f"1..{tests}")


main()
