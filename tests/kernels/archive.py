"""An initramfs of what is here, or in a root folder of another processor: pipetop as it was built, the scenarios,
and the programs that play them.

Its format is "newc" (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources),
written here since it takes no root to make everything root's, and /dev/console."""

import glob
import os
import re
import stat
import subprocess
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILT = ["src/pipetop", "tests/scenarios/actor", "tests/scenarios/actor32", "tests/scenarios/log",
         "tests/kernels/crowd", "tests/unit/test_*", "tests/act/test_*"]
PROGRAMS = """bash cat chmod env grep ln ls make mkdir mkfifo mount nice perl python3 rm sed setpriv sh sleep tail
    timeout tr true uname unshare xargs yes""".split()
STDLIB_WITHOUT = ["__pycache__", "test", "idlelib", "tkinter", "ensurepip", "lib2to3", "pydoc_data"]
PERL = """AutoLoader.pm Carp.pm Config.pm Exporter Exporter.pm Fcntl.pm IO IPC POSIX.pm SelectSaver.pm Symbol.pm
    Tie XSLoader.pm constant.pm overload.pm overloading.pm strict.pm vars.pm warnings warnings.pm
    auto/Fcntl auto/IO auto/POSIX""".split()


def said(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Archive:
    """Of files below `root`, an absolute path or "" for this system's; their names begin behind it."""

    def __init__(self, path, root):
        self.file = open(path, "wb")
        self.names = set()
        self.root = root

    def entry(self, name, mode, data=b"", device=(0, 0)):
        name = name.strip("/")
        if not name or name in self.names:
            return
        self.entry(os.path.dirname(name), stat.S_IFDIR | 0o755)
        self.names.add(name)
        text = name.encode() + b"\0"
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(text), 0]
        for part in b"070701" + b"".join(b"%08x" % field for field in fields) + text, data:
            self.file.write(part + b"\0" * (-len(part) % 4))

    def real(self, path):
        return os.path.realpath(path).removeprefix(self.root)

    def add(self, path, name=None):
        """A file, a symbolic link and what it leads to, or a folder; under its own name or another."""
        name = name or os.path.join(self.real(os.path.dirname(path)), os.path.basename(path))
        if name.strip("/") in self.names and not os.path.isdir(path):
            return
        if os.path.islink(path):
            self.entry(name, stat.S_IFLNK | 0o777, self.real(path).encode())
            self.add(os.path.realpath(path))
        elif os.path.isdir(path):
            for inner in os.listdir(path):
                if inner not in STDLIB_WITHOUT:
                    self.add(os.path.join(path, inner), os.path.join(name, inner))
        else:
            with open(path, "rb") as file:
                data = file.read()
            self.entry(name, stat.S_IFREG | (os.stat(path).st_mode & 0o755), data)
            if data[:4] == b"\x7fELF":
                self.add_libraries(path)

    def find(self, *patterns):
        """The first that is there."""
        for pattern in patterns:
            for path in sorted(glob.glob(f"{self.root}{pattern}")):
                return path
        raise FileNotFoundError(f"none of {', '.join(patterns)} in {self.root or '/'}")

    def add_libraries(self, path):
        if not self.root:
            for library in re.findall(r"(/\S+) \(0x", said(["ldd", path])):
                self.add(library)
            return
        for library in re.findall(r"\(NEEDED\).*\[(\S+)\]", said(["readelf", "--dynamic", path])):
            self.add(self.find(f"/usr/lib/*-linux-gnu/{library}", f"/usr/lib/{library}"))

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.file.close()


def library_folders(archive):
    """Those of the scripts' languages."""
    if archive.root:
        yield archive.find(f"/usr/lib/{os.path.basename(os.path.realpath(archive.find('/usr/bin/python3')))}")
        folders = glob.glob(f"{archive.root}/usr/lib/*-linux-gnu/perl-base")
    else:
        yield sysconfig.get_path("stdlib")
        folders = said(["/usr/bin/perl", "-e", "print join ' ', @INC"]).split()
    for folder in folders:
        for name in PERL:
            if os.path.exists(inner := os.path.join(folder, name)):
                yield inner


def make(path, root="", build="."):
    """Writes it to this path, of what was built in the folder `build`, and returns the path."""
    archive = Archive(path, root)
    for name in "bin", "sbin", "lib", "lib32", "lib64":
        if os.path.islink(f"{root}/{name}"):
            archive.entry(name, stat.S_IFLNK | 0o777, os.readlink(f"{root}/{name}").encode())
    for name in "proc", "sys", "tmp", "build/src", "build/tests":
        archive.entry(name, stat.S_IFDIR | 0o755)
    archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.entry("etc/passwd", stat.S_IFREG | 0o644, b"root:x:0:0::/:/bin/sh\n")
    for name in PROGRAMS:
        archive.add(archive.find(*(f"/{folder}/{name}" for folder in ("usr/bin", "bin", "usr/sbin", "sbin"))))
    for loader in glob.glob(f"{root}/lib/ld-linux-*"):
        archive.add(loader)
    for folder in library_folders(archive):
        archive.add(folder)
    for folder in "/usr/lib/locale/C.utf8", "/lib/terminfo":
        if os.path.isdir(f"{root}{folder}"):
            archive.add(f"{root}{folder}")
    for program in (found for name in BUILT for found in glob.glob(f"{build}/{name}")):
        if not program.endswith((".o", ".log", ".trs")):
            archive.add(program, f"/build/{os.path.relpath(program, build)}")
    archive.add(f"{SOURCE}/tests/scenarios", "/tests/scenarios")
    archive.add(f"{HERE}/crowd.py", "/tests/kernels/crowd.py")
    archive.add(f"{HERE}/init", "/init")
    archive.close()
    return path
