#!/bin/sh
# Runs a test program and corrects one word of its TAP: cmocka 1.1 reports a skipped case as
# "not ok N # SKIP", which would count as failed.
{
	status=$(
		{
			{ "$@" 4>&- && echo 0 >&3 || echo $? >&3; } |
				sed 's/^not ok \([0-9]*\) # SKIP/ok \1 # SKIP/' >&4
		} 3>&1
	)
} 4>&1
exit "$status"
