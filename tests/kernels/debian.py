"""What comes from Debian, by an apt with package lists of its own, so that nothing of the system changes:
kernels, and for processors that this machine's is not a folder of programs, libraries and headers."""

import glob
import os
import re
import shutil
import subprocess

DEBIAN = "http://deb.debian.org/debian"
SOURCES = {
    "bullseye": [f"deb {DEBIAN}-security bullseye-security main"],
    "bookworm": [f"deb {DEBIAN}-security bookworm-security main"],
    "trixie": [f"deb {DEBIAN}-security trixie-security main"],
    "backports": [f"deb {DEBIAN} trixie-backports main"],
    "root": [f"deb {DEBIAN} bookworm main"],
}
# The programs of archive.py, and what pipetop is built with.
PACKAGES = """bash coreutils dash findutils grep libc-bin make mount ncurses-base perl perl-base python3 sed util-linux
    libbpf-dev libc6-dev libgcc-12-dev libcap-ng-dev libcmocka-dev libdw-dev libjansson-dev libncurses-dev libproc2-dev
    libseccomp-dev libsmartcols-dev""".split()
MERGED = ["bin", "lib", "sbin"]


class Apt:
    def __init__(self, folder, source, processor):
        self.folder, self.processor = folder, processor
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/lists/partial")
        os.makedirs(f"{folder}/cache/archives/partial")
        open(f"{folder}/status", "w", encoding="utf-8").close()
        with open(f"{folder}/sources.list", "w", encoding="utf-8") as file:
            print(*SOURCES[source], sep="\n", file=file)
        self.run("apt-get", "update")

    def run(self, command, *arguments):
        options = {
            "Dir": self.folder, "Dir::Etc::sourcelist": f"{self.folder}/sources.list", "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::trustedparts": "/usr/share/keyrings", "Dir::State::status": f"{self.folder}/status",
            "Dir::State::lists": f"{self.folder}/lists", "Dir::Cache": f"{self.folder}/cache", "APT::Sandbox::User": "",
            "APT::Architecture": self.processor, "APT::Architectures": self.processor,
            "APT::Install-Recommends": "false",
        }
        words = [command, "-q", *(f"-o{key}={value}" for key, value in options.items()), *arguments]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
                              timeout=600, cwd=self.folder).stdout

    def newest(self, pattern):
        names = [line.split()[0] for line in self.run("apt-cache", "search", "--names-only", f"^{pattern}$").splitlines()]
        if not names:
            raise LookupError(f"no package {pattern}")
        return max(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])

    def unpack(self, folder):
        for package in glob.glob(f"{self.folder}/*.deb") + glob.glob(f"{self.folder}/cache/archives/*.deb"):
            contents = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
            subprocess.run(["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", folder], stdin=contents.stdout, check=True)
            contents.stdout.close()
            if contents.wait():
                raise OSError(f"{package} is broken")
            os.remove(package)


def lead_inside(folder):
    """Makes the absolute symbolic links relative: seen from here they lead out of the folder."""
    for path, folders, files in os.walk(folder):
        for link in (os.path.join(path, name) for name in folders + files):
            if os.path.islink(link) and os.path.isabs(target := os.readlink(link)):
                os.remove(link)
                os.symlink(os.path.relpath(folder + target, path), link)


def kernel(work, source, pattern, processor):
    """The path of a kernel's image in the folder `work`, which is downloaded where it is not yet there."""
    if os.path.exists(image := f"{work}/vmlinuz"):
        return image
    apt = Apt(f"{work}/apt", source, processor)
    apt.run("apt-get", "download", apt.newest(pattern))
    os.mkdir(f"{work}/apt/unpacked")
    apt.unpack(f"{work}/apt/unpacked")
    shutil.move(glob.glob(f"{work}/apt/unpacked/**/vmlinuz*", recursive=True)[0], image)
    shutil.rmtree(f"{work}/apt")
    return image


def root(work, processor):
    """The path of a root folder of that processor's programs and libraries, likewise."""
    if os.path.exists(folder := f"{work}/root"):
        return folder
    apt = Apt(f"{work}/apt", "root", processor)
    apt.run("apt-get", "install", "--yes", "--download-only", *PACKAGES)
    for name in MERGED:
        os.makedirs(f"{folder}.new/usr/{name}", exist_ok=True)
        os.symlink(f"usr/{name}", f"{folder}.new/{name}")
    apt.unpack(f"{folder}.new")
    lead_inside(f"{folder}.new")
    shutil.rmtree(f"{work}/apt")
    os.rename(f"{folder}.new", folder)
    return folder
