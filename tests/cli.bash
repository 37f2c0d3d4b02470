# What the tests of the command line share. They run in the build directory.

export LC_ALL=C.UTF-8 TERM=xterm
unset NO_COLOR COLUMNS
pipetop=${PIPETOP:-$PWD/src/pipetop}
cd "$BATS_TEST_TMPDIR" || exit 1

# Runs pipetop: its exit status in $status, what it wrote in the files out and err.
call() {
	status=0
	"$pipetop" "$@" >out 2>err || status=$?
}

# Exactly one line on standard error, from us.
complains() { # PATTERN of the line
	[ "$(wc -l <err)" -eq 1 ]
	# shellcheck disable=SC2254
	case $(cat err) in
	"pipetop: "$1) ;;
	*)
		cat err
		return 1
		;;
	esac
}

# For what must fail: bash does not stop a test at "! COMMAND".
refute() { # COMMAND
	if "$@"; then return 1; fi
}

# Runs Python 3 with `report`, the JSON report in the file out.
check() { # CODE
	/usr/bin/python3 -c "
import json
report = json.load(open('out'))
$1"
}
