"""The table of scenarios: what is played, what must be seen in /proc before anybody looks, and what
pipetop must say then."""

import configparser
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field

# How a program of the table is started.
LANGUAGES = {
    "actor": lambda text: ["./actor", text],
    "actor32": lambda text: ["./actor32", text],
    "sh": lambda text: ["sh", "-c", text],
    "bash": lambda text: ["bash", "-c", text],
    "perl": lambda text: ["perl", "-e", text],
    "node": lambda text: ["node", "-e", text],
    "tclsh": lambda text: ["sh", "-c", 'echo "$1" > program.tcl; exec tclsh program.tcl', "sh", text],
    "make": lambda text: ["make", *shlex.split(text)],
    "java": lambda text: ["java", *shlex.split(text)],
    "python3": lambda text: [sys.executable, *shlex.split(text)],
}


# Which call does it where there is none of that name (include/uapi/asm-generic/unistd.h); ppoll(2) is begun anew
# by its own name, not by restart_syscall(2).
NEWER = {"poll": "ppoll", "select": "pselect6", "epoll_wait": "epoll_pwait", "vfork": "clone", "pause": "ppoll",
         "restart_syscall": "ppoll"}
IS_ARM64 = os.uname().machine == "aarch64"


@dataclass
class Role:
    """So many threads that must be in this call, and what pipetop must say of them."""

    mark: str  # "*" and "#": members of a deadlock; "+": a victim; "": neither
    comm: str
    call: str
    fd: int | None
    states: str
    count: int

    PATTERN = re.compile(r"([*#+]?)([^:]+):([a-z0-9_-]+?)(?:/(\d+))?(?:@([A-Za-z]))?(?:x(\d+))?$")

    @classmethod
    def parse(cls, word, language):
        match = cls.PATTERN.match(word)
        if not match:
            raise ValueError(f"not a role: {word}")
        mark, comm, call, fd, state, count = match.groups()
        if IS_ARM64 and language != "actor32":
            call = NEWER.get(call, call)
        if IS_ARM64 and state in ("T", "t"):
            call = "-"
        return cls(mark, comm, call, int(fd) if fd else None, state or "SD", int(count or 1))

    def fits(self, thread, calls):
        if thread.comm != self.comm:
            return False
        if self.call == "running":
            return thread.state == "R" or thread.call == "running"
        if self.call != "-" and thread.call != calls.get(self.call):
            return False
        return thread.state in self.states and (self.fd is None or thread.arguments[0] == self.fd)


@dataclass
class Scenario:
    name: str
    language: str
    program: str
    roles: list
    kind: str | None  # of the deadlock, or None where all is healthy
    certainty: str | None
    why: str | None  # a pattern for one of the reasons why it is only likely
    verdicts: list  # allowed for the pipes of a healthy scenario
    pipe: dict
    reason: str | None  # a pattern for the reason of the stall
    run: set = field(default_factory=set)
    options: list = field(default_factory=list)

    @property
    def stuck(self):
        return self.kind is not None

    def command(self):
        return LANGUAGES[self.language](self.program)

    def missing_in(self, props):
        """Why this can't be played here, or None."""
        if "root" in self.run and os.geteuid() != 0:
            return "needs root"
        # A call that a signal has interrupted it forgets (arch/arm64/kernel/signal.c, do_signal()).
        if IS_ARM64 and ("freeze" in self.program or any(role.mark and role.states == "T" for role in self.roles)):
            return "this kernel does not tell the call of who was stopped"
        if self.language.startswith("actor"):
            built = os.path.exists(os.path.join(props, self.language))
            return None if built else f"{self.language} was not built"
        if not shutil.which(self.language):
            return f"no {self.language} here"
        return None


def value_of(word):
    return {"true": True, "false": False}.get(word, int(word) if word.isdigit() else word)


def read_table(path):
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)

    scenarios = []
    for name in parser.sections():
        row = dict(parser[name])
        language = next(key for key in row if key in LANGUAGES)
        stuck, _, why = row.get("stuck", "").partition(":")
        kind, certainty = stuck.split() if stuck else (None, None)
        if (kind is None) == ("healthy" not in row):
            raise ValueError(f"{name}: stuck or healthy?")
        scenarios.append(
            Scenario(
                name=name,
                language=language,
                program=row[language],
                roles=[Role.parse(word, language) for word in row["who"].split()],
                kind=kind,
                certainty=certainty,
                why=why.strip() or None,
                verdicts=row.get("healthy", "").split(),
                pipe={key: value_of(word) for key, word in (pair.split("=") for pair in row.get("pipe", "").split())},
                reason=row.get("reason"),
                run=set(row.get("run", "").split()),
                options=shlex.split(row.get("options", "")),
            )
        )
    return scenarios
