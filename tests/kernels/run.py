#!/usr/bin/python3
"""Plays the scenarios on other kernels, in qemu without KVM, and compares the verdicts with the table's.

Run in the build directory, of a build without sanitizers: run.py [--words=WORD,…] [--plays=PLAY,…] [KERNEL…],
where WORDs choose scenarios by name, and PLAYs are among those below. The kernels are
Debian's, by an apt with package lists of its own, so nothing of the system changes. What they
start is an initramfs (archive.py) of the programs here and their libraries, with tests/kernels/init as its
first process. All of it stays in kernels/ for the next time. Prints TAP: a test for each kernel, user, engine
and ptrace_scope, with what was missed in the lines before; the same as a table goes to kernels/results.md.
Each kernel takes minutes, and at most LIMIT_S.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import archive

WORK = os.path.abspath("kernels")
LIMIT_S = 3600
MEMORY_MB = 2048
DEBIAN = "http://deb.debian.org/debian"
SOURCES = {
    "bullseye": [f"deb {DEBIAN}-security bullseye-security main"],
    "bookworm": [f"deb {DEBIAN}-security bookworm-security main"],
    "trixie": [f"deb {DEBIAN}-security trixie-security main"],
    "backports": [f"deb {DEBIAN} trixie-backports main"],
}

# What it is called here, where it comes from, and the package that has its image: of several the newest.
KERNELS = {
    "5.10": ("bullseye", r"linux-image-5\.10\.[-.0-9]+-cloud-amd64"),
    "6.1": ("bookworm", r"linux-image-6\.1\.[-.0-9]+-cloud-amd64"),
    "6.1-rt": ("bookworm", r"linux-image-6\.1\.[-.0-9]+-rt-amd64"),
    "6.12": ("trixie", r"linux-image-6\.12\.[-+.0-9]+deb13[.0-9]*-cloud-amd64"),
    "7": ("backports", r"linux-binary-7\.[-+.0-9]+deb13[.0-9]*-cloud-amd64"),
}
PLAYS = ["root:proc:0", "root:bpf:0", "user:proc:0", "user:proc:1", "user:proc:2"]
NO_BPF = ["5.10"]  # iterators.h: 5.17 or later


# ---- kernels


def apt(source, command, *arguments, **more):
    root = os.path.join(WORK, "apt", source)
    options = {
        "Dir": root, "Dir::Etc::sourcelist": f"{root}/sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::trustedparts": "/usr/share/keyrings", "Dir::State::status": f"{root}/status",
        "Dir::State::lists": f"{root}/lists", "Dir::Cache": f"{root}/cache", "APT::Sandbox::User": "",
    }
    words = [command, "-q", *(f"-o{key}={value}" for key, value in options.items()), *arguments]
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "check": True, "timeout": 600}
    return subprocess.run(words, **options, **more).stdout


def newest(packages):
    return max(packages, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def fetch(name):
    """The path of a kernel's image, which is downloaded where it is not yet there."""
    source, pattern = KERNELS[name]
    if os.path.exists(image := f"{WORK}/{name}/vmlinuz"):
        return image
    root = os.path.join(WORK, "apt", source)
    os.makedirs(f"{root}/lists/partial", exist_ok=True)
    os.makedirs(f"{root}/cache/archives/partial", exist_ok=True)
    open(f"{root}/status", "w", encoding="utf-8").close()
    with open(f"{root}/sources.list", "w", encoding="utf-8") as file:
        print(*SOURCES[source], sep="\n", file=file)
    apt(source, "apt-get", "update")
    lines = apt(source, "apt-cache", "search", "--names-only", f"^{pattern}$").splitlines()
    if not lines:
        raise LookupError(f"no package {pattern}")
    apt(source, "apt-get", "download", newest([line.split()[0] for line in lines]), cwd=root)
    for package in glob.glob(f"{root}/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, f"{root}/unpacked"], check=True)
        os.remove(package)
    os.makedirs(f"{WORK}/{name}", exist_ok=True)
    image = glob.glob(f"{root}/unpacked/**/vmlinuz*", recursive=True)[0]
    image = shutil.move(image, f"{WORK}/{name}/vmlinuz")
    shutil.rmtree(root)
    return image


# ---- qemu


def boot(name, image, initramfs, plays, words):
    """What the system said on its second serial port."""
    console, said = f"{WORK}/{name}/console", f"{WORK}/{name}/said"
    command = [
        "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none",
        "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", str(MEMORY_MB),
        "-serial", f"file:{console}", "-serial", f"file:{said}",
        "-kernel", image, "-initrd", initramfs,
        # A machine under load is late with the timer that the kernel tries at its start.
        "-append", "console=ttyS0 panic=-1 no_timer_check mitigations=off nokaslr "
                   f"plays={','.join(plays)} words={words}",
    ]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=True)
    except subprocess.TimeoutExpired:
        print(f"# {name}: not done after {LIMIT_S} s")
    with open(said, encoding="utf-8", errors="replace") as file:
        return file.read().replace("\r", "")


# ---- results


class Results:
    def __init__(self):
        self.count = self.failed = 0
        self.rows = []

    def test(self, label, good, lines=()):
        self.count += 1
        self.failed += not good
        for line in lines:
            print("# " + line)
        print(f"{'ok' if good else 'not ok'} {self.count} - {label}", flush=True)

    def play(self, release, play, text):
        who, engine, scope = play.split(":")
        found = re.search(r"^# recall (\d+) of (\d+), false alarms (\d+) of (\d+)$", text, re.M)
        good = text.rstrip().endswith("# played 0") and found
        label = f"{release}, {who}, {engine}, ptrace_scope {scope}"
        if found:
            label += f": {found[1]} of {found[2]} deadlocks, {found[3]} false alarms in {found[4]}"
            self.rows.append([release, who, engine, scope, f"{found[1]} of {found[2]}", f"{found[3]} of {found[4]}"])
        wrong = re.findall(r"^not ok .*\n(?:#   .*\n)*", text, re.M)
        self.test(label, good, "".join(wrong).splitlines() or ([] if good else text.splitlines()[-5:]))

    def write(self):
        head = ["kernel", "user", "engine", "ptrace_scope", "deadlocks found", "false alarms"]
        with open(f"{WORK}/results.md", "w", encoding="utf-8") as file:
            for row in [head, ["---"] * len(head), *self.rows]:
                print("| " + " | ".join(row) + " |", file=file)


def try_kernel(name, results, initramfs, chosen, words):
    plays = [play for play in chosen or PLAYS if not ("bpf" in play and name in NO_BPF)]
    try:
        image = fetch(name)
    except (LookupError, OSError, subprocess.SubprocessError) as error:
        results.test(f"{name} # SKIP it cannot be had: {error}", True)
        return
    began = time.monotonic()
    text = boot(name, image, initramfs, plays, words)
    release = found[1] if (found := re.search(r"^# Linux (\S+)$", text, re.M)) else name
    print(f"# {release}: {time.monotonic() - began:.0f} s", flush=True)
    parts = dict(re.findall(r"^# play (\S+)\n(.*?)(?=^# play |\Z)", text, re.M | re.S))
    for play in plays:
        results.play(release, play, parts.get(play, "it was never begun\n"))


def main():
    option = lambda name: "".join(word.partition("=")[2] for word in sys.argv[1:] if word.startswith(f"--{name}="))
    names = [word for word in sys.argv[1:] if not word.startswith("--")] or list(KERNELS)
    for program in "qemu-system-x86_64", "apt-get", "dpkg-deb", "setpriv":
        if not shutil.which(program):
            print(f"1..0 # SKIP {program} is not installed")
            return 0
    os.makedirs(WORK, exist_ok=True)
    initramfs = archive.make(f"{WORK}/initramfs")
    results = Results()
    for name in names:
        try_kernel(name, results, initramfs, option("plays").split(",") if option("plays") else [], option("words"))
    results.write()
    print(f"1..{results.count}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
