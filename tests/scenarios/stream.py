"""The article's second way out: standard error goes into standard output, and a thread reads that."""
import subprocess
import threading

child = subprocess.Popen(["sleep", "1000"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
threading.Thread(target=child.stdout.read).start()
child.wait()
