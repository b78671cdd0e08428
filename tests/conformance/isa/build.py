#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the bare programs and record what an independent simulator makes of them.

    build.py [--ski BSKI] [--cross PREFIX] [NAME...]

Needs the ia64 cross compiler and the Ski simulator (bski); users and CI need neither, since programs
and expected output are committed. Without NAME: those whose sources have changed.
"""
import argparse
import gzip
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import programs  # noqa: E402


def compile_program(program, cross, folder):
    flags = ["-Wa,-xnone" if program.mode in ("wild", "smp") else "-Wa,-xexplicit", f"-I{programs.ASM}", f"-I{program.asm}"]
    if program.mode == "hash":
        flags.append("-DHASH")
    (folder / "program.S").write_bytes(program.source())
    objects = []
    for source in (programs.ASM / "rt.S", folder / "program.S"):
        objects.append(folder / (source.stem + ".o"))
        subprocess.run([cross + "gcc", *flags, "-c", source, "-o", objects[-1]], check=True)
    out = folder / "program"
    subprocess.run([cross + "ld", "-z", "max-page-size=0x1000", "-s", "-T", programs.ASM / "program.ld",
                    *objects, "-o", out], check=True)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ski", default="bski")
    parser.add_argument("--cross", default="ia64-linux-gnu-")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the plain programs there, record nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=programs.HERE, help="where asm and programs are")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    known = programs.hashes(args.folder)
    (args.folder / "programs").mkdir(exist_ok=True)
    for program in programs.all_programs(args.folder):
        digest = program.hash()
        if program.name not in args.names if args.names else known.get(program.name) == digest:
            continue
        with tempfile.TemporaryDirectory() as folder:
            built = compile_program(program, args.cross, pathlib.Path(folder))
            if args.keep:
                (args.keep / program.name).write_bytes(built.read_bytes())
                continue
            if program.mode == "smp":       # no simulator we know runs them
                program.binary.write_bytes(gzip.compress(built.read_bytes(), mtime=0))
                known[program.name] = digest
                continue
            if program.mode == "model":
                output = program.model()
            else:
                output = subprocess.run([args.ski, "-forcesystem", "-noconsole", "-nonet", built], check=True,
                                        stdout=subprocess.PIPE, timeout=120).stdout.decode("ascii")
            if not output.rstrip().endswith("end") or "756e657870656374" in output and program.mode != "wild":
                sys.exit("%s: the simulator did not come to the end" % program.name)
            program.binary.write_bytes(gzip.compress(built.read_bytes(), mtime=0))
            program.expected.write_text(output)
        known[program.name] = digest
        print(program.name, output.count("\n"), "lines")
    if not args.keep:
        names = [p.name for p in programs.all_programs(args.folder)]
        (args.folder / "programs" / "HASHES").write_text("".join("%s %s\n" % (n, known[n]) for n in names if n in known))


if __name__ == "__main__":
    main()
