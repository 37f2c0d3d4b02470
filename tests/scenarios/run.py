#!/usr/bin/python3
"""Plays the scenarios of table.ini and compares what pipetop says with what the table says.

Run in the build directory: run.py [--play] [--once] [--engine=ENGINE] [--as=USER] [WORD…], where only the scenarios
whose names have one of the words are played, and pipetop looks with that engine; else with each that can be
had here, and they must agree. (An ordinary user's pipetop looks with its default.) Where we are root, the user
is "root" or "user", or both. --once leaves out the looks at each scenario alone. SLOWNESS in the environment
multiplies all patience. Forty are played at once, and each waits for a condition that is read from /proc, never
for a time. Then pipetop looks once at the whole machine and once at each scenario alone. Prints TAP: a test
a scenario, and at the end recall and false alarms. With --play it only plays, until standard input ends.
"""

import atexit
import concurrent.futures
import glob
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is written into the sources

import judge
import procfs
from scenario import read_table

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.getcwd()
SCHEMA = os.path.join(HERE, "../../assets/schema/pipetop-1.schema.json")
MARK = f"PIPETOP_SCENARIOS={os.getpid()}."
SLOWNESS = int(os.environ.get("SLOWNESS", "1"))
PATIENCE_S = 40 * SLOWNESS  # until a scenario is where it should be
AT_ONCE = 40  # scenarios: every look of pipetop reads the whole machine
REPORT_S = 200 * SLOWNESS  # for one report: other loads on the machine can make a look long
NOBODY, STRANGER = 64998, 64999  # users that own nothing else
AS = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--as=")] or ["root", "user"]
ENGINES = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--engine=")]
SCOPE = int(procfs.read("/proc/sys/kernel/yama/ptrace_scope") or 0)
MUTE = not procfs.tells_wchan()
AS_USER = ["--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


# ---- leaving nothing behind


def end_all():
    """Kills all that we started, whatever became of it; everything inherits the mark."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := procfs.marked(MARK)) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    return left


def keep_watch(stage):
    """A process that ends all scenarios and takes the stage away when we end, even by SIGKILL."""
    us = os.pidfd_open(os.getpid())
    if os.fork():
        os.close(us)
        return
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for fd in 0, 1, 2:
        os.dup2(null, fd)
    select.select([us], [], [])
    end_all()
    stage.take_away()
    os._exit(0)


# ---- the stage


def cgroup_root():
    for line in (procfs.read("/proc/self/mounts") or "").splitlines():
        _, path, kind = line.split()[:3]
        if kind == "cgroup2" and os.access(path, os.W_OK):
            return path
    return None


class Stage:
    """A directory that every user can read, with all programs and pipetop itself in it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="pipetop-scenarios.")
        os.chmod(self.path, 0o755)
        self.cgroups = os.path.join(cgroup_root() or self.path, f"pipetop-scenarios-{os.getpid()}")
        atexit.register(self.take_away)
        self.props = os.path.join(self.path, "props")
        os.mkdir(self.props)
        for name in "actor", "actor32", "log":
            if os.path.exists(built := os.path.join(BUILD, "tests/scenarios", name)):
                shutil.copy(built, self.props)
        for name in "article.py", "stream.py", "jobs.mk", "stuck.mk", "WaitFor.java":
            shutil.copy(os.path.join(HERE, name), self.props)
        open(os.path.join(self.props, "log.txt"), "w").close()
        self.pipetop = shutil.copy(os.environ.get("PIPETOP", os.path.join(BUILD, "src/pipetop")), self.path)
        self.rooms = 0
        calls = lambda name: subprocess.run(
            [os.path.join(self.props, name), "--calls"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        self.calls = {
            name: {call: int(number) for call, number in (line.split() for line in calls(name))}
            for name in ("actor", "actor32")
            if os.path.exists(os.path.join(self.props, name))
        }

    def room(self, uid):
        """A directory of its own for one scenario, with the programs in it."""
        self.rooms += 1
        path = os.path.join(self.path, str(self.rooms))
        os.mkdir(path)
        for name in os.listdir(self.props):
            os.symlink(os.path.join(self.props, name), os.path.join(path, name))
        if uid:
            os.chown(path, uid, uid)
        return path

    def cgroup(self):
        """A cgroup of its own for one scenario, or None."""
        path = f"{self.cgroups}-{self.rooms}"
        try:
            os.mkdir(path)
        except OSError:
            return None
        return path if os.path.exists(f"{path}/cgroup.events") else None

    def take_away(self):
        for path in glob.glob(f"{self.cgroups}-*"):
            while "populated 1" in (procfs.read(f"{path}/cgroup.events") or ""):
                time.sleep(0.01)
            os.rmdir(path)
        shutil.rmtree(self.path, ignore_errors=True)

    def numbers(self, scenario):
        return self.calls.get(scenario.language, self.calls["actor"])


def as_user(uid):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", *AS_USER] if uid else []


# ---- one scenario being played


class Play:
    def __init__(self, stage, scenario, uid=None):
        self.stage, self.scenario, self.uid = stage, scenario, uid
        self.cause = scenario.missing_in(stage.props)
        if MUTE and "wchan" in scenario.run:
            self.cause = "this kernel tells no wchan"
        self.complaints, self.ours, self.cast, self.process = [], set(), [], None
        self.found = False
        self.pipetop = None  # started beforehand, and stopped, where the scenario writes into it
        if not self.cause:
            self.start()

    @property
    def name(self):
        return self.scenario.name + (", as an ordinary user" if self.uid else "")

    @property
    def ready(self):
        return bool(self.cast)

    @property
    def over(self):
        return self.ready or self.cause is not None or bool(self.complaints)

    def start(self):
        room = self.stage.room(self.uid)
        environment = dict(os.environ, PIPETOP_SCENARIOS=MARK.partition("=")[2], LC_ALL="C")
        environment.pop("MAKEFLAGS", None)
        environment.pop("MFLAGS", None)
        if "freeze" in self.scenario.program and (cgroup := self.stage.cgroup()):
            environment["SCENARIO_CGROUP"] = cgroup
        pipe = os.pipe() if "input" in self.scenario.run else None
        self.errors = os.path.join(room, "stderr")
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                ["nice", "-n", "5", *as_user(self.uid), *self.scenario.command()],
                cwd=room, env=environment, stdin=subprocess.DEVNULL, stdout=pipe[1] if pipe else subprocess.DEVNULL, stderr=errors,
                start_new_session=True,
            )
        if pipe:
            self.pipetop = start_pipetop(self.stage, self.options(), stdin=pipe[0], stopped=True)
            os.close(pipe[0])
            os.close(pipe[1])

    def look(self, parent_of):
        """Has everybody come where the table says?"""
        if self.process.poll() is not None:
            text = procfs.read(self.errors).strip()
            if self.process.returncode == 77:
                self.cause = text
            else:
                self.complaints.append(f"it ended with {self.process.returncode}: {text}")
            return
        # Who is let go on before he has stopped stops for good.
        if self.pipetop and not all(thread.state == "T" for thread in procfs.threads(self.pipetop.pid)):
            return
        self.ours = procfs.family(self.process.pid, parent_of)
        found = [thread for pid in self.ours for thread in procfs.threads(pid)]
        calls = self.stage.numbers(self.scenario)
        cast = [(role, [t for t in found if role.fits(t, calls)]) for role in self.scenario.roles]
        if all(len(threads) == role.count for role, threads in cast):
            self.cast = cast

    def give_up(self):
        found = [thread for pid in sorted(self.ours) for thread in procfs.threads(pid)]
        seen = ", ".join(f"{t.comm}({t.tid}) {t.state} in {t.call} {t.arguments[:1]}" for t in found)
        errors = procfs.read(self.errors).strip()
        self.complaints.append(f"it never came where it should; seen: {seen}; it said: {errors!r}")

    @property
    def veiled(self):
        """Yama keeps the system calls from whoever is no ancestor."""
        return bool(SCOPE and self.uid)

    def judge(self, report, alone):
        if self.veiled:
            return judge.veiled(self.scenario, self.cast, self.ours, report)
        if self.scenario.stuck:
            unseen = bool(self.uid) or os.geteuid() != 0 or MUTE
            return judge.stuck(self.scenario, self.cast, self.ours, report, unseen)
        return judge.healthy(self.scenario, self.ours, report, alone)

    def options(self):
        return [*self.scenario.options, "-p", str(self.process.pid)]

    def examine(self):
        """One look of pipetop at this scenario alone, with each engine."""
        if self.uid or self.pipetop:
            return self.examine_with([])[0]
        complaints, reports = [], []
        for engine in ENGINES:
            found, report = self.examine_with([f"--engine={engine}"])
            complaints += [f"{engine}: {line}" for line in found]
            reports.append(report)
        if len(reports) == 2 and not complaints:
            complaints = judge.differences(self.scenario, self.ours, *reports)
        return complaints

    def examine_with(self, engine):
        complaints = []
        for _ in range(1 if self.pipetop else 5):
            pipetop = self.pipetop or start_pipetop(self.stage, [*engine, *self.options()], self.uid)
            status, report, errors = report_of(pipetop)
            if report is None:
                return [f"pipetop ended with {status}: {errors}"], None
            complaints = self.judge(report, alone=True)
            if engine and not engine[0].endswith(report["scan"]["engine"]):
                complaints.append(f"the engine was {report['scan']['engine']}")
            self.found = bool(judge.of_ours(report, self.ours))
            expected = 1 if self.found else 0
            if status != expected:
                complaints.append(f"exit status is {status}, not {expected}: {errors}")
            if len(errors.splitlines()) > (not self.found):
                complaints.append(f"on standard error: {errors}")
            complaints += validate(report)
            # What others do on this machine (a crowd of new processes, descriptors in flight) can make a
            # verdict less certain, never wrong: only that deserves another look.
            if not complaints or not all("it is likely" in line for line in complaints):
                break
        return complaints, report

    def end(self):
        for process in self.process, self.pipetop:
            if process:
                process.wait()


# ---- pipetop


def start_pipetop(stage, options, uid=None, stdin=subprocess.DEVNULL, stopped=False, form="json"):
    wait = ["sh", "-c", 'kill -STOP $$; exec "$@"', "sh"] if stopped else []
    return subprocess.Popen(
        [*as_user(uid), *wait, stage.pipetop, "--report", f"--format={form}", *options],
        env=dict(os.environ, PIPETOP_SCENARIOS=MARK.partition("=")[2], ASAN_OPTIONS="exitcode=99"),
        cwd=stage.path,
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def report_of(pipetop):
    """Exit status, the report (None where there is none), and standard error."""
    os.kill(pipetop.pid, signal.SIGCONT)
    try:
        output, errors = pipetop.communicate(timeout=REPORT_S)
    except subprocess.TimeoutExpired:
        seen = ", ".join(
            f"{t.state} in {t.call} {procfs.read(f'/proc/{t.pid}/task/{t.tid}/wchan')}"
            for pid in procfs.family(pipetop.pid, procfs.parents()) for t in procfs.threads(pid)
        )
        pipetop.kill()
        return None, None, f"it hangs: {seen}"
    try:
        return pipetop.returncode, json.loads(output), errors
    except ValueError:
        return pipetop.returncode, None, f"no JSON: {output[:200]!r} {errors[-2000:]}"


def make_validator():
    try:
        import jsonschema
    except ImportError:
        return None
    text = procfs.read(SCHEMA)
    return jsonschema.Draft202012Validator(json.loads(text)) if text else None


VALIDATOR = make_validator()


def validate(report):
    if not VALIDATOR:
        return []
    return [f"schema: {error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(report)]


# ---- the whole show


class Tap:
    def __init__(self):
        self.count = self.failed = 0
        self.found = self.stuck = self.alarms = self.healthy = 0

    def test(self, name, complaints, skip=None):
        self.count += 1
        self.failed += bool(complaints)
        ending = f" # SKIP {skip.splitlines()[0]}" if skip else ""
        print(f"{'not ok' if complaints else 'ok'} {self.count} - {name}{ending}", flush=True)
        for complaint in complaints:
            print("#   " + complaint.replace("\n", "\n#   "), flush=True)

    def play(self, play):
        self.test(play.name, play.complaints, play.cause)
        if play.cause:
            return
        if play.scenario.stuck:
            self.stuck += 1
            self.found += play.found and not play.complaints
        else:
            self.healthy += 1
            self.alarms += any("FALSE ALARM" in line for line in play.complaints)


def await_all(plays):
    deadline = time.monotonic() + PATIENCE_S
    while (waiting := [play for play in plays if not play.over]) and time.monotonic() < deadline:
        parent_of = procfs.parents()
        for play in waiting:
            play.look(parent_of)
        time.sleep(0.005)
    for play in waiting:
        play.give_up()


def perform(stage, tap, scenarios, uid=None, box=True):
    """Plays these scenarios at once, looks at them, and ends them."""
    plays = [Play(stage, scenario, uid) for scenario in scenarios]
    await_all(plays)
    ready = [play for play in plays if play.ready]

    for engine in (["auto"] if uid else ENGINES) if box and ready else []:
        status, report, errors = report_of(start_pipetop(stage, [f"--engine={engine}"], uid))
        complaints = validate(report) if report else [f"pipetop ended with {status}: {errors}"]
        if any(play.scenario.stuck and not play.veiled for play in ready) and status != 1:
            complaints.append(f"exit status is {status}: {errors}")
        who = " of an ordinary user" if uid else ""
        tap.test(f"one look at {len(ready)} scenarios{who} at once, engine {engine}", complaints)
        for play in ready if report else []:
            play.found = bool(judge.of_ours(report, play.ours))
            play.complaints += [f"at the whole machine: {line}" for line in play.judge(report, alone=False)]

    alone = [] if box and "--once" in sys.argv else ready
    with concurrent.futures.ThreadPoolExecutor(2 if box else 1) as pool:
        for play, complaints in zip(alone, pool.map(Play.examine, alone)):
            play.complaints += complaints

    end_all()
    for play in plays:
        play.end()
        tap.play(play)


def strangers(stage, tap, scenarios):
    """An ordinary user looks at what belongs to another: he sees little, and is told so."""
    plays = [Play(stage, scenario, STRANGER) for scenario in scenarios]
    await_all(plays)
    for play in plays:
        complaints = list(play.complaints)
        if play.ready:
            status, report, errors = report_of(start_pipetop(stage, play.options(), NOBODY))
            if report is None:
                complaints.append(f"pipetop ended with {status}: {errors}")
            else:
                complaints += judge_stranger(status, report, errors, play.ours)
        tap.test(f"{play.scenario.name}, as a user to whom it does not belong", complaints, play.cause)
    end_all()
    for play in plays:
        play.end()


def judge_stranger(status, report, errors, ours):
    complaints = validate(report)
    if status != 0:
        complaints.append(f"exit status is {status}")
    if any(deadlock["certainty"] == "proved" for deadlock in report["deadlocks"]):
        complaints.append("something is called proved")
    if judge.of_ours(report, ours):
        complaints.append("a deadlock is named without a view of it")
    if report["view"]["complete"] or not report["view"]["limits"] or not report["view"]["unreadable_processes"]:
        complaints.append(f"the view is said to be {report['view']}")
    if len(errors.splitlines()) != 1:
        complaints.append(f"not one line on standard error: {errors!r}")
    return complaints


def article_in_words(stage, tap, scenarios):
    """The story end to end, as a person sees it."""
    play = Play(stage, next(scenario for scenario in scenarios if scenario.name == "the article"))
    await_all([play])
    complaints = list(play.complaints)
    if play.ready:
        pipetop = start_pipetop(stage, play.options(), form="text")
        text, errors = pipetop.communicate(timeout=REPORT_S)
        threads = {thread.comm: thread for _, found in play.cast for thread in found}
        pipe = procfs.link(threads["log"], 2)
        words = ["DEADLOCK 1 (write-wait", "write(2, …, 13)", f"log ({threads['log'].pid}", "wait4(",
                 f"python3 ({threads['python3'].pid}", pipe, f"pipetop --grow '{pipe}'", "communicate()"]
        complaints += [f"it does not say {word!r}" for word in words if word not in text]
        if pipetop.returncode != 1 or errors:
            complaints.append(f"exit status {pipetop.returncode}, and on standard error: {errors!r}")
        if complaints:
            complaints.append(text)
    end_all()
    play.end()
    tap.test("the article, in words", complaints, play.cause)


def play_on(stage, scenarios):
    """For a person who wants to look at them."""
    plays = [Play(stage, scenario) for scenario in scenarios]
    await_all(plays)
    for play in plays:
        print(play.process.pid if play.process else "-", play.name, play.cause or "", *play.complaints)
    sys.stdout.flush()
    sys.stdin.read()
    end_all()
    for play in plays:
        play.end()


def play_mine(stage, tap, scenarios):
    together = [scenario for scenario in scenarios if "alone" not in scenario.run]
    for start in range(0, len(together), AT_ONCE):
        perform(stage, tap, together[start : start + AT_ONCE])
    for scenario in scenarios:
        if "alone" in scenario.run:
            perform(stage, tap, [scenario], box=False)
    if any(scenario.name == "the article" for scenario in scenarios):
        article_in_words(stage, tap, scenarios)


def main():
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    scenarios = read_table(os.path.join(HERE, "table.ini"))
    if arguments:
        scenarios = [scenario for scenario in scenarios if any(word in scenario.name for word in arguments)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    stage, tap = Stage(), Tap()
    keep_watch(stage)

    if not ENGINES:
        ENGINES.append("proc")
        status, report, errors = report_of(start_pipetop(stage, ["--engine=bpf"]))
        if report:
            ENGINES.append("bpf")
        tap.test("the engine bpf can be had", [], None if report else errors.strip())
    if "--play" in sys.argv:
        return play_on(stage, scenarios)
    try:
        if "root" in AS:
            play_mine(stage, tap, scenarios)
        if os.geteuid() != 0:
            tap.test("as an ordinary user", [], "the whole run is an ordinary user's")
        elif "user" in AS:
            users = [scenario for scenario in scenarios if "user" in scenario.run]
            perform(stage, tap, users, NOBODY)
            strangers(stage, tap, users[:3])
    finally:
        left = end_all()

    tap.test("nothing is left behind", [f"pid {pid}" for pid in left])
    print(f"# recall {tap.found} of {tap.stuck}, false alarms {tap.alarms} of {tap.healthy}")
    veiled = SCOPE and AS == ["user"]
    perfect = (tap.found == tap.stuck or veiled) and not tap.alarms
    tap.test("every deadlock that could be was found, and nothing else", [] if perfect else ["see above"])
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
