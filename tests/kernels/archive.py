"""An initramfs of what is here: pipetop as it was built, the scenarios, and the programs that play them.

Its format is "newc" (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources),
written here since it takes no root to make everything root's, and /dev/console."""

import os
import re
import shutil
import stat
import subprocess
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILT = ["src/pipetop", "tests/scenarios/actor", "tests/scenarios/actor32", "tests/scenarios/log"]
PROGRAMS = """bash cat chmod env grep ln ls make mkdir mkfifo mount nice perl python3 sed setpriv sh sleep tail
    tr true uname unshare xargs yes""".split()
STDLIB_WITHOUT = ["__pycache__", "test", "idlelib", "tkinter", "ensurepip", "lib2to3", "pydoc_data"]
PERL = """AutoLoader.pm Carp.pm Config.pm Exporter Exporter.pm Fcntl.pm IO IPC POSIX.pm SelectSaver.pm Symbol.pm
    Tie XSLoader.pm constant.pm overload.pm overloading.pm strict.pm vars.pm warnings warnings.pm
    auto/Fcntl auto/IO auto/POSIX""".split()


def said(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Archive:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.names = set()

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

    def add(self, path, name=None):
        """A file, a symbolic link and what it leads to, or a folder; under its own name or another."""
        name = name or os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if name.strip("/") in self.names and not os.path.isdir(path):
            return
        if os.path.islink(path):
            self.entry(name, stat.S_IFLNK | 0o777, os.path.realpath(path).encode())
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

    def add_libraries(self, path):
        for library in re.findall(r"(/\S+) \(0x", said(["ldd", path])):
            self.add(library)

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.file.close()


def make(path):
    """Writes it to this path, and returns the path."""
    archive = Archive(path)
    for name in "bin", "sbin", "lib", "lib32", "lib64":
        if os.path.islink(f"/{name}"):
            archive.entry(name, stat.S_IFLNK | 0o777, os.readlink(f"/{name}").encode())
    for name in "proc", "sys", "tmp", "build/src", "build/tests":
        archive.entry(name, stat.S_IFDIR | 0o755)
    archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.entry("etc/passwd", stat.S_IFREG | 0o644, b"root:x:0:0::/:/bin/sh\n")
    for name in PROGRAMS:
        archive.add(shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin"))
    archive.add(sysconfig.get_path("stdlib"))
    for folder in said(["/usr/bin/perl", "-e", "print join ' ', @INC"]).split():
        for name in PERL:
            if os.path.exists(inner := os.path.join(folder, name)):
                archive.add(inner)
    if os.path.isdir("/usr/lib/locale/C.utf8"):
        archive.add("/usr/lib/locale/C.utf8")
    for name in BUILT:
        if os.path.exists(name):
            archive.add(name, f"/build/{name}")
    archive.add(f"{SOURCE}/tests/scenarios", "/tests/scenarios")
    archive.add(f"{HERE}/init", "/init")
    archive.close()
    return path
