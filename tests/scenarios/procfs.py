"""What /proc says of processes, read by the tests themselves: pipetop is compared with it."""

import os
import re
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Thread:
    pid: int
    tid: int
    comm: str
    state: str
    call: object  # the number of the system call, "running", or None
    arguments: tuple  # as unsigned numbers


def read(path):
    """The text of a file of /proc, or None where it is gone or refused."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def stat(path):
    """comm, state and parent, or None."""
    text = read(path)
    if not text:
        return None
    start, end = text.index("("), text.rindex(")")
    state, parent = text[end + 2 :].split()[:2]
    return text[start + 1 : end], state, int(parent)


def parents():
    """pid -> pid of its parent."""
    found = {}
    for pid in pids():
        facts = stat(f"/proc/{pid}/stat")
        if facts:
            found[pid] = facts[2]
    return found


def family(root, parent_of):
    """The pids of a process and its descendants."""
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parent_of.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def threads(pid):
    found = []
    try:
        tids = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for tid in map(int, tids):
        facts = stat(f"/proc/{pid}/task/{tid}/stat")
        words = (read(f"/proc/{pid}/task/{tid}/syscall") or "").split()
        if not facts:
            continue
        call = int(words[0]) if words and re.fullmatch(r"-?\d+", words[0]) else (words or [None])[0]
        arguments = tuple(int(word, 16) for word in words[1:7]) if len(words) > 6 else ()
        found.append(Thread(pid, tid, facts[0], facts[1], call, arguments))
    return found


def link(thread, fd):
    """What a descriptor of a thread leads to: "pipe:[77]" or a path."""
    try:
        return os.readlink(f"/proc/{thread.pid}/task/{thread.tid}/fd/{fd}")
    except OSError:
        return None


def tells_wchan():
    """Whether this kernel says in which of its functions a thread sleeps: not on x86 before 5.16."""
    sleeper = subprocess.Popen(["sleep", "1000"])
    while stat(f"/proc/{sleeper.pid}/stat")[:2] != ("sleep", "S"):
        time.sleep(0.01)
    said = read(f"/proc/{sleeper.pid}/wchan")
    sleeper.kill()
    sleeper.wait()
    return said != "0"


def marked(mark):
    """The pids of all processes that have this in their environment."""
    return [pid for pid in pids() if pid != os.getpid() and mark in (read(f"/proc/{pid}/environ") or "")]
