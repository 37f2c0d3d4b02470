#!/bin/sh
# The RPM package: built, and everything in its place: `make check-rpm`. TAP; runs in the build
# directory.
set -u
export LC_ALL=C MAKEFLAGS=

package=pipetop
version=$(src/pipetop --version | cut -d' ' -f2)
command -v rpmbuild >/dev/null || { echo "1..0 # SKIP rpmbuild is not installed"; exit 0; }
# Elsewhere than on a system of RPMs the libraries are there, but rpm does not know.
flags=
rpm -q rpm >/dev/null 2>&1 || flags=--nodeps
echo 1..3

if "${MAKE:-make}" rpm RPMBUILDFLAGS="$flags" >rpm.out 2>&1; then
	echo "ok 1 - built"
else
	echo "not ok 1 - built"
	tail -n 20 rpm.out | sed 's/^/# /'
fi

binary=$(find rpm/RPMS -name "$package-$version-*.rpm" | head -n 1)
[ "$(rpm -qp --qf '%{VERSION}' "$binary")" = "$version" ] || printf 'not '
echo "ok 2 - it is the version of configure.ac"

list=$(rpm -qlp "$binary")
missing=$(for file in bin/pipetop lib/systemd/system/pipetop-metrics.service \
	lib/systemd/system/pipetop-metrics.timer share/man/man1/pipetop.1 \
	share/pipetop/pipetop-1.schema.json share/pipetop/grafana/dashboard.json \
	share/bash-completion/completions/pipetop share/zsh/site-functions/_pipetop \
	share/fish/vendor_completions.d/pipetop.fish LICENSE; do
	echo "$list" | grep -qE "/$file(\.[a-z0-9]+)?$" || echo "# not there: $file"
done)
[ -z "$missing" ] || printf 'not '
echo "ok 3 - all is where it belongs"
[ -z "$missing" ] || echo "$missing"
rm -rf rpm rpm.out
