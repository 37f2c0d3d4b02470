"""The script of the story: it reads what its child wrote only after the child has ended.

article.py LINES [hold]: with `hold` it stays, after all is done, until somebody ends it.
"""
import signal
import subprocess
import sys

child = subprocess.Popen(["./log", sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
child.wait()
sys.stdout.write(child.stderr.read().decode())
if "hold" in sys.argv:
    signal.pause()
