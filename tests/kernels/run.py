#!/usr/bin/python3
"""Plays the scenarios on other kernels, in qemu, and compares the verdicts with the table's.

Run in the build directory, of a build without sanitizers: run.py [--words=WORD,…] [--plays=PLAY,…] [KERNEL…],
where WORDs choose scenarios by name, and PLAYs are among those below. The kernels are
Debian's (debian.py). What they start is an initramfs (archive.py) with tests/kernels/init as its first process:
of the programs here and their libraries, or, for another processor, of Debian's, for which pipetop is built anew
by clang. KVM runs them, or, where one does not start by it within KVM_START_S, qemu emulates a processor. All
of it stays in kernels/ for the next time. Prints TAP: a test for each kernel, user,
engine and ptrace_scope, with what was missed in the lines before; the same as a table goes to kernels/results.md.
Each kernel takes minutes, and at most LIMIT_S. Without names it is those of this machine's processor.
"""

import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import archive
import debian

WORK = os.path.abspath("kernels")
LIMIT_S = 3600
KVM_START_S = 60
# Where qemu emulates two processors, one now and then still meets the int3 that the other has just taken out of the
# kernel's text (arch/x86/kernel/alternative.c, smp_text_poke_batch_finish()), and the kernel panics, most often
# while it starts: that is no test yet.
STARTS_AT_MOST = 3
MEMORY_MB = 2048

# What it is called here, where it comes from, and the package that has its image: of several the newest.
KERNELS = {
    "5.10": ("bullseye", r"linux-image-5\.10\.[-.0-9]+-cloud-amd64"),
    "6.1": ("bookworm", r"linux-image-6\.1\.[-.0-9]+-cloud-amd64"),
    "6.1-rt": ("bookworm", r"linux-image-6\.1\.[-.0-9]+-rt-amd64"),
    "6.12": ("trixie", r"linux-image-6\.12\.[-+.0-9]+deb13[.0-9]*-cloud-amd64"),
    "7": ("backports", r"linux-binary-7\.[-+.0-9]+deb13[.0-9]*-cloud-amd64"),
    "6.1-arm64": ("bookworm", r"linux-image-6\.1\.[-.0-9]+-cloud-arm64"),
    "6.12-arm64": ("trixie", r"linux-image-6\.12\.[-+.0-9]+deb13[.0-9]*-cloud-arm64"),
    "6.12-arm64-16k": ("trixie", r"linux-image-6\.12\.[-+.0-9]+deb13[.0-9]*-arm64-16k"),
    "7-arm64": ("backports", r"linux-binary-7\.[-+.0-9]+deb13[.0-9]*-cloud-arm64"),
}
# How qemu plays a processor, with two serial ports: the kernel's, and what run.py reads.
AMD64 = ["qemu-system-x86_64", "-serial", "file:{console}", "-serial", "file:{said}"]
ARM64 = [
    "qemu-system-aarch64", "-machine", "virt", "-serial", "file:{console}",
    "-chardev", "file,id=said,path={said}", "-device", "pci-serial,chardev=said",
]
# The scenarios, as whom, with which engine, under which ptrace_scope.
PLAYS = ["root:proc:0", "root:bpf:0", "user:proc:0", "user:proc:1", "user:proc:2"]
# A process with very many threads and descriptors (crowd.py), on the newest kernel; crowd:bpf:THREADS:FDS has other
# numbers of them.
CROWD = {"7": ["crowd:bpf", "crowd:proc"]}
UNITS = "units"  # the unit tests, for another processor
NO_BPF = ["5.10"]  # iterator.h: 5.17 or later


def processor_of(name):
    return "arm64" if "arm64" in name else "amd64"


# ---- what is started


def cross_build():
    """The folders with the other processor's programs, and with pipetop as it is now, built for them."""
    root = debian.root(f"{WORK}/arm64", "arm64")
    build = f"{WORK}/arm64/build"
    libraries = f"{root}/usr/lib/aarch64-linux-gnu"
    environment = os.environ | {"PKG_CONFIG_SYSROOT_DIR": root, "PKG_CONFIG_LIBDIR": f"{libraries}/pkgconfig"}
    options = {"env": environment, "stdout": sys.stderr, "check": True, "cwd": build}
    os.makedirs(build, exist_ok=True)
    if not os.path.exists(f"{build}/Makefile"):
        subprocess.run([f"{archive.SOURCE}/configure", "-q", "--host=aarch64-linux-gnu", "AR=ar", "RANLIB=ranlib",
                        f"CC=clang --target=aarch64-linux-gnu --sysroot={root}"], **options)
    subprocess.run(["make", "-s", "-j2", "check", "TESTS="], **options)
    return root, build


def initramfs_for(processor):
    if processor == "amd64":
        return archive.make(f"{WORK}/initramfs")
    return archive.make(f"{WORK}/arm64/initramfs", *cross_build())


# ---- qemu


def accelerators_for(processor):
    """What may run its kernels, the best first. KVM is taken off where it proves to start none: there are hosts on
    which /dev/kvm runs kernels that were made for it alone."""
    same = processor == {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    return ["kvm"] * (same and os.access("/dev/kvm", os.R_OK | os.W_OK)) + ["tcg,thread=multi"]


def started(qemu, said):
    deadline = time.monotonic() + KVM_START_S
    while qemu.poll() is None and time.monotonic() < deadline:
        if os.path.getsize(said):
            return True
        time.sleep(0.1)
    return os.path.getsize(said) > 0


def run(command, said, accelerator):
    """Whether the system came as far as to say something, there."""
    open(said, "w", encoding="utf-8").close()
    errors = subprocess.DEVNULL if accelerator == "kvm" else None
    qemu = subprocess.Popen([*command, "-accel", accelerator], stdin=subprocess.DEVNULL, stderr=errors)
    try:
        if accelerator != "kvm" or started(qemu, said):
            qemu.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"# {said}: not done after {LIMIT_S} s")
    finally:
        qemu.kill()
        qemu.wait()
    return os.path.getsize(said) > 0


def boot(name, image, initramfs, plays, words, accelerators):
    """What the system said on its second serial port, and what ran it, the first of `accelerators` by then."""
    console, said = f"{WORK}/{name}/console", f"{WORK}/{name}/said"
    machine = AMD64 if processor_of(name) == "amd64" else ARM64
    command = [
        "setpriv", "--pdeathsig", "KILL", *(word.format(console=console, said=said) for word in machine),
        "-nodefaults", "-no-reboot", "-display", "none", "-smp", "2",
        "-m", str(MEMORY_MB), "-kernel", image, "-initrd", initramfs,
        # A machine under load is late with the timer that the kernel tries at its start.
        "-append", f"console={'ttyS0' if machine is AMD64 else 'ttyAMA0'} panic=-1 no_timer_check mitigations=off "
                   f"nokaslr said={'ttyS1' if machine is AMD64 else 'ttyS0'} plays={','.join(plays)} words={words}",
    ]
    for _ in range(len(accelerators) - 1 + STARTS_AT_MOST):
        # Of the processor for arm64 that has everything, most is slow where it is emulated.
        cpu = "cortex-a72" if machine is ARM64 and accelerators[0] != "kvm" else "max"
        if run([*command, "-cpu", cpu], said, accelerators[0]):
            break
        print(f"# {name}: by {accelerators[0]} it ended before it had begun, see {console}", flush=True)
        if accelerators[0] == "kvm":
            accelerators.remove("kvm")
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

    def others(self, release, play, text):
        good = text.rstrip().endswith("# played 0")
        wrong = re.findall(r"^not ok (?!.*# SKIP).*\n(?:#.*\n)*|^# \S+ ended with .*\n", text, re.M)
        figures = re.findall(r"^# (\w+ .*: [0-9.]+ s, .*\n)", text, re.M)
        self.test(f"{release}, {play}: {len(re.findall('^ok ', text, re.M))} passed", good, "".join(figures + wrong).splitlines())

    def play(self, release, play, text):
        if play.startswith(("crowd", UNITS)):
            self.others(release, play, text)
            return
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


def try_kernel(name, results, initramfs, chosen, words, accelerators):
    plays = PLAYS + CROWD.get(name, []) + [UNITS] * (processor_of(name) != "amd64")
    plays = [play for play in chosen or plays if not ("bpf" in play and name in NO_BPF)]
    os.makedirs(f"{WORK}/{name}", exist_ok=True)
    try:
        image = debian.kernel(f"{WORK}/{name}", *KERNELS[name], processor_of(name))
    except (LookupError, OSError, subprocess.SubprocessError) as error:
        results.test(f"{name} # SKIP it cannot be had: {error}", True)
        return
    began = time.monotonic()
    text = boot(name, image, initramfs, plays, words, accelerators)
    release = found[1] if (found := re.search(r"^# Linux (\S+)$", text, re.M)) else name
    print(f"# {release}: {time.monotonic() - began:.0f} s, by {accelerators[0].split(',')[0]}", flush=True)
    parts = dict(re.findall(r"^# play (\S+)\n(.*?)(?=^# play |\Z)", text, re.M | re.S))
    for play in plays:
        results.play(release, play, parts.get(play, "it was never begun\n"))


def main():
    option = lambda name: "".join(word.partition("=")[2] for word in sys.argv[1:] if word.startswith(f"--{name}="))
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    names = names or [name for name in KERNELS if processor_of(name) == "amd64"]
    programs = ["apt-get", "dpkg-deb", "setpriv"]
    for processor, machine in ("amd64", AMD64), ("arm64", ARM64):
        if processor in map(processor_of, names):
            programs += [machine[0]] if processor == "amd64" else [machine[0], "clang", "aarch64-linux-gnu-ld", "readelf"]
    for program in programs:
        if not shutil.which(program):
            print(f"1..0 # SKIP {program} is not installed")
            return 0
    os.makedirs(WORK, exist_ok=True)
    results = Results()
    chosen = option("plays").split(",") if option("plays") else []
    means = {}
    for name in names:
        processor = processor_of(name)
        if processor not in means:
            means[processor] = initramfs_for(processor), accelerators_for(processor)
        initramfs, accelerators = means[processor]
        try_kernel(name, results, initramfs, chosen, option("words"), accelerators)
    results.write()
    print(f"1..{results.count}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
