#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build-toolchain.sh [--find] CACHE: an ia64 cross compiler, C only, no libc: enough for this kernel.
#
# --find prints the prefix of one that is there (from PATH, from CACHE, or unpacked into CACHE from
# ../../shared/toolchain) or fails. Without it, one is built from Debian's packages gcc-12-source and
# binutils-ia64-linux-gnu (installed through sudo when missing) into CACHE/gcc with $JOBS jobs; that
# takes a quarter of an hour or more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tarball=$here/../../shared/toolchain/ia64-toolchain.tar.zst

usable() { [ -x "$1gcc" ] || command -v "$1gcc" >/dev/null 2>&1; }

find_compiler() {
    for prefix in ia64-linux-gnu- "$1/ia64/bin/ia64-linux-gnu-" "$1/gcc/bin/ia64-linux-gnu-"; do
        if usable "$prefix"; then echo "$prefix"; return 0; fi
    done
    [ -r "$tarball" ] || return 1
    mkdir -p "$1" && tar -C "$1" -xf "$tarball" >&2 && echo "$1/ia64/bin/ia64-linux-gnu-"
}

build_compiler() {
    packages="gcc-12-source binutils-ia64-linux-gnu gcc g++ make flex bison libgmp-dev libmpfr-dev libmpc-dev xz-utils"
    missing=
    for p in $packages; do
        dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
    done
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
        # shellcheck disable=SC2086
        $sudo apt-get install -y --no-install-recommends $missing
    fi
    jobs=${JOBS:-$(nproc)}
    work=$1/build
    mkdir -p "$work/obj" "$1/gcc"
    tar -C "$work" -xf /usr/src/gcc-12/gcc-12.*-dfsg.tar.xz
    src=$(echo "$work"/gcc-12*)
    cd "$work/obj"
    "$src/configure" --target=ia64-linux-gnu --prefix="$1/gcc" --enable-languages=c \
        --disable-shared --disable-threads --disable-nls --disable-bootstrap --disable-multilib \
        --disable-lto --disable-plugin --disable-libssp --disable-libgomp --disable-libquadmath \
        --disable-libatomic --disable-libstdcxx --without-headers --with-newlib \
        --with-as=/usr/bin/ia64-linux-gnu-as --with-ld=/usr/bin/ia64-linux-gnu-ld \
        MAKEINFO=missing CFLAGS=-O1 CXXFLAGS=-O1
    make -j"$jobs" configure-gcc
    # Debian's source has no documentation, so this stamp's rule cannot run
    touch -d '+1 day' gcc/s-tm-texi
    make -j"$jobs" all-gcc
    make install-gcc
    for tool in as ld strip objcopy objdump readelf; do
        ln -sf "/usr/bin/ia64-linux-gnu-$tool" "$1/gcc/bin/ia64-linux-gnu-$tool"
    done
    rm -rf "$work"
}

if [ "$1" = --find ]; then
    find_compiler "$2"
else
    find_compiler "$1" >/dev/null || build_compiler "$1"
fi
