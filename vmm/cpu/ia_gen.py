#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the decoder's tables from ia64.tab: ia_gen.py TABLE ia_ops.gen.h ia_table.gen.inc

The grammar is explained at the top of the table. Everything that can be wrong with a row is an error
here, with file and line: unknown names, match bits outside the mask, operands on top of fixed bits,
encodings that overlap, aliases that are not part of their row, rows of one operation that disagree.
"""
import re
import sys

SLOT_BITS = 41
UNITS = {"A": ("M", "I"), "M": ("M",), "I": ("I",), "B": ("B",), "F": ("F",), "X": ("X",)}
TREES = "MIBFX"
FIELDS = "r1 r2 r3 f1 f2 f3 f4 p1 p2 b1 b2 ar cr pos len cnt sf imm tag".split()
TRAITS = ("priv no_pred first last slot2 rrb postinc load store spec adv check acq rel branch "
          "always").split()
PRINTS = {"r": "REG_R", "f": "REG_F", "p": "REG_P", "b": "REG_B", "ar": "AR", "cr": "CR",
          "dahr": "DAHR", "dec": "DEC", "hex": "HEX", "target": "TARGET", "mux": "MUX"}
# operand -> trait: as a target (left of "=") and as a source
TARGETS = {"R1": "w_r1", "F1": "w_f1", "F2": "w_f2", "P1": "w_p1", "P2": "w_p2"}
SOURCES = {"R2": "r_r2", "R3": "r_r3", "R3_2": "r_r3", "F2": "r_f2", "F3": "r_f3", "F4": "r_f4"}
CONDS = {"-": "NONE", "if:rest": "REST", "if:f2=f3": "F2_EQ_F3"}
MAX_OPERANDS = 5
MAX_CHUNKS = 6
WINDOW_BITS = 6         # widest field one level of a decode tree looks at


class TableError(Exception):
    """A malformed table."""


def fail(where, text):
    raise TableError("%s: %s" % (where, text))


class Set:
    def __init__(self, where, words):
        if len(words) < 5:
            fail(where, "set needs NAME MASK FIELD SUFFIX:BITS...")
        self.name, self.mask, self.field = words[1], hexnum(where, words[2]), words[3]
        if self.field != "-" and self.field not in FIELDS:
            fail(where, "unknown field '%s'" % self.field)
        self.values = []
        for word in words[4:]:
            suffix, colon, bits = word.rpartition(":")
            if not colon:
                fail(where, "expected SUFFIX:BITS, got '%s'" % word)
            bits = hexnum(where, bits)
            if bits & ~self.mask:
                fail(where, "bits of '%s' outside the set's mask" % suffix)
            if bits in [b for _, b in self.values]:
                fail(where, "'%s' has the bits of an earlier suffix" % suffix)
            self.values.append(("" if suffix == "-" else suffix, bits))


class Operand:
    def __init__(self, where, words):
        if len(words) != 6:
            fail(where, "operand needs NAME FIELD BITS VALUE PRINT")
        _, self.name, self.field, bits, value, self.print = words
        if self.field != "-" and self.field not in FIELDS:
            fail(where, "unknown field '%s'" % self.field)
        self.chunks = []
        self.mask = 0
        for chunk in ([] if bits == "-" else bits.split(",")):
            match = re.fullmatch(r"(\d+):(\d+)", chunk)
            if not match:
                fail(where, "bad bit range '%s'" % chunk)
            width, pos = int(match[1]), int(match[2])
            if not 0 < width <= SLOT_BITS or pos % 64 + width > SLOT_BITS or pos >= 128:
                fail(where, "bit range '%s' is outside the slot" % chunk)
            self.chunks.append((width, pos))
            if pos < 64:
                if self.mask & span(width, pos):
                    fail(where, "bit range '%s' used twice" % chunk)
                self.mask |= span(width, pos)
        if len(self.chunks) > MAX_CHUNKS:
            fail(where, "too many bit ranges")
        self.parse_value(where, value)
        self.parse_print(where)

    def parse_value(self, where, value):
        """kind, argument k and shift of: u s u<<N s<<N u+N N-u map:... =N"""
        self.map = []
        match = re.fullmatch(r"([us])(?:<<(\d+)|\+(\d+))?", value)
        if match:
            self.kind = "S" if match[1] == "s" else "U"
            self.shift, self.k = int(match[2] or 0), int(match[3] or 0)
        elif re.fullmatch(r"\d+-u", value):
            self.kind, self.shift, self.k = "SUB", 0, int(value[:-2])
        elif re.fullmatch(r"=\d+", value):
            self.kind, self.shift, self.k = "CONST", 0, int(value[1:])
        elif re.fullmatch(r"map:-?\d+(,-?\d+)*", value):
            self.kind, self.shift, self.k = "MAP", 0, 0
            self.map = [int(x) for x in value[4:].split(",")]
            if len(self.map) != 1 << sum(w for w, _ in self.chunks):
                fail(where, "the map of '%s' does not cover its bits" % self.name)
        elif value == "-" and self.field == "-":
            self.kind, self.shift, self.k = "NONE", 0, 0
        else:
            fail(where, "bad value rule '%s'" % value)

    def parse_print(self, where):
        self.text = ""
        if self.print.startswith("'"):
            self.how, self.text = "TEXT", self.print[1:]
        elif self.print.endswith("[r]"):
            self.how, self.text = "INDIRECT", self.print[:-3]
        elif self.print in PRINTS:
            self.how = PRINTS[self.print]
        else:
            fail(where, "unknown way to print '%s'" % self.print)


class Row:
    """One encoding, or with is_alias one more spelling of row `parent`."""

    def __init__(self, where, unit, mnemonic, match, mask):
        self.where, self.unit, self.mnemonic = where, unit, mnemonic
        self.match, self.mask = match, mask
        self.operands, self.nr_targets, self.op, self.traits = [], 0, None, []
        self.sf, self.parent, self.cond, self.aliases = 0, None, "NONE", []

    def overlaps(self, other):
        return (self.match ^ other.match) & self.mask & other.mask == 0

    def within(self, other):
        return other.mask & ~self.mask == 0 and self.overlaps(other)


def span(width, pos):
    return ((1 << width) - 1) << pos


def hexnum(where, text):
    try:
        value = int(text, 16)
    except ValueError:
        fail(where, "bad number '%s'" % text)
    if value >> SLOT_BITS:
        fail(where, "'%s' has more than %d bits" % (text, SLOT_BITS))
    return value


class Table:
    def __init__(self, path, lines):
        self.sets, self.operands, self.rows, self.aliases = {}, {}, [], []
        self.ops = {}
        last = []
        for number, line in enumerate(lines, 1):
            where = "%s:%d" % (path, number)
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "set":
                self.add(where, self.sets, Set(where, words))
            elif words[0] == "operand":
                self.add(where, self.operands, Operand(where, words))
            elif words[0] == "row":
                last = self.row(where, words)
            elif words[0] == "alias":
                self.alias(where, words, last)
            else:
                fail(where, "unknown line '%s'" % words[0])
        self.check_overlaps()

    @staticmethod
    def add(where, names, thing):
        if thing.name in names:
            fail(where, "'%s' is defined twice" % thing.name)
        names[thing.name] = thing

    def expand(self, where, words):
        """The rows that one line stands for, without operands."""
        unit, mnemonic = words[1], words[2]
        if unit not in UNITS:
            fail(where, "unknown unit '%s'" % unit)
        rows = [Row(where, unit, "", hexnum(where, words[3]), hexnum(where, words[4]))]
        for part in re.split(r"(\{\w+\})", mnemonic):
            if not part.startswith("{"):
                for row in rows:
                    row.mnemonic += part
                continue
            if part[1:-1] not in self.sets:
                fail(where, "unknown set '%s'" % part)
            rows = [self.with_suffix(where, row, self.sets[part[1:-1]], i)
                    for row in rows for i in range(len(self.sets[part[1:-1]].values))]
        for row in rows:
            if row.match & ~row.mask:
                fail(where, "match has bits outside the mask")
        return rows

    @staticmethod
    def with_suffix(where, row, group, index):
        suffix, bits = group.values[index]
        if row.mask & group.mask and (row.match ^ bits) & row.mask & group.mask:
            fail(where, "set '%s' lies on fixed bits" % group.name)
        out = Row(where, row.unit, row.mnemonic + suffix, row.match | bits, row.mask | group.mask)
        out.sf = index if group.field == "sf" else row.sf
        return out

    def parse_operands(self, where, text):
        targets, equals, sources = text.rpartition("=")
        names = (targets.split(",") if equals else []) + sources.split(",")
        if text == "-":
            return [], 0
        for name in names:
            if name not in self.operands:
                fail(where, "unknown operand '%s'" % name)
        if len(names) > MAX_OPERANDS:
            fail(where, "too many operands")
        return [self.operands[n] for n in names], len(targets.split(",")) if equals else 0

    def row(self, where, words):
        if len(words) != 8:
            fail(where, "row needs UNIT MNEMONIC MATCH MASK OPERANDS OP TRAITS")
        rows = self.expand(where, words)
        operands, nr_targets = self.parse_operands(where, words[5])
        traits = [] if words[7] == "-" else words[7].split(",")
        for trait in traits:
            if trait not in TRAITS:
                fail(where, "unknown trait '%s'" % trait)
        traits += self.derive(operands, nr_targets, traits)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", words[6]):
            fail(where, "bad operation name '%s'" % words[6])
        known = self.ops.setdefault(words[6], (traits, where))
        if sorted(known[0]) != sorted(traits):
            fail(where, "traits of '%s' differ from those at %s" % (words[6], known[1]))
        used = {}
        for operand in operands:
            if operand.field != "-" and used.setdefault(operand.field, operand.name) != operand.name:
                fail(where, "'%s' and '%s' share field %s"
                     % (used[operand.field], operand.name, operand.field))
        for row in rows:
            fixed = row.mask
            for operand in operands:
                if operand.mask & fixed:
                    fail(where, "operand '%s' lies on fixed bits or another operand" % operand.name)
                fixed |= operand.mask
            row.operands, row.nr_targets, row.op, row.traits = operands, nr_targets, words[6], traits
        self.rows += rows
        return rows

    @staticmethod
    def derive(operands, nr_targets, traits):
        out = []
        for i, operand in enumerate(operands):
            table = TARGETS if i < nr_targets else SOURCES
            out += [table[operand.name]] if operand.name in table else []
            if operand.how == "INDIRECT":
                out.append("r_r3")
            if operand.name in ("F1", "F2", "F3", "F4"):
                out.append("fp")
        if "postinc" in traits:
            out.append("w_r3")
        return sorted(set(out))

    def alias(self, where, words, parents):
        if len(words) != 7 or words[6] not in CONDS:
            fail(where, "alias needs UNIT MNEMONIC MATCH MASK OPERANDS CONDITION")
        operands, nr_targets = self.parse_operands(where, words[5])
        for row in self.expand(where, words):
            row.operands, row.nr_targets, row.cond = operands, nr_targets, CONDS[words[6]]
            inside = [p for p in parents if row.unit == p.unit and row.within(p)]
            if len(inside) != 1:
                fail(where, "alias '%s' is not part of the row above" % row.mnemonic)
            row.parent, row.op, row.traits = inside[0], inside[0].op, inside[0].traits
            row.sf = inside[0].sf
            have = {o.field for o in row.parent.operands}
            for operand in operands:
                if operand.field != "-" and operand.field not in have:
                    fail(where, "operand '%s' is not decoded by the row above" % operand.name)
            inside[0].aliases.append(row)
            self.aliases.append(row)

    def of_unit(self, unit):
        return [r for r in self.rows if unit in UNITS[r.unit]]

    def check_overlaps(self):
        for unit in TREES:
            rows = self.of_unit(unit)
            buckets = {}
            for row in rows:    # rows whose major opcodes differ cannot overlap
                major = (row.match >> 37, row.mask >> 37)
                buckets.setdefault(major, []).append(row)
            keys = list(buckets)
            for i, a in enumerate(keys):
                for b in keys[i:]:
                    if (a[0] ^ b[0]) & a[1] & b[1] == 0:
                        self.check_pair(buckets[a], buckets[b], a == b)

    @staticmethod
    def check_pair(left, right, same):
        for i, row in enumerate(left):
            for other in right[i + 1:] if same else right:
                if row.overlaps(other):
                    fail(other.where, "'%s' overlaps '%s' of %s"
                         % (other.mnemonic, row.mnemonic, row.where))


class Trees:
    """Decode trees, all in one array of 16-bit numbers. A node is (shift, width), then 2^width
    entries: 0 reserved, below LEAF_LIMIT row + 1, else node offset + LEAF_LIMIT."""
    LEAF_LIMIT = 0x1000

    def __init__(self, table):
        self.cells, self.roots = [], []
        index = {id(row): i for i, row in enumerate(table.rows)}
        if len(table.rows) + 1 >= self.LEAF_LIMIT:
            fail("table", "too many rows for the decode trees")
        for unit in TREES:
            rows = table.of_unit(unit)
            self.roots.append(self.node(rows, index, 0))
        if len(self.cells) + self.LEAF_LIMIT > 0xffff:
            fail("table", "decode trees too large")

    def node(self, rows, index, seen):
        shift, width = self.best_window(rows, seen)
        at = len(self.cells)
        self.cells += [shift, width] + [0] * (1 << width)
        window = span(width, shift)
        for value in range(1 << width):
            part = [r for r in rows if (r.match ^ (value << shift)) & r.mask & window == 0]
            if len(part) == 1:
                self.cells[at + 2 + value] = index[id(part[0])] + 1
            elif part:
                self.cells[at + 2 + value] = self.node(part, index, seen | window) + self.LEAF_LIMIT
        return at

    @staticmethod
    def best_window(rows, seen):
        """The field that leaves the fewest rows together; the narrowest of equals."""
        best = None
        for width in range(1, WINDOW_BITS + 1):
            for shift in range(SLOT_BITS - width + 1):
                window = span(width, shift)
                if window & seen:
                    continue
                left = {}
                spread = 0
                for row in rows:
                    if row.mask & window == window:
                        key = row.match & window
                        left[key] = left.get(key, 0) + 1
                    else:
                        spread += 1
                cost = (max(left.values(), default=0) + spread, width)
                if best is None or cost < best[0]:
                    best = (cost, shift, width)
        return best[1], best[2]


def c_string(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def header(table):
    out = ["/* Made from ia64.tab by ia_gen.py. */", "#ifndef IA_OPS_GEN_H", "#define IA_OPS_GEN_H", "",
           "enum ia_op {", "    IA_OP_RESERVED,"]
    out += ["    IA_OP_%s," % op.upper() for op in table.ops]
    out += ["    IA_OP_COUNT", "};", "",
            "/* X(name): every operation in order of the enum, IA_OP_RESERVED left out */",
            "#define IA_OPS(X) \\"]
    out += ["    X(%s) \\" % op for op in table.ops]
    out += ["", "#define IA_NR_ROWS %uu" % len(table.rows),
            "#define IA_NR_SPELLINGS %uu" % (len(table.rows) + len(table.aliases)), "", "#endif", ""]
    return "\n".join(out)


def c_row(row, names, alias_at):
    operands = ", ".join(str(names[o.name]) for o in row.operands) or "0"
    return "    { %s, UINT64_C(0x%011x), UINT64_C(0x%011x), IA_OP_%s, %d, %d, %d, %d, %d, %d, { %s } }," % (
        c_string(row.mnemonic), row.match, row.mask, row.op.upper(), alias_at, len(row.aliases),
        list(CONDS.values()).index(row.cond), len(row.operands), row.nr_targets, row.sf, operands)


def c_operand(operand, maps):
    chunks = ", ".join("{ %d, %d }" % c for c in operand.chunks) or "{ 0, 0 }"
    offset = "0" if operand.field == "-" else "offsetof(struct ia_insn, %s)" % operand.field
    size = {"-": 0, "imm": 8, "tag": 2}.get(operand.field, 1)
    k = operand.k
    if operand.map:
        k = len(maps)
        maps.extend(operand.map)
    return "    { %s, IA_PRINT_%s, IA_VALUE_%s, %d, %d, %d, %d, %s, { %s } }," % (
        c_string(operand.text), operand.how, operand.kind, operand.shift, k, size,
        len(operand.chunks), offset, chunks)


def tables(table):
    trees = Trees(table)
    names = {name: i for i, name in enumerate(table.operands)}
    maps = []
    out = ["/* Made from ia64.tab by ia_gen.py. */", "", "const struct ia_operand ia_operands[] = {"]
    out += [c_operand(o, maps) for o in table.operands.values()]
    out += ["};", "", "const int8_t ia_maps[] = { %s };" % ", ".join(map(str, maps)), "",
            "/* encodings, then their other spellings */",
            "const struct ia_row ia_rows[IA_NR_SPELLINGS] = {"]
    ordered = []
    for row in table.rows:
        out.append(c_row(row, names, len(table.rows) + len(ordered)))
        ordered += row.aliases
    out += [c_row(row, names, 0) for row in ordered]
    out += ["};", "", "static const char *const op_names[IA_OP_COUNT] = {", '    "reserved",']
    out += ["    %s," % c_string(op) for op in table.ops]
    out += ["};", "", "static const uint32_t op_traits[IA_OP_COUNT] = {", "    0,"]
    for traits, _ in table.ops.values():
        out.append("    %s," % (" | ".join("IA_T_" + t.upper() for t in traits) or "0"))
    out += ["};", "", "static const uint16_t roots[] = { %s };" % ", ".join(map(str, trees.roots)), "",
            "#define TREE_LEAF_LIMIT %du" % Trees.LEAF_LIMIT, "static const uint16_t tree[] = {"]
    for i in range(0, len(trees.cells), 16):
        out.append("    " + " ".join("%d," % c for c in trees.cells[i:i + 16]))
    out += ["};", ""]
    return "\n".join(out)


def main(argv):
    if len(argv) != 4:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    try:
        with open(argv[1], encoding="ascii") as source:
            table = Table(argv[1], source.read().splitlines())
        texts = header(table), tables(table)
    except (TableError, OSError, UnicodeDecodeError) as error:
        print("ia_gen: %s" % error, file=sys.stderr)
        return 1
    for path, text in zip(argv[2:], texts):
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
