#!/bin/sh
# The tarball is complete: every file under version control is in it. TAP.

set -u
echo 1..1
if ! files=$(git -C "${srcdir:-.}" ls-files 2>/dev/null) || [ -z "$files" ]; then
	echo "ok 1 - the tarball is complete # SKIP no git, or no checkout"
	exit 0
fi
MAKEFLAGS='' "${MAKE:-make}" -s distdir distdir=tests/dist >tests/dist.out 2>&1 || cat tests/dist.out
missing=$(echo "$files" | while IFS= read -r file; do
	case $file in
	.gitignore | */.gitignore | .github/*) ;;
	*) [ -e "tests/dist/$file" ] || echo "$file" ;;
	esac
done)
chmod -R u+w tests/dist && rm -rf tests/dist tests/dist.out
if [ -z "$missing" ]; then
	echo "ok 1 - the tarball is complete"
else
	echo "not ok 1 - the tarball is complete"
	echo "$missing" | sed 's/^/# not in EXTRA_DIST: /'
fi
