#!/bin/sh
# Who may use what, checked on the #include lines and on the undefined symbols of the rooms'
# libraries. The table of rooms is here. TAP; runs in the build directory.
set -u
export LC_ALL=C

src=${srcdir:=.}/src
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# A room, the rooms whose headers and symbols it may use, and the libraries' headers it may use
# (as FILE:HEADER, where one file alone may). src itself (main, options, watch) is not a room.
cat >"$work/rooms" <<'ROOMS'
model     |                       | record.c:jansson.h fields.?:jansson.h
collect   | model                 | iterator.bpf.c:bpf/ tasks.c:libproc2/ waits.c:seccomp.h calls.c:seccomp.h
analysis  | model                 |
words     | model analysis        |
report    | model analysis words  | listing.c:libsmartcols.h selection.c:libsmartcols.h
watch     | model analysis words  | lines.c:jansson.h
act       | model collect/probe.h collect/proc.h collect/parse.h collect/scout.h | unwind_parts.h:elfutils/ unwind_*.c:dwarf.h
tui       | model analysis words  | screen.c:curses.h
demo      |                       |
trust     |                       | privileges.c:cap-ng.h filter.c:seccomp.h
ROOMS

# Symbols of libc that a room must not need: extended regular expressions for the whole name.
# What is given a FILE may write to it, but opens none, least of all the three of the process.
files='open|openat|creat|close|fopen|fdopen|freopen|stdin|stdout|stderr|printf|vprintf|puts|putchar|perror|opendir|readlink(at)?|f?stat|lstat'
calls='read|pread|write|pwrite|readv|writev|pipe2?|dup[23]?|ioctl|fcntl|poll|select|mmap|socket|send|recv|kill|syscall|system|popen|fork|vfork|exec.*|posix_spawn.*'
clock='time|clock|clock_gettime|gettimeofday|localtime(_r)?|mktime|sleep|usleep|nanosleep|clock_nanosleep'
locale='setlocale|newlocale|uselocale|localeconv|nl_langinfo|strcoll|strxfrm|towupper|isw.*|wcwidth|mbrtowc|mbstowcs|btowc'
machine='getenv|secure_getenv|environ|setenv|uname|gethostname|getpid|getuid|geteuid|sysconf|rand|random|getrandom'
ending='exit|_Exit|quick_exit|err|errx|verr|verrx|error|atexit|pthread_exit'
pure="$files|$calls|$clock|$locale|$machine|$ending|_exit"

number=0
result() { # LABEL; what is wrong with it stands in $work/complaints
	number=$((number + 1))
	if [ -s "$work/complaints" ]; then
		echo "not ok $number - $1"
		sed 's/^/# /' "$work/complaints"
	else
		echo "ok $number - $1"
	fi
}

# The rows of the table as ROOM ALLOWED LIBRARIES, without blanks around.
rows() {
	sed 's/ *| */|/g; s/ *$//' "$work/rooms"
}

includes() { # FILE: what it includes, as "room/file.h" or <header.h>
	sed -n 's/^#[[:blank:]]*include[[:blank:]]*\(["<][^">]*[">]\).*/\1/p' "$1"
}

check_includes() { # ROOM ALLOWED
	for file in "$src/$1"/*.[ch]; do
		includes "$file" | while read -r header; do
			allowed=
			for user in "$1" $2; do
				case $header in
				"\"$user/"*.h\" | "\"$user\"") allowed=yes ;;
				esac
			done
			case $header in
			\"config.h\" | "<"*) allowed=yes ;;
			esac
			[ "$allowed" ] || echo "${file#"$src/"} includes $header"
		done
	done
}

# Only the files that the table names include curses, libproc2, jansson, libdw, libseccomp, libcap-ng and libbpf.
check_libraries() {
	for file in "$src"/*/*.[ch]; do
		name=${file##*/} home=${file%/*} home=${home##*/}
		includes "$file" | grep -E '^<(ncurses|curses|libproc2/|jansson|elfutils/|dwarf|libelf|seccomp|cap-ng|libsmartcols|bpf/)' |
		tr -d '<>' | while read -r header; do
			ok=
			for pair in $(rows | sed -n "s/^$home|.*|//p"); do
				# shellcheck disable=SC2254 # the file may be a pattern
				case $name:$header in
				$pair* | ${pair%%:*}:ncursesw/"${pair#*:}") ok=yes ;;
				esac
			done
			[ "$ok" ] || echo "$home/$name includes <$header>"
		done
	done
}

# Names without what fortification, large files and the C standard of the day do to them.
plain_names() {
	sed 's/^__\(.*\)_chk$/\1/; s/^__isoc[0-9]*_//; s/\(open\|stat\|openat\|fopen\|mmap\)64$/\1/' | sort -u
}

undefined() { # LIBRARY
	nm -u "$1" 2>/dev/null | sed -n 's/^ *[Uw] \([^@]*\).*/\1/p' | plain_names
}

defined() { # LIBRARY
	nm --defined-only "$1" 2>/dev/null | sed -n 's/^[0-9a-f]* [A-Z] \([^@]*\)$/\1/p' | sort -u
}

check_symbols() { # ROOM ALLOWED FORBIDDEN-SYMBOLS
	undefined "src/lib$1.a" >"$work/needs"
	if [ -s "src/lib$1.a" ] && ls "$src/$1"/*.c >/dev/null 2>&1 && ! [ -s "$work/needs" ]; then
		echo "nm shows no symbols of src/lib$1.a"
	fi
	for library in src/lib*.a; do
		other=${library#src/lib} other=${other%.a}
		case " $1 $2 " in
		*" $other "* | *" $other/"*) continue ;;
		esac
		defined "$library" | comm -12 "$work/needs" - | sed "s|^|lib$1 needs of $other: |"
	done
	[ -z "$3" ] || grep -xE "$3" "$work/needs" | sed "s|^|lib$1 needs |"
}

forbidden() { # ROOM
	case $1 in
	analysis) echo "$pure|v?fprintf|fputs|f?putc|fwrite|open_memstream" ;;
	model | words) echo "$pure" ;;
	report) echo "$files|$calls|$clock|$machine|$ending|_exit" ;;
	tui) echo "fork|kill|$ending|_exit" ;;
	*) echo "$ending" ;; # the children that they fork leave by _exit
	esac
}

check_front() {
	for file in "$src"/*.c "$src"/*/*.[ch]; do
		case ${file##*/} in
		main.c | options.c | run.[ch] | watch.c) continue ;;
		esac
		includes "$file" | grep -E '"(options|watch)\.h"' | sed "s|^|${file#"$src/"} includes |"
	done
}

echo "1..$(rows | awk 'END { print 2 * NR + 2 }')"
# shellcheck disable=SC2034 # the libraries are check_libraries' business
while IFS='|' read -r room allowed libraries; do
	check_includes "$room" "$allowed" >"$work/complaints"
	result "$room includes: $room $allowed"
	check_symbols "$room" "$allowed" "$(forbidden "$room")" >"$work/complaints"
	result "$room links: $room $allowed"
done <<ROWS
$(rows)
ROWS
check_libraries >"$work/complaints"
result "a library's header is included by its one file"
check_front >"$work/complaints"
result "nobody but main includes options.h and watch.h"
