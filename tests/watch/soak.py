#!/usr/bin/python3
"""A watch of everything under a fork storm, while deadlocks come and go.

Run in the build directory: soak.py [SECONDS [OPTION of pipetop]...], 20 by default. Every other second something gets stuck for good,
and is freed or killed some seconds after it was told. Asked is that each deadlock is told once, as what it is, none is
told but these, each is told to be over, and each of its pipes to be closed; and that memory and descriptors stay what
they were. As root it runs in a PID namespace of its own, where nobody else is to be seen; else the watch is attached
to it. In less than some minutes the storm is a breeze, since other tests run beside, and memory is not judged. Prints
TAP, and figures as comments.
"""

import json
import os
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.getcwd()
PIPETOP = os.path.join(BUILD, "src/pipetop")
HERE = os.path.dirname(os.path.abspath(__file__))
ACTOR = [os.path.join(BUILD, "tests/scenarios/actor")]
ARTICLE = [sys.executable, os.path.join(HERE, "../scenarios/article.py"), "6000"]
EVENTS = set("opened closed full blocked moving stalled deadlock cleared exited".split())

PATIENCE_S = 60  # for whatever must come
EVERY_S = (1, 3)  # between two that get stuck
HOLD_S = (0, 5)  # how long it stays after it was told
STEADY_S = 300  # from when on it is a storm, and the memory is judged
ROUNDED_KIB, ROUNDED_FDS = 512, 4  # what the median of a tenth of the samples may differ by

# What gets stuck: of which kind, between how many, and how it ends: "read" what keeps the writer waiting, kill "one"
# of them, or "all".
STUCK = {
    "the article": (ARTICLE, "write-wait", 2, "read one all"),
    "a pair": ("pipe a; fork writer { close a.r; bytes a 100000 }; close a.w; wait wait4 writer; get a read",
               "write-wait", 2, "read one all"),
    "vfork": ("pipe a; vfork writer { put a write }", "write-wait", 2, "all"),
    "cross": ("pipe a; pipe b; fork left { close a.r b.w; put a write }; fork right { close a.w b.r; put b write }; "
              "close a.r a.w b.r b.w; wait wait4 left", "write-write", 2, "one all"),
    "a ring": ("pipe a; pipe b; pipe c; fork w1 { close a.r b.w b.r c.w; put a write }; "
               "fork w2 { close b.r a.w c.r c.w; put b write }; fork w3 { close c.r b.w a.r a.w; put c write }; "
               "close a.r a.w b.r b.w c.r c.w; wait wait4 w1", "write-write", 3, "one all"),
    "self": ("pipe a; put a write", "write-self", 1, "all"),
    "the other pipe": ("pipe out; pipe err; fork child { close out.r err.r; put err write 13 }; close out.w err.w; "
                       "get out read", "read-write", 2, "one all"),
    "no end of file": ("pipe a; fork reader { close a.w; get a read }; wait wait4 reader", "read-wait", 2, "one all"),
    "both read": ("pipe a; pipe b; fork left { close a.w b.r; get a read }; fork right { close a.r b.w; get b read }; "
                  "close a.r a.w b.r b.w; wait wait4 left", "read-read", 2, "one all"),
}

# What goes on for ever: births, deaths and pipes, and what looks stuck for a moment.
STORM = [
    "repeat { fork born { }; wait wait4 born }",
    "repeat { fork born { exec true }; wait wait4 born }",
    "repeat { vfork born { exec true }; wait wait4 born }",
    "repeat { fork middle { fork orphan { sleep 20 } }; wait wait4 middle }",
    "repeat { pipe a; fork born { close a.r; bytes a 70000 }; close a.w; get a read; close a.r; wait wait4 born }",
    "repeat { pipe a; fork born { close a.r; bytes a 70000 }; close a.w; sleep 150; get a read; close a.r; "
    "wait wait4 born }",
    "repeat { pipe a; fork later { close a.w; sleep 250; get a read }; fork born { close a.r; bytes a 70000 }; "
    "close a.r a.w; wait wait4 born; wait wait4 later }",
    "repeat { pipe a; fork born { close a.w; get a read }; sleep 150; close a.r a.w; wait wait4 born }",
]


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def session_of(pid):
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[3]) if len(fields) > 3 else None


class Scene:
    """One that gets stuck: awaited, told, freed, and over when it is cleared and its pipes are closed."""

    def __init__(self, name, command, folder):
        self.name, (_, self.kind, self.size, ends) = name, STUCK[name]
        self.end = random.choice(ends.split())
        self.pid = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    start_new_session=True).pid
        self.state = "awaited"
        self.since = time.monotonic()
        self.event = None
        self.open = set()

    def enter(self, state):
        self.state, self.since = state, time.monotonic()

    def lasts(self):
        return time.monotonic() - self.since

    def free(self):
        members = [member["pid"] for member in self.event["members"]]
        if self.end == "read":
            writer = next(pid for pid in members if "pipe" in read(f"/proc/{pid}/wchan"))
            fd = os.open(f"/proc/{writer}/fd/{int(read(f'/proc/{writer}/syscall').split()[1], 16)}", os.O_RDONLY)
            os.read(fd, 1 << 16)
            os.close(fd)
        elif self.end == "one":
            os.kill(random.choice(members), signal.SIGKILL)
        else:
            os.killpg(self.pid, signal.SIGKILL)
        self.enter("freed")


class Soak:
    def __init__(self, seconds, options, alone):
        self.seconds, self.alone = seconds, alone
        self.options = options + ([] if alone else ["-p", str(os.getpid())])
        self.scenes = []
        self.complaints = []
        self.certain = {"proved": 0, "likely": 0}
        self.delays, self.samples = [], []
        self.lines = self.played = 0
        self.rest = b""

    def complain(self, text):
        self.complaints.append(text)
        print(f"# {time.monotonic() - self.begin:.0f} s: {text}", flush=True)

    # ---- what the watch tells ----

    def tell_deadlock(self, event):
        sessions = {session_of(member["pid"]) for member in event["members"]}
        mine = [scene for scene in self.scenes if {scene.pid} == sessions]
        if not mine:
            return self.complain(f"invented: {event}")
        scene = mine[0]
        if scene.state != "awaited":
            return self.complain(f"told again when {scene.state}: {scene.name}: {event}")
        if event["kind"] != scene.kind or len(event["members"]) != scene.size:
            self.complain(f"told as something else: {scene.name}: {event}")
        self.certain[event["certainty"]] += 1
        self.delays.append(scene.lasts())
        scene.event = event
        scene.open = set(event["pipes"])
        scene.hold = random.uniform(*HOLD_S)
        return scene.enter("told")

    def tell_cleared(self, event):
        mine = [scene for scene in self.scenes if scene.event and scene.event["id"] == event["id"]]
        if not mine or mine[0].state != "freed":
            self.complain(f"cleared by nobody: {event}")
        else:
            mine[0].enter("cleared")

    def tell_closed(self, event):
        for scene in self.scenes:
            if event["pipe"] in scene.open:
                scene.open.remove(event["pipe"])
                if scene.state in ("awaited", "told"):
                    self.complain(f"closed when {scene.state}: {scene.name}: {event}")

    def take_lines(self, timeout_s):
        if not select.select([self.watch.stdout], [], [], timeout_s)[0]:
            return
        data = os.read(self.watch.stdout.fileno(), 1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            event = json.loads(line)
            self.lines += 1
            tell = {"deadlock": self.tell_deadlock, "cleared": self.tell_cleared, "closed": self.tell_closed}
            if event["event"] in tell:
                tell[event["event"]](event)
            elif event["event"] not in EVENTS:
                self.complain(f"not an event: {event}")

    # ---- what is played ----

    def play(self, folder):
        name = list(STUCK)[self.played % len(STUCK)]
        program = STUCK[name][0]
        self.scenes.append(Scene(name, program if isinstance(program, list) else [*ACTOR, program], folder))
        self.played += 1

    def go_on(self):
        for scene in self.scenes:
            if scene.state == "told" and scene.lasts() > scene.hold:
                scene.free()
            elif scene.state == "cleared":
                # What was only a victim may be there still.
                self.kill(scene)
                if not scene.open:
                    scene.enter("over")
            elif scene.lasts() > PATIENCE_S:
                words = {"awaited": "never told", "freed": "never cleared", "cleared": "never closed"}
                self.complain(f"{words[scene.state]}: {scene.name}, to end by {scene.end}: {scene.event}")
                self.kill(scene)
                scene.enter("over")
        self.scenes = [scene for scene in self.scenes if scene.state != "over"]

    @staticmethod
    def kill(scene):
        try:
            os.killpg(scene.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def reap(self):
        """Orphans too, where we are the first process."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.watch.pid:
                self.watch.returncode = os.waitstatus_to_exitcode(status)

    def sample(self):
        status = read(f"/proc/{self.watch.pid}/status")
        memory = re.search(r"VmRSS:\s*(\d+)", status)
        if memory:
            self.samples.append((int(memory[1]), len(os.listdir(f"/proc/{self.watch.pid}/fd"))))

    def storm(self, folder):
        pace = "" if self.seconds >= STEADY_S else "sleep 10; "
        return [subprocess.Popen(["nice", *ACTOR, program.replace("{ ", "{ " + pace, 1)], cwd=folder,
                                 stdin=subprocess.DEVNULL, start_new_session=True) for program in STORM]

    def run(self, folder):
        """Until the time is over, and all that is stuck then."""
        with open(os.path.join(folder, "err"), "wb") as err:
            self.watch = subprocess.Popen(
                [PIPETOP, "--watch", "--json", "-d", "0.1", "--fail-on=never", *self.options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
        next_scene = next_sample = self.begin
        next_word = self.begin + 60
        while self.watch.returncode is None and (time.monotonic() < self.begin + self.seconds or self.scenes):
            now = time.monotonic()
            if now >= next_scene and now < self.begin + self.seconds:
                self.play(folder)
                next_scene = now + random.uniform(*EVERY_S)
            if now >= next_sample:
                self.sample()
                next_sample = now + 1
            if now >= next_word:
                print(f"# {now - self.begin:.0f} s: {self.played} played, {len(self.delays)} told, "
                      f"{self.samples[-1][0]} KiB, {self.samples[-1][1]} fds", flush=True)
                next_word += 60
            self.take_lines(0.05)
            self.go_on()
            self.reap()
        self.watch.terminate()
        self.watch.wait()
        self.word = read(os.path.join(folder, "err"))


def tenths(samples):
    """The median of the second tenth, when all is in motion, and of the last."""
    tenth = max(len(samples) // 10, 1)
    return statistics.median(samples[tenth:2 * tenth] or samples), statistics.median(samples[-tenth:])


def figures(unit, samples):
    early, late = tenths(samples)
    print(f"# {unit}: first {samples[0]}, median {statistics.median(samples):.0f}, most {max(samples)}, "
          f"last {samples[-1]}; second tenth {early:.0f}, last tenth {late:.0f}")
    return late - early


def main(seconds, options, alone):
    print("1..3")
    soak = Soak(seconds, options, alone)
    births = int(re.search(r"processes (\d+)", read("/proc/stat"))[1])
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(BUILD, "tests/scenarios/log"), os.path.join(folder, "log"))
        soak.begin = time.monotonic()
        storm = soak.storm(folder)
        soak.run(folder)
        for process in storm:
            os.killpg(process.pid, signal.SIGKILL)
    lasted_s = time.monotonic() - soak.begin
    births = int(re.search(r"processes (\d+)", read("/proc/stat"))[1]) - births
    memory, fds = zip(*soak.samples)
    print(f"# {lasted_s:.0f} s, {births} births on the machine ({births / lasted_s:.0f} a second), {soak.lines} lines")
    print(f"# {soak.played} deadlocks played; told: {soak.certain['proved']} proved, {soak.certain['likely']} likely, "
          f"after {statistics.median(soak.delays):.2f} s (median), {max(soak.delays):.2f} s (most)")
    more_kib, more_fds = figures("memory in KiB", memory), figures("descriptors", fds)
    told = not soak.complaints and len(soak.delays) == soak.played
    print(f"{'ok' if told else 'not ok'} 1 - each deadlock is told once, none is invented, each is told to be over")
    ended = soak.watch.returncode == -signal.SIGTERM and not soak.word
    if not ended:
        print(f"# the watch ended with {soak.watch.returncode}: {soak.word}")
    print(f"{'ok' if ended else 'not ok'} 2 - it watches until it is ended, without a word")
    flat = more_fds <= ROUNDED_FDS and (seconds < STEADY_S or more_kib <= ROUNDED_KIB)
    print(f"{'ok' if flat else 'not ok'} 3 - memory and descriptors stay what they were" +
          ("" if seconds >= STEADY_S else " (descriptors alone: too short for memory)"))
    return 0 if told and ended and flat else 1


if __name__ == "__main__":
    ISOLATE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if "SOAK_ALONE" not in os.environ and os.geteuid() == 0 and not subprocess.run([*ISOLATE, "true"]).returncode:
        os.execvpe(ISOLATE[0], [*ISOLATE, sys.executable, *sys.argv], {**os.environ, "SOAK_ALONE": "1"})
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:], "SOAK_ALONE" in os.environ))
