#!/usr/bin/env python3
"""What the screen costs: time to the first full screen, CPU time at rest, memory.

usage: screen.py PIPETOP LOAD        (both programs; wants a build without sanitizers)

As root it runs in a PID namespace of its own, so that the screen shows the load and nothing else.
Times are CPU times where others may use the machine too.
"""
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time

ROUNDS = 9
REST_S = 20


class Screen:
    """A pipetop on a pseudo-terminal."""

    def __init__(self, pipetop, *options):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", XDG_CONFIG_HOME="/nonexistent")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
            os.execv(pipetop, [pipetop, *options])

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        try:
            return os.read(self.fd, 65536) if ready else b""
        except OSError:
            return b""

    def first_screen_ms(self):
        """Until the last row of the first picture, which comes last, was written."""
        seen = b""
        while b"Quit" not in seen:
            seen += self.read(10)
        return (time.monotonic() - self.started) * 1000

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def cpu_s(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    def quit(self):
        os.write(self.fd, b"q")
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
        os.close(self.fd)


class Load:
    def __init__(self, program, *sizes):
        self.process = subprocess.Popen([program, *map(str, sizes)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("screen.py: the load did not start")

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def main(pipetop, load):
    few = Load(load, 300, 20, 8, 1)
    times = []
    for _ in range(ROUNDS):
        screen = Screen(pipetop)
        times.append(screen.first_screen_ms())
        screen.quit()
    print(f"300 processes, 1,200 pipes: first full screen after {statistics.median(times):.0f} ms "
          f"(median of {ROUNDS}, best {min(times):.0f}; to be under 100)")
    screen = Screen(pipetop)
    screen.first_screen_ms()
    screen.rest(3)
    before = screen.cpu_s()
    screen.rest(REST_S)
    used = screen.cpu_s() - before
    print(f"300 processes, 1,200 pipes: {used / REST_S * 100:.2f} % of a core at rest, every 1 s "
          f"(to be under 1)")
    screen.quit()
    few.stop()
    many = Load(load, 20, 2006, 2000, 1)
    screen = Screen(pipetop)
    screen.first_screen_ms()
    screen.rest(10)
    print(f"20,000 pipes: at most {screen.peak_mib():.1f} MiB (to be under 20)")
    screen.quit()
    many.stop()


if len(sys.argv) != 3:
    sys.exit(__doc__)
if os.geteuid() == 0 and "BENCH_ALONE" not in os.environ:
    os.execvpe("unshare", ["unshare", "--pid", "--fork", "--mount-proc", *sys.argv],
               {**os.environ, "BENCH_ALONE": "1"})
main(*sys.argv[1:])
