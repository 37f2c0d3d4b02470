#!/bin/sh
# The Debian package: built twice to the same bytes, clean for lintian, and installed, run and
# removed in a Debian that has nothing else. Takes minutes, root and a package server: `make
# check-deb`. TAP; runs in the build directory.
set -u
export LC_ALL=C MAKEFLAGS=

make=${MAKE:-make}
package=pipetop
version=$(src/pipetop --version | cut -d' ' -f2)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

number=0
result() { # LABEL STATUS
	number=$((number + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' "$work/said"
	fi
}

bail_out() { # WHY
	tail -n 20 "$work/said" | sed 's/^/# /'
	echo "Bail out! $1"
	exit 1
}

needs() { # COMMAND...
	for command; do
		command -v "$command" >/dev/null || { echo "1..0 # SKIP $command is not installed"; exit 0; }
	done
}

needs dpkg-buildpackage dh lintian debootstrap unshare
[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
echo 1..7

# ---- building it ----

"$make" deb >"$work/said" 2>&1 || bail_out "make deb failed"

# From the tarball, at another place and by somebody with other habits.
build_again() {
	umask 027
	export TZ=Asia/Tokyo LANG=C.UTF-8 HOME="$work" LOGNAME=somebody
	mkdir "$work/elsewhere" && cd "$work/elsewhere" &&
		tar -xf "$1" && mkdir out && cd out && "../$package-$version/configure" -q && "$make" deb
}
(build_again "$PWD/deb/${package}_$version.orig.tar.xz") >"$work/said" 2>&1 ||
	bail_out "make deb of the tarball failed"

compare() {
	for file in deb/*.deb deb/*.xz deb/*.dsc; do
		cmp "$file" "$work/elsewhere/out/$file" || return 1
	done
}
compare >"$work/said" 2>&1
result "two builds are byte-equal" $?

lintian --allow-root --fail-on error deb/*.changes >"$work/said" 2>&1
result "lintian finds no error" $?

# ---- in a clean system ----

root=$work/root
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' |
	sed -n "s/^$suite //p" | head -n 1)
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/said" 2>&1 ||
	bail_out "no clean $suite from $mirror"

# With a /proc of its own, which goes with the command.
inside() { # COMMAND...
	unshare --pid --fork --mount --mount-proc="$root/proc" chroot "$root" "$@"
}

apt() {
	inside env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "$@"
}

# Everything but what dpkg, apt and ldconfig keep for themselves.
list() {
	(cd "$root" && find . -path ./proc -prune -o -path ./var -prune -o -path ./tmp -prune -o -print) |
		grep -v -x ./etc/ld.so.cache | sort
}

mv deb/*.deb "$root/tmp"
depends=$(dpkg-deb -f "$root/tmp/${package}_$version"-*.deb Depends | sed 's/([^)]*)//g; s/,//g')
# shellcheck disable=SC2086 # a list
{ apt update && apt install $depends; } >"$work/said" 2>&1 ||
	bail_out "what the package depends on is not to be had"
list >"$work/before"

apt install "/tmp/$(cd "$root/tmp" && echo "${package}_$version"-*.deb)" >"$work/said" 2>&1
result "installed" $?

[ "$(inside pipetop --version 2>"$work/said")" = "$package $version" ]
result "it is the version of configure.ac" $?

inside pipetop --report --demo >"$work/said" 2>&1
[ $? -eq 1 ] && grep -q '^DEADLOCK 1 (write-wait' "$work/said"
result "it finds the demo's deadlock" $?

expected() {
	for file in bin/pipetop lib/systemd/system/pipetop-metrics.service \
		lib/systemd/system/pipetop-metrics.timer share/man/man1/pipetop.1.gz \
		share/pipetop/pipetop-1.schema.json share/pipetop/grafana/dashboard.json \
		share/bash-completion/completions/pipetop share/zsh/vendor-completions/_pipetop \
		share/fish/vendor_completions.d/pipetop.fish share/doc/pipetop/copyright; do
		[ -s "$root/usr/$file" ] || echo "not there: $file"
	done
}
expected >"$work/said"
[ ! -s "$work/said" ]
result "all is where it belongs" $?

apt purge "$package" >"$work/said" 2>&1 && list | diff "$work/before" - >"$work/said" 2>&1
result "removed, and nothing is left" $?
