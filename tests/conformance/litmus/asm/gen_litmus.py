#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the program of a litmus test: gen_litmus.py NAME >program.S

Each thread runs on a processor of its own, over INSTANCES copies of the variables between two
barriers; then processor 0 counts what they saw. The program prints SAL's status and pairs: an outcome
(two bits for each register in the order of appearance, then x and y at the end) and how often it was.
"""
import re
import sys

INSTANCES = 512
ROUNDS = 24
STRIDE = 64                     # bytes from one copy to the next

# name: (threads, forbidden outcome or None); [x] and [y] are 8 bytes, or 16 for forms of that size
TESTS = {
    # message passing
    "mp": (["st [x]=1; st.rel [y]=1", "ld.acq a=[y]; ld b=[x]"], lambda a, b, **_: a == 1 and b == 0),
    "mp-mf": (["st [x]=1; mf; st [y]=1", "ld a=[y]; mf; ld b=[x]"], lambda a, b, **_: a == 1 and b == 0),
    "mp-sem": (["st [x]=1; fetchadd.rel p=[y]", "fetchadd.acq a=[y]; ld b=[x]"],
               lambda p, a, b, **_: a == 1 and b == 0),
    "mp-plain": (["st [x]=1; st [y]=1", "ld a=[y]; ld b=[x]"], None),
    # store buffering: only a fence or a semaphore forbids it
    "sb": (["st [x]=1; mf; ld a=[y]", "st [y]=1; mf; ld b=[x]"], lambda a, b, **_: a == 0 and b == 0),
    "sb-xchg": (["xchg p=[x],1; ld a=[y]", "xchg q=[y],1; ld b=[x]"], lambda a, b, **_: a == 0 and b == 0),
    "sb-plain": (["st.rel [x]=1; ld.acq a=[y]", "st.rel [y]=1; ld.acq b=[x]"], None),
    # load buffering
    "lb": (["ld.acq a=[x]; st [y]=1", "ld.acq b=[y]; st [x]=1"], lambda a, b, **_: a == 1 and b == 1),
    "lb-rel": (["ld a=[x]; st.rel [y]=1", "ld b=[y]; st.rel [x]=1"], lambda a, b, **_: a == 1 and b == 1),
    # independent reads of independent writes, write to read causality
    "iriw": (["st.rel [x]=1", "st.rel [y]=1", "ld.acq a=[x]; ld.acq b=[y]", "ld.acq c=[y]; ld.acq d=[x]"],
             lambda a, b, c, d, **_: (a, b, c, d) == (1, 0, 1, 0)),
    "wrc": (["st.rel [x]=1", "ld.acq a=[x]; st.rel [y]=1", "ld.acq b=[y]; ld.acq c=[x]"],
            lambda a, b, c, **_: (a, b, c) == (1, 1, 0)),
    # coherence
    "corr": (["st [x]=1", "ld.acq a=[x]; ld.acq b=[x]"], lambda a, b, **_: a == 1 and b == 0),
    "coww": (["st [x]=1; st [x]=2", "ld.acq a=[x]; ld.acq b=[x]"], lambda a, b, x, **_: x != 2 or a > b),
    "2+2w": (["st [x]=1; st.rel [y]=2", "st [y]=1; st.rel [x]=2"], lambda x, y, **_: x == 1 and y == 1),
    # semaphores: one wins
    "cmpxchg": (["cmpxchg a=[x],1", "cmpxchg b=[x],2"],
                lambda a, b, x, **_: (a == 0) == (b == 0) or x != (1 if a == 0 else 2)),
    "xchg": (["xchg a=[x],1", "xchg b=[x],2"], lambda a, b, **_: (a, b) not in ((0, 1), (2, 0))),
    "fetchadd": (["fetchadd.acq a=[x]", "fetchadd.rel b=[x]", "fetchadd.acq c=[x]"],
                 lambda a, b, c, x, **_: sorted((a, b, c)) != [0, 1, 2] or x != 3),
    # 16 bytes at once
    "st16": (["st16 [x]=1", "ld16 ab=[x]"], lambda a, b, **_: a != b),
    "cmp8xchg16": (["st16 [x]=1", "cmp8xchg16 p=[x],2", "ld16 ab=[x]"],
                   lambda p, a, b, x, **_: a != b or p > 1 or (x == 1) == (p == 0 and x == 2)),
}

BASES = {"x": "r8", "y": "r9"}


def registers(name):
    """Names of what a test's threads read, in the order of the outcome's bits."""
    out = []
    for thread in TESTS[name][0]:
        for op in thread.split(";"):
            found = re.match(r"\s*[\w.]+ ([a-z]+)=", op)
            out += list(found[1]) if found else []
    return out


def decode(name, outcome):
    names = registers(name) + ["x", "y"]
    return {n: outcome >> (2 * i) & 3 for i, n in enumerate(names)}


def operation(op, where):
    """Instructions of one operation; what is read goes to register where[name]."""
    if op == "mf":
        return ["mf"]
    verb, rest = op.split(" ", 1)
    target, variable, value = re.match(r"(\w*)=?\[(\w)\](?:[=,](\d))?", rest).groups()
    kind, _, completer = verb.partition(".")
    completer = "." + completer if completer else ""
    base, value = f"[{BASES[variable]}]", {"1": "r14", "2": "r15", None: None}[value]
    if kind == "ld":
        return [f"ld8{completer} {where[target]}={base}"]
    if kind == "st":
        return [f"st8{completer} {base}={value}"]
    if kind == "xchg":
        return [f"xchg8 {where[target]}={base},{value}"]
    if kind == "cmpxchg":
        return ["mov ar.ccv=r0", f"cmpxchg8.acq {where[target]}={base},{value},ar.ccv"]
    if kind == "fetchadd":
        return [f"fetchadd8{completer} {where[target]}={base},1"]
    if kind == "ld16":
        return [f"ld16 {where[target[0]]},ar.csd={base}", f"mov {where[target[1]]}=ar.csd"]
    if kind == "st16":
        return [f"mov ar.csd={value}", f"st16 {base}={value},ar.csd"]
    assert kind == "cmp8xchg16", op
    return ["mov ar.ccv=r0", f"mov ar.csd={value}", f"cmp8xchg16.acq {where[target]}={base},{value},ar.csd,ar.ccv"]


def thread_code(number, text, where, shift):
    out = [f"thread{number}:"]
    for op in text.split(";"):
        out += operation(op.strip(), where)
    for name, bits in shift.items():
        out += [f"shl {where[name]}={where[name]},{bits}", f"or r20=r20,{where[name]}"]
    return out + ["br.sptk next_instance"]


def program(name):
    threads = TESTS[name][0]
    names = registers(name)
    lines, shift = [], 0
    for number, text in enumerate(threads):
        own = registers_of(text)
        where = {n: f"r{16 + i}" for i, n in enumerate(own)}
        lines += thread_code(number, text, where, {n: 2 * (shift + i) for i, n in enumerate(own)})
        shift += len(own)
    assert shift == len(names)
    return lines, len(threads), 2 * shift


def registers_of(thread):
    out = []
    for op in thread.split(";"):
        found = re.match(r"\s*[\w.]+ ([a-z]+)=", op)
        out += list(found[1]) if found else []
    return out


TEMPLATE = """\
#include "smp.h"
	PROGRAM
	START
	mov r13={rounds} ;;
round:
	BARRIER
	/* start at random times, so that threads meet at different places */
	mov r22=ar.itc ;;
	shr.u r23=r22,4 ;;
	xor r22=r22,r23 ;;
	movl r24=0xfff ;;
	and r22=r24,r22 ;;
0:	adds r22=-1,r22 ;;
	cmp.lt p6,p7=0,r22
	(p6) br.cond.sptk 0b ;;
	movl r8=var_x
	movl r9=var_y
	mov r14=1
	mov r15=2
	movl r21=results
	mov r12={instances}
	shl r22=r2,{log_results} ;;
	add r21=r21,r22
	mov r20=r0 ;;
instance:
	mov r20=r0
{dispatch}
	br.sptk next_instance ;;
{threads}
next_instance:
	st8 [r21]=r20,8
	adds r8={stride},r8
	adds r9={stride},r9
	adds r12=-1,r12 ;;
	cmp.lt p6,p7=0,r12
	(p6) br.cond.sptk instance ;;
	BARRIER
	cmp.ne p6,p7=0,r2
	(p6) br.cond.sptk next_round ;;
	/* count and clear */
	movl r8=var_x
	movl r9=var_y
	movl r21=results
	mov r12={instances} ;;
count:
	mov r20=r0
	mov r22=r21
	mov r23={nr_threads} ;;
0:	ld8 r24=[r22]
	movl r25={results_bytes} ;;
	add r22=r22,r25
	or r20=r20,r24
	adds r23=-1,r23 ;;
	cmp.lt p6,p7=0,r23
	(p6) br.cond.sptk 0b ;;
	ld8 r24=[r8]
	ld8 r25=[r9] ;;
	and r24=3,r24
	and r25=3,r25 ;;
	shl r24=r24,{final_shift}
	shl r25=r25,{final_shift}+2 ;;
	or r20=r20,r24 ;;
	or r20=r20,r25 ;;
	st8 [r8]=r0,8
	st8 [r9]=r0,8 ;;
	st8 [r8]=r0,{stride}-8
	st8 [r9]=r0,{stride}-8
	movl r24=histogram
	shl r20=r20,3 ;;
	add r24=r24,r20 ;;
	ld8 r25=[r24] ;;
	adds r25=1,r25
	adds r21=8,r21
	adds r12=-1,r12 ;;
	st8 [r24]=r25
	cmp.lt p6,p7=0,r12
	(p6) br.cond.sptk count ;;
next_round:
	adds r13=-1,r13 ;;
	cmp.lt p6,p7=0,r13
	(p6) br.cond.sptk round ;;
	cmp.ne p6,p7=0,r2
	(p6) br.cond.sptk leave_now ;;
	movl r8=histogram
	mov r9=0
	movl r10={nr_outcomes} ;;
0:	ld8 r11=[r8],8 ;;
	cmp.eq p6,p7=0,r11 ;;
	(p7) st8 [r4]=r9,8 ;;
	(p7) st8 [r4]=r11,8
	adds r9=1,r9 ;;
	cmp.lt p6,p7=r9,r10
	(p6) br.cond.sptk 0b ;;
leave_now:
	DONE
	.endp test_main
	.bss
	.balign 128
var_x:	.skip {instances}*{stride}
	.balign 128
	.skip 256
var_y:	.skip {instances}*{stride}
	.balign 128
results: .skip 8*{results_bytes}
histogram: .skip 8*{nr_outcomes}
"""


def main():
    name = sys.argv[1]
    lines, nr_threads, final_shift = program(name)
    dispatch = "".join(f"\tcmp.eq p6,p7={n},r2\n\t(p6) br.cond.sptk thread{n} ;;\n" for n in range(nr_threads))
    text = "".join(line + "\n" if line.endswith(":") else f"\t{line} ;;\n" for line in lines)
    print(f"/* made by gen_litmus.py {name} */")
    print(TEMPLATE.format(rounds=ROUNDS, instances=INSTANCES, stride=STRIDE, dispatch=dispatch, threads=text,
                          nr_threads=nr_threads, final_shift=final_shift, results_bytes=INSTANCES * 8,
                          log_results=(INSTANCES * 8).bit_length() - 1, nr_outcomes=1 << (final_shift + 4)), end="")


if __name__ == "__main__":
    main()
